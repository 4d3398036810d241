"""Checks a production's settings, then again with each of them spoilt; prints ``{"name": [ids]}``.

Run by ``test_deployment.py`` in a process of its own, because settings are read from the environment once.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

#: What an operator sets on a server, as ``.env.example`` says.
PRODUCTION = {
    "DATABASE_URL": "postgresql://huiyin:secret@127.0.0.1:1/huiyin",
    "DATABASE_OWNER_URL": "postgresql://huiyin_owner:secret@127.0.0.1:1/huiyin",
    "REDIS_URL": "redis://127.0.0.1:1",
    "SITE_URL": "https://huiyin.example",
    "SECRET_KEY": "k9-" + "".join(chr(33 + n % 90) for n in range(80)),
    "AUDIT_KEY": "a key of the audit's own",
    "ACCESS_KEY": "a key of the links' own",
    "DEMO": "0",
    "BEHIND_TLS_PROXY": "1",
    "HUIYIN_CLIENT_IP_HEADER": "X-Real-IP",
}
#: In the environment: what is changed (None: left out), and the message that it brings.
ENVIRONMENT: dict[str, tuple[dict[str, str | None], str]] = {
    "demo": ({"DEMO": "1"}, "huiyin.E001"),
    "debug": ({"DEBUG": "1"}, "security.W018"),
    "plain http": ({"SITE_URL": "http://huiyin.example"}, "huiyin.W001"),
    "this machine": ({"SITE_URL": "https://localhost"}, "huiyin.W002"),
    "every host": ({"ALLOWED_HOSTS": "*"}, "huiyin.E002"),
    "one role": ({"DATABASE_OWNER_URL": None}, "huiyin.W003"),
    "no audit key": ({"AUDIT_KEY": None}, "huiyin.W005"),
    "no access key": ({"ACCESS_KEY": None}, "huiyin.W005"),
    "short key": ({"SECRET_KEY": "secret"}, "security.W009"),
    "short old key": ({"SECRET_KEY_FALLBACKS": "secret"}, "security.W025"),
    "no redirect": ({"SECURE_SSL_REDIRECT": "0"}, "security.W008"),
    "proxy unnamed": ({"HUIYIN_CLIENT_IP_HEADER": None}, "huiyin.W006"),
    "files in the open": ({"MEDIA_ROOT": "/srv/static/files", "STATIC_ROOT": "/srv/static"}, "huiyin.E003"),
    "static in the files": ({"MEDIA_ROOT": "/srv/files", "STATIC_ROOT": "/srv/files/static"}, "documents.E001"),
    "origin without scheme": ({"CSRF_TRUSTED_ORIGINS": "huiyin.example"}, "4_0.E001"),
    "limit off": ({"LIMIT_TRACK_CASE": "0/900"}, "ImproperlyConfigured"),
}
#: What takes longest to load and asks no settings.
SHARED = (
    "asyncio",
    "celery",
    "pydantic",
    "psycopg2",
    "PIL.Image",
    "cryptography.fernet",
    "django.core.serializers.json",
)
MISSING = "without "
#: In the settings: the message that each spoilt one brings.
SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    MISSING + "django.middleware.security.SecurityMiddleware": ({}, "security.W001"),
    MISSING + "django.middleware.clickjacking.XFrameOptionsMiddleware": ({}, "security.W002"),
    MISSING + "django.middleware.csrf.CsrfViewMiddleware": ({}, "security.W003"),
    MISSING + "csp.middleware.CSPMiddleware": ({}, "huiyin.E005"),
    MISSING + "django.contrib.auth.middleware.LoginRequiredMiddleware": ({}, "huiyin.E005"),
    MISSING + "organization.second_factor.SecondFactorMiddleware": ({}, "huiyin.E005"),
    "SECURE_HSTS_SECONDS": ({"SECURE_HSTS_SECONDS": 0}, "security.W004"),
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": ({"SECURE_HSTS_INCLUDE_SUBDOMAINS": False}, "security.W005"),
    "SECURE_CONTENT_TYPE_NOSNIFF": ({"SECURE_CONTENT_TYPE_NOSNIFF": False}, "security.W006"),
    "SESSION_COOKIE_SECURE": ({"SESSION_COOKIE_SECURE": False}, "security.W012"),
    "SESSION_COOKIE_HTTPONLY": ({"SESSION_COOKIE_HTTPONLY": False}, "security.W015"),
    "CSRF_COOKIE_SECURE": ({"CSRF_COOKIE_SECURE": False}, "security.W016"),
    "X_FRAME_OPTIONS": ({"X_FRAME_OPTIONS": "SAMEORIGIN"}, "security.W019"),
    "ALLOWED_HOSTS": ({"ALLOWED_HOSTS": []}, "security.W020"),
    "SECURE_REFERRER_POLICY": ({"SECURE_REFERRER_POLICY": None}, "security.W022"),
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": ({"SECURE_CROSS_ORIGIN_OPENER_POLICY": "anything"}, "security.E024"),
    "REDIS_BROKER_URL": ({"REDIS_BROKER_URL": None}, "huiyin.W004"),
    "CONTENT_SECURITY_POLICY": (
        {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"script-src": ["'self'", "'unsafe-inline'"], "style-src": []}}},
        "huiyin.E004",
    ),
}


def messages(change: AbstractContextManager[object] | None = None) -> list[str]:
    """Ids of what the check says of the settings; loading every address is left to the check of the whole."""
    from django.core.checks import Tags, run_checks

    with change or nullcontext():
        found = run_checks(tags=[Tags.security, Tags.compatibility], include_deployment_checks=True)
    return [message.id for message in found if not message.is_silenced()]


def set_up() -> None:
    """Read the settings of the present environment."""
    import django

    django.setup()


def of_the_environment(changed: dict[str, str | None]) -> list[str]:
    """What the check says in a changed environment."""
    from django.core.exceptions import ImproperlyConfigured

    os.environ.update({name: value for name, value in changed.items() if value is not None})
    for name, value in changed.items():
        if value is None:
            del os.environ[name]
    try:
        set_up()
    except ImproperlyConfigured:
        return ["ImproperlyConfigured"]
    return messages()


def of_the_settings() -> dict[str, list[str]]:
    """What the check says with each of the settings spoilt; ``good`` with none."""
    from django.conf import settings
    from django.test.utils import override_settings

    set_up()
    found = {"good": messages()}
    for name, (changed, _expected) in SETTINGS.items():
        if name.startswith(MISSING):
            middleware = [each for each in settings.MIDDLEWARE if each != name.removeprefix(MISSING)]
            changed = {"MIDDLEWARE": middleware}  # noqa: PLW2901
        found[name] = messages(override_settings(**changed))
    return found


def apart(work: Callable[[], dict[str, list[str]]]) -> dict[str, list[str]]:
    """The result of work that is done in a process of its own."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(work(), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return dict(json.loads(found or "{}"))


def main() -> None:
    """Everything, one after the other; what all of them need is loaded once, before any settings."""
    for name in SHARED:
        importlib.import_module(name)
    os.environ["DJANGO_SETTINGS_MODULE"] = "feedback_system.settings"
    found = apart(of_the_settings)
    for name, (changed, _expected) in ENVIRONMENT.items():
        found |= apart(lambda name=name, changed=changed: {name: of_the_environment(changed)})  # type: ignore[misc]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
