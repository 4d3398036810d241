"""What is running: each thing that can stop or fill up, as a light with a sentence.

Red: people or customers are hurt already, or data are in danger. Amber: it will come to that.
"""

from __future__ import annotations

import platform
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import django
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.queries import latest_checkpoint
from documents.models import File
from documents.queries import latest_check
from feedback_system import backup
from feedback_system.logs import scrub
from notifications import queries as outbox
from notifications.mail import Mail
from notifications.models import ChannelName
from notifications.sms import Sms
from organization.actions.calendar import ends_soon
from organization.models import Calendar, Role, User
from organization.time_words import ago_words

RED, AMBER, GREEN = "red", "amber", "green"
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_GB = 1024**3


@dataclass(frozen=True)
class Light:
    """One thing: its name, its colour, what is the matter, and what to do when it is not green."""

    group: str
    name: str
    tone: str
    says: str
    advice: str = ""
    at: datetime | None = None


def lights(now: datetime) -> list[Light]:
    """All of them, in the order of the page."""
    return [light for group in (_processes, _messages, _data, _rules, _safety) for light in group(now)]


def worst(found: list[Light]) -> str:
    """The colour of the whole."""
    return next((tone for tone in (RED, AMBER) if any(light.tone == tone for light in found)), GREEN)


# --- Processes ---------------------------------------------------------------------------------


def _processes(now: datetime) -> Iterator[Light]:
    group = _("Processes")
    beats = outbox.heartbeats()
    names = {
        "clock": _("Worker for deadlines and messages"),
        "work": _("Worker for long jobs"),
        "beat": _("Scheduler"),
    }
    for code, name in names.items():
        yield _heartbeat(group, name, beats.get(code), now)
    yield _reach(group, _("Broker"), _broker)
    yield _reach(group, _("Cache"), _cache)


def _heartbeat(group: str, name: str, at: datetime | None, now: datetime) -> Light:
    advice = _(
        "Start it again (make run, or the service on the server); deadlines and messages catch up by themselves."
    )
    if at is None:
        return Light(group, name, RED, _("has never run"), advice)
    age = now - at
    says = _("last sign of life %(when)s") % {"when": ago_words(now, at)}
    if age > 5 * _MINUTE:
        return Light(group, name, RED, says, advice, at)
    if age > 2 * _MINUTE:
        return Light(group, name, AMBER, says, _("It may be busy. Look again in a minute."), at)
    return Light(group, name, GREEN, says, at=at)


def _reach(group: str, name: str, ask: Callable[[], object]) -> Light:
    try:
        ask()
    except Exception as error:
        advice = _("The program goes on without it, more slowly: messages and deadlines wait for the next tick.")
        return Light(group, name, AMBER, _("does not answer (%(kind)s)") % {"kind": type(error).__name__}, advice)
    return Light(group, name, GREEN, _("answers"))


def _broker() -> None:
    with current_app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _cache() -> None:
    cache.set("running", "1", 5)
    if cache.get("running") != "1":
        raise RuntimeError("it forgets")


# --- Messages ----------------------------------------------------------------------------------


def _messages(now: datetime) -> Iterator[Light]:
    group = _("Messages")
    age = outbox.oldest_unsent_age(now)
    minutes = int(age / _MINUTE)
    says = ngettext("oldest waits for %(n)d minute", "oldest waits for %(n)d minutes", minutes) % {"n": minutes}
    tone = RED if age > 10 * _MINUTE else AMBER if age > 2 * _MINUTE else GREEN
    advice = _("The worker for deadlines and messages does not keep up; see above.") if tone != GREEN else ""
    yield Light(group, _("Waiting messages"), tone, says if age else _("none waits longer than it should"), advice)
    failing = {channel.name: channel for channel in outbox.failing_channels()}
    for name, configured in ((ChannelName.EMAIL, Mail().is_configured()), (ChannelName.SMS, Sms().is_configured())):
        yield _channel(group, name, failing.get(name), configured=configured)
    count = outbox.to_telephone(limit=1000).count()
    if count:
        says = ngettext("%(n)d customer must be telephoned", "%(n)d customers must be telephoned", count) % {"n": count}
        yield Light(group, _("Not sent"), AMBER, says, _("They stand on the hub's desk and under Outgoing messages."))


def _channel(group: str, name: ChannelName, failing: object, *, configured: bool) -> Light:
    label = str(name.label)
    if failing is not None:
        says = _("out of order: %(error)s") % {"error": scrub(str(getattr(failing, "error", "")))}
        advice = _("Messages wait and are tried again by themselves. Check the server's address and password.")
        return Light(group, label, RED, says, advice, getattr(failing, "failing_since", None))
    if not configured:
        advice = _("Messages of this channel are listed to be telephoned. The settings stand in .env.example.")
        return Light(group, label, AMBER, _("not set up"), advice)
    return Light(group, label, GREEN, _("works"))


# --- Data --------------------------------------------------------------------------------------


def _data(now: datetime) -> Iterator[Light]:
    group = _("Data")
    yield _files(group, now)
    yield _store(group, now)
    yield _disk(group)
    size, version = _database()
    words = {"size": filesizeformat(size), "version": version}
    yield Light(group, _("Database"), GREEN, _("%(size)s, PostgreSQL %(version)s") % words)
    yield _backup(group, now)


