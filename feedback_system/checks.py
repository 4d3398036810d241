"""System checks of our own: what must be right before this is put in front of people (T10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.utils import timezone

#: Without one of these, pages are open, kept, framed or run foreign code; Django checks its own three.
NEEDED = (
    "csp.middleware.CSPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "feedback_system.middleware.PrivateResponseMiddleware",
    "organization.second_factor.SecondFactorMiddleware",
)


@register(Tags.security, deploy=True)
def check_wire(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Addresses, the proxy, and what stands around every answer."""
    found: list[CheckMessage] = []
    if not settings.SECURE_SITE:
        found.append(
            Caution("SITE_URL does not begin with https://: logins cross the network in clear.", id="huiyin.W001")
        )
    if urlsplit(settings.SITE_URL).hostname in {"127.0.0.1", "localhost"}:
        found.append(Caution("SITE_URL is this machine: links in messages lead nowhere else.", id="huiyin.W002"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS accepts every host: links in mails can be forged.", id="huiyin.E002"))
    if settings.SECURE_PROXY_SSL_HEADER and not settings.CLIENT_IP_HEADER:
        found.append(
            Caution(
                "Behind a proxy without HUIYIN_CLIENT_IP_HEADER all visitors have one address: limits stop everybody.",
                id="huiyin.W006",
            )
        )
    directives: dict[str, list[str]] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]  # type: ignore[assignment]
    if "'unsafe-inline'" in directives["script-src"] or "'unsafe-inline'" in directives["style-src"]:
        found.append(Error("The content security policy allows inline code.", id="huiyin.E004"))
    return found + [
        Error(f"{name} is missing in MIDDLEWARE.", id="huiyin.E005")
        for name in NEEDED
        if name not in settings.MIDDLEWARE
    ]


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Data, keys and servers that are fine on a laptop and wrong on a server."""
    found: list[CheckMessage] = []
    if not settings.AUDIT_PROTECTED_BY_RIGHTS:
        found.append(
            Caution(
                "One database role owns and uses the tables: the audit is not protected by rights.", id="huiyin.W003"
            )
        )
    if settings.DEMO:
        found.append(Error("DEMO is on: known passwords.", id="huiyin.E001"))
    if not settings.REDIS_BROKER_URL:
        found.append(Caution("There is no Redis: the broker is a folder, the cache a table.", id="huiyin.W004"))
    if settings.AUDIT_KEY == "audit:" + settings.SECRET_KEY or settings.ACCESS_KEY == "access:" + settings.SECRET_KEY:
        found.append(
            Caution(
                "AUDIT_KEY and ACCESS_KEY follow from SECRET_KEY: rotating it would break chain and links.",
                id="huiyin.W005",
            )
        )
    if str(settings.MEDIA_ROOT).startswith(str(settings.STATIC_ROOT)):
        found.append(Error("MEDIA_ROOT lies inside STATIC_ROOT: uploaded files would be public.", id="huiyin.E003"))
    return found


@register(Tags.database, deploy=True)
def check_what_is_connected(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What only a running installation can tell; asked with ``check --deploy --database default``."""
    if not databases:
        return []
    from organization.actions.calendar import ends_soon
    from organization.models import Calendar

    today = timezone.localdate()
    found: list[CheckMessage] = [
        Caution(
            f"The working calendar {row.name} is complete for less than 60 days: due times beyond are provisional.",
            id="huiyin.W007",
        )
        for row in Calendar.objects.all()
        if ends_soon(row, today=today)
    ]
    if settings.REDIS_BROKER_URL and (policy := _memory_policy(settings.REDIS_BROKER_URL)) not in {"noeviction", None}:
        found.append(
            Caution(f"Redis forgets tasks when it is full: maxmemory-policy is {policy}, not noeviction.",
                    id="huiyin.W008")
        )  # fmt: skip
    return found


def _memory_policy(url: str) -> str | None:
    """What Redis does when it is full; None when it does not tell."""
    import redis

    try:
        client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
        said = cast("dict[str, str]", client.config_get("maxmemory-policy"))
        return said.get("maxmemory-policy") or None
    except (redis.RedisError, ValueError):
        return None
