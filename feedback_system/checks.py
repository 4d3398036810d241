"""System checks of our own: what must be right before this is put in front of people (T10)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Settings that are fine on a laptop and wrong on a server."""
    found: list[CheckMessage] = []
    if not settings.SECURE_SITE:
        found.append(
            Caution("SITE_URL does not begin with https://: logins cross the network in clear.", id="huiyin.W001")
        )
    if urlsplit(settings.SITE_URL).hostname in {"127.0.0.1", "localhost"}:
        found.append(Caution("SITE_URL is this machine: links in messages lead nowhere else.", id="huiyin.W002"))
    if not settings.AUDIT_PROTECTED_BY_RIGHTS:
        found.append(
            Caution(
                "One database role owns and uses the tables: the audit is not protected by rights.", id="huiyin.W003"
            )
        )
    if settings.DEMO:
        found.append(Error("DEMO is on: known passwords.", id="huiyin.E001"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS accepts every host: links in mails can be forged.", id="huiyin.E002"))
    if not settings.REDIS_BROKER_URL:
        found.append(Caution("There is no Redis: the broker is a folder, the cache a table.", id="huiyin.W004"))
    if settings.AUDIT_KEY == "audit:" + settings.SECRET_KEY or settings.ACCESS_KEY == "access:" + settings.SECRET_KEY:
        found.append(
            Caution(
                "AUDIT_KEY and ACCESS_KEY follow from SECRET_KEY: rotating it would break chain and links.",
                id="huiyin.W005",
            )
        )
    static = str(settings.STATIC_ROOT)
    if str(settings.MEDIA_ROOT).startswith(static):
        found.append(Error("MEDIA_ROOT lies inside STATIC_ROOT: uploaded files would be public.", id="huiyin.E003"))
    directives: dict[str, list[str]] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]  # type: ignore[assignment]
    if "'unsafe-inline'" in directives["script-src"] or "'unsafe-inline'" in directives["style-src"]:
        found.append(Error("The content security policy allows inline code.", id="huiyin.E004"))
    return found