def _files(group: str, now: datetime) -> Light:
    due = File.objects.due(now)
    count, first = due.count(), due.first()
    name = _("Files to prepare")
    if first is None:
        return Light(group, name, GREEN, _("none waits"))
    says = ngettext("%(n)d waits", "%(n)d wait", count) % {"n": count}
    if first.next_try_at and now - first.next_try_at > 10 * _MINUTE:
        return Light(group, name, AMBER, says, _("The worker for long jobs does not keep up; pictures come late."))
    return Light(group, name, GREEN, says)


def _store(group: str, now: datetime) -> Light:
    last, name = latest_check(), _("Stored files")
    if last is None:
        return Light(group, name, GREEN, _("not compared yet"))
    if not last.is_clean:
        says = _("%(missing)d lack their bytes, %(changed)d were changed") % {
            "missing": last.rows_without_bytes, "changed": last.changed,
        }  # fmt: skip
        return Light(group, name, RED, says, _("Bring the files back from a backup; “make restore” does it."), last.at)
    says = _("%(n)d compared %(when)s, all are there") % {"n": last.rows, "when": ago_words(now, last.at)}
    return Light(group, name, GREEN, says, "", last.at)


def _disk(group: str) -> Light:
    folder = Path(settings.DATA_DIR)
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    says = _("%(free)s of %(total)s free") % {"free": filesizeformat(usage.free), "total": filesizeformat(usage.total)}
    advice = _("Make room: move old backups away, or give the machine a larger disk. Below 500 MB uploads are refused.")
    if usage.free < _GB:
        return Light(group, _("Disk"), RED, says, advice)
    if usage.free < usage.total / 10:
        return Light(group, _("Disk"), AMBER, says, advice)
    return Light(group, _("Disk"), GREEN, says)


def _database() -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    return size, str(version).split(" ")[0]


def _backup(group: str, now: datetime) -> Light:
    last = backup.latest()
    name, advice = _("Last backup"), _("Run “make backup” every night, and keep copies on another machine.")
    if last is None:
        return Light(group, name, AMBER, _("there is none in the backup folder of this machine"), advice)
    says = _("%(when)s, %(size)s") % {"when": ago_words(now, last.at), "size": filesizeformat(last.size)}
    age = now - last.at
    tone = RED if age > 7 * _DAY else AMBER if age > 2 * _DAY else GREEN
    return Light(group, name, tone, says, advice if tone != GREEN else "", last.at)


# --- Rules and safety ----------------------------------------------------------------------------


def _rules(now: datetime) -> Iterator[Light]:
    group, today = _("Rules"), timezone.localdate(now)
    for calendar in Calendar.objects.order_by("pk"):
        through = calendar.complete_through
        says = _("complete through %(day)s") % {"day": through} if through else _("not confirmed yet")
        tone = GREEN
        if ends_soon(calendar, today=today):
            tone = RED if through is None or through < today else AMBER
        advice = _("Enter the State Council's notice and confirm it: due times beyond are provisional.")
        yield Light(group, calendar.name, tone, says, advice if tone != GREEN else "")
        if not calendar.is_applied:
            says = _("running clocks are being recomputed")
            yield Light(group, calendar.name, AMBER, says, _("It goes on by itself; look again in some minutes."))


def _safety(now: datetime) -> Iterator[Light]:
    group = _("Safety")
    yield _audit_rights(group)
    yield _checkpoint(group, now)
    exposed = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(authenticator__type="totp").count()
    if exposed:
        says = ngettext("%(n)d has none", "%(n)d have none", exposed) % {"n": exposed}
        advice = _("With it a stolen password alone opens nothing. It is set up under My account.")
        yield Light(group, _("Second factor of administrators"), AMBER, says, advice)
    else:
        yield Light(group, _("Second factor of administrators"), GREEN, _("all have one"))


def _audit_rights(group: str) -> Light:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, 'audit_event', 'UPDATE')")
        may_change: bool = cursor.fetchone()[0]
    name = _("History")
    if may_change:
        advice = _("Give the program a database role of its own: DATABASE_URL and DATABASE_OWNER_URL in .env.example.")
        return Light(group, name, AMBER, _("protected by its chain only: the program's role could rewrite it"), advice)
    return Light(group, name, GREEN, _("protected by rights and by its chain"))


def _checkpoint(group: str, now: datetime) -> Light:
    last, name = latest_checkpoint(), _("Last checkpoint of the history")
    advice = _("It is written once a day by the worker for long jobs.")
    if last is None:
        return Light(group, name, AMBER, _("none yet"), advice)
    says = _("number %(n)d, %(when)s") % {"n": last.number, "when": ago_words(now, last.at)}
    return Light(
        group, name, AMBER if now - last.at > 2 * _DAY else GREEN, says, advice if now - last.at > 2 * _DAY else ""
    )


@lru_cache
def version() -> str:
    """Of the program and what it stands on."""
    try:
        project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text(encoding="utf-8"))
        ours = str(project["project"]["version"])
    except (OSError, KeyError, ValueError):
        ours = "?"
    return f"Huiyin {ours} · Django {django.get_version()} · Python {platform.python_version()}"
