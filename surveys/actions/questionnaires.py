"""What is asked, and whether: questionnaires with frozen versions; surveys switched on and off (SUR-06, SUR-10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from audit.actions import Entry, record, record_many
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from organization import text
from organization.models import User
from surveys.actions.inviting import withdraw_stopped
from surveys.document import QuestionnaireDocument
from surveys.models import Draw, Questionnaire, QuestionnaireVersion, Survey

#: Draws of the quarter before are still looked at for a month.
_QUARTER = timedelta(days=124)


def thread_of_questionnaire(pk: int) -> str:
    """Name of the history of a questionnaire and of the surveys that ask it."""
    return f"questionnaire:{pk}"


#: Words of addresses beside the questionnaires' own.
_TAKEN = frozenset({"add"})


@transaction.atomic
def add_questionnaire(code: str, name: str, document: Mapping[str, Any], *, by: Actor) -> QuestionnaireVersion:
    """A new questionnaire with its first version. Raises ``InvalidInput`` for a code that is taken, or a document that
    cannot be asked.
    """
    code, name = code.strip(), text.clean_line(name)
    if not name:
        raise InvalidInput("name", _("Please name the questionnaire."))
    if Questionnaire.objects.filter(code=code).exists():
        raise InvalidInput("code", _("There is a questionnaire with this code already."))
    if code in _TAKEN:
        raise InvalidInput("code", _("This code is taken. Please choose another one."))
    checked = checked_document(document)
    now = timezone.now()
    row = Questionnaire.objects.create(code=code, name=name)
    version = _version(row, 1, checked, by=by, at=now)
    changes = {"code": (None, code), "name": (None, name), "number": (None, 1)}
    record(thread_of_questionnaire(row.pk), "add_questionnaire", by=by, at=now, changes=changes)
    return version


@transaction.atomic
def publish_version(
    questionnaire: Questionnaire, document: Mapping[str, Any], *, by: Actor, base: int | None = None
) -> QuestionnaireVersion:
    """The next version; earlier ones, and every answer to them, stay as they are (SUR-10).

    ``base`` is the version that the page showed. Raises ``InvalidInput`` naming the key that is wrong, or where nothing
    was changed; ``InvalidMove`` for a retired questionnaire, or where somebody published meanwhile.
    """
    checked = checked_document(document)
    row = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if row.retired_at is not None:
        raise InvalidMove(_("This questionnaire is retired. Restore it first."))
    last = row.versions.order_by("-number").first()
    if base is not None and last is not None and last.number != base:
        raise InvalidMove(
            _("Version %(number)d was published meanwhile. Compare it with yours before you publish.")
            % {"number": last.number}
        )
    if last is not None and last.asks == checked:
        raise InvalidInput("document", _("Nothing was changed, so no new version is needed."))
    now = timezone.now()
    version = _version(row, last.number + 1 if last else 1, checked, by=by, at=now)
    changes = {"number": (last.number if last else None, version.number)}
    record(thread_of_questionnaire(row.pk), "publish_questionnaire", by=by, at=now, changes=changes)
    return version


def _version(
    row: Questionnaire, number: int, document: QuestionnaireDocument, *, by: Actor, at: datetime
) -> QuestionnaireVersion:
    return QuestionnaireVersion.objects.create(
        questionnaire=row,
        number=number,
        document=document.model_dump(mode="json"),
        published_at=at,
        published_by=_person(by),
    )


def _person(by: Actor) -> User | None:
    return User.objects.filter(pk=by.id).first() if by.kind in {"staff", "token"} and by.id else None


def checked_document(document: Mapping[str, Any]) -> QuestionnaireDocument:
    """The document, typed and with clean texts; ``InvalidInput`` names the first key that is wrong, and what is."""
    try:
        return QuestionnaireDocument.model_validate(_cleaned(document))
    except ValidationError as error:
        raise InvalidInput("document", _problem(error)) from None


def _cleaned(value: Any) -> Any:
    """The same with every text as it is stored: nothing in it that the database refuses."""
    if isinstance(value, str):
        return text.clean(value)
    if isinstance(value, Mapping):
        return {text.clean(str(key)): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    return value


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    where = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in first["loc"]).lstrip(".")
    what = _what(str(first["type"]), first)
    return _("%(key)s: %(what)s") % {"key": where, "what": what} if where else what


def _what(kind: str, found: Any) -> str:
    said = {
        "missing": _("this key is missing."),
        "extra_forbidden": _("a questionnaire has no such key."),
        "string_pattern_mismatch": _("only small letters, digits and _ stand here, a letter first; at most 40."),
        "string_too_short": _("this must not be empty."),
        "string_too_long": _("this is too long."),
        "string_type": _("a text in quotation marks belongs here."),
        "tuple_type": _("a list belongs here: [ … ]."),
        "model_type": _("an object belongs here: { … }."),
        "dict_type": _("an object belongs here: { … }."),
        "bool_parsing": _("true or false belongs here."),
        "bool_type": _("true or false belongs here."),
        "too_short": _("here is too little in the list."),
        "too_long": _("here is too much in the list."),
        "value_error": str(found.get("ctx", {}).get("error", "")),
        "literal_error": _("only these are known: %(words)s.") % {"words": found.get("ctx", {}).get("expected", "")},
    }
    if kind.startswith(("int_", "decimal_", "greater_", "less_", "finite_")):
        return _("a number that fits belongs here; “%(given)s” does not.") % {"given": str(found["input"])[:40]}
    return said.get(kind) or str(found["msg"])


@transaction.atomic
def retire_questionnaire(questionnaire: Questionnaire, *, by: Actor) -> Questionnaire:
    """No new survey asks it; what was answered stays. Refused while a survey asks it."""
    row = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if row.retired_at is not None:
        raise InvalidMove(_("This questionnaire is retired already."))
    if Survey.objects.filter(version__questionnaire=row, stopped_at__isnull=True).exists():
        raise InvalidMove(_("A running survey asks this questionnaire. Switch it off first."))
    now = timezone.now()
    row.retired_at = now
    row.save(update_fields=["retired_at"])
    record(
        thread_of_questionnaire(row.pk), "retire_questionnaire", by=by, at=now, changes={"retired_at": (None, now)}
    )  # fmt: skip
    return row


@transaction.atomic
def restore_questionnaire(questionnaire: Questionnaire, *, by: Actor) -> Questionnaire:
    """Let surveys ask it again."""
    row = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if row.retired_at is None:
        raise InvalidMove(_("This questionnaire is not retired."))
    now, before = timezone.now(), row.retired_at
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    record(
        thread_of_questionnaire(row.pk), "restore_questionnaire", by=by, at=now, changes={"retired_at": (before, None)}
    )  # fmt: skip
    return row


@transaction.atomic
def start_survey(kind: str, version: QuestionnaireVersion, *, by: Actor, replacing: Survey | None = None) -> Survey:
    """Ask after what is closed from now on; what was closed before is never asked (SUR-14).

    One survey of a kind runs. While one does, this is refused, unless it is the one named as ``replacing``: then it
    ends in the same step, who was asked by it may still answer what he or she was asked, and the new one takes over
    what was closed and not asked yet, with the draws of the quarter.
    """
    if kind not in Survey.Kind.values:
        raise InvalidInput("kind", _("Please choose how is asked: by link, or by telephone."))
    questionnaire = Questionnaire.objects.select_for_update().get(pk=version.questionnaire_id)
    if questionnaire.retired_at is not None:
        raise InvalidMove(_("This questionnaire is retired. Restore it first."))
    now = timezone.now()
    open_ = Survey.objects.filter(kind=kind, stopped_at__isnull=True).select_related("version")
    running = open_.select_for_update(no_key=True, of=("self",)).first()
    entries = []
    if running is not None:
        if replacing is None or replacing.pk != running.pk:
            raise InvalidMove(_("A survey of this kind runs already. Switch it off first, or replace it."))
        if running.version_id == version.pk:
            raise InvalidMove(_("The running survey asks this version already."))
        _end(running, by=by, at=now)
        entries.append(_ended(running, {"withdrawn": (None, 0)}, by=by, at=now))
    elif replacing is not None:
        raise InvalidMove(_("This survey was switched off meanwhile."))
    row = Survey(kind=kind, version=version, started_at=now, asks_since=now, swept_until=now, started_by=_person(by))
    if running is not None:  # nobody closed meanwhile is forgotten, and the quarter's quota goes on
        row.asks_since, row.swept_until = running.asks_since, running.swept_until
    row.save(force_insert=True)
    if running is not None:
        Draw.objects.filter(survey=running, quarter__gte=timezone.localdate(now) - _QUARTER).update(survey=row)
    changes = {
        "survey": (running.pk if running else None, row.pk),
        "kind": (None, kind),
        "version": (running.version_id if running else None, version.pk),
    }
    thread = thread_of_questionnaire(questionnaire.pk)
    record_many([*entries, Entry(thread, "start_survey", by, now, changes)])
    return row


def _ended(survey: Survey, more: Mapping[str, tuple[Any, Any]], *, by: Actor, at: datetime) -> Entry:
    changes = {"survey": (survey.pk, None), "kind": (survey.kind, None), **more}
    return Entry(thread_of_questionnaire(survey.version.questionnaire_id), "stop_survey", by, at, changes)


def _end(survey: Survey, *, by: Actor, at: datetime) -> None:
    survey.stopped_at, survey.stopped_by = at, _person(by)
    survey.save(update_fields=["stopped_at", "stopped_by"])


@transaction.atomic
def stop_survey(survey: Survey, *, by: Actor) -> Survey:
    """Ask nobody any more; links that were not answered yet take no answer from now on."""
    row = Survey.objects.select_for_update(no_key=True, of=("self",)).select_related("version").get(pk=survey.pk)
    if row.stopped_at is not None:
        raise InvalidMove(_("This survey was switched off already."))
    now = timezone.now()
    _end(row, by=by, at=now)
    withdrawn = withdraw_stopped(row, by=by, at=now)
    record_many([_ended(row, {"withdrawn": (None, withdrawn)}, by=by, at=now)])
    return row


@transaction.atomic
def install_questionnaire(code: str, name: str, document: QuestionnaireDocument, *, by: Actor) -> Questionnaire:
    """A preset as version 1; what is there already, whatever became of it, is left alone."""
    row, created = Questionnaire.objects.get_or_create(code=code, defaults={"name": name})
    if created or not row.versions.aggregate(last=Max("number"))["last"]:
        now = timezone.now()
        _version(row, 1, document, by=by, at=now)
        changes = {"code": (None, code), "name": (None, name), "number": (None, 1)}
        record(thread_of_questionnaire(row.pk), "add_questionnaire", by=by, at=now, changes=changes)
    return row
