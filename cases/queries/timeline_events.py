"""What only the audit trail tells of a case: moves and acts that leave no row of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.models import Event
from cases.models import CaseFile
from cases.queries.case import Dossier
from cases.queries.history import changed_labels
from cases.verbs import actor_of, label_of

#: Verbs whose happening a row tells (contacts, assignments, replies ...), so that it is not told twice.
#: A breach is told by its clock, where its reason stands too.
TOLD_BY_ROWS = frozenset(
    {
        "dispatch", "add_department", "receive", "return_to_hub", "cancel_assignment", "answer", "ask_extension",
        "decide_extension", "record_contact", "note", "plan_visit", "record_visit", "cancel_visit", "verify",
        "investigate", "plan_measure", "verify_measure", "ask_waiver", "ask_explained", "decide_approval", "reply",
        "send_progress", "ask_opinion", "record_opinion", "escalate", "answer_escalation", "breach",
        "give_breach_reason",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An event as an entry of the timeline: its words' name, its tab, and what it speaks about."""

    event: Event
    kind: str
    group: str
    by: str
    row: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)


def from_events(dossier: Dossier) -> Iterator[Told]:
    """Entries for the events that no row tells; a verb of another room says only who and when."""
    for event in dossier.events:
        if event.verb in TOLD_BY_ROWS:
            continue
        group, teller = _TELLERS.get(event.verb, ("move", _of_another_room))
        kind = event.verb if event.verb in _TELLERS else "other"
        yield Told(event, kind, group, actor_of(event), event, {"sealed": _sealed(event), **teller(dossier, event)})


def _sealed(event: Event) -> dict[str, Any]:
    """Free texts of the event by field; empty where they were erased."""
    return {row.field: row.new or "" for row in event.sealed.all()}


def _new(event: Event, name: str) -> Any:
    return event.changes.get(name, [None, None])[1]


def _nothing(_dossier: Dossier, _event: Event) -> dict[str, Any]:
    return {}


def _of_another_room(_dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"happening": label_of(event.verb)}


def _fields(_dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"labels": changed_labels(event)}


def _date(_dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"day": _new(event, "customer_deadline") or ""}


def _people(dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"people": [dossier.name(pk) for pk in _new(event, "people") or []]}


def _person(name: str) -> Callable[[Dossier, Event], dict[str, Any]]:
    return lambda dossier, event: {"person": dossier.name(_new(event, name))}


def _hand_over(dossier: Dossier, event: Event) -> dict[str, Any]:
    """To whom an administrator gave the open work: a colleague, or another department."""
    departments = {row.department.code: str(row.department) for row in dossier.assignments}
    return {"to": dossier.name(_new(event, "to")) or departments.get(_new(event, "department"), "")}


def _measure(dossier: Dossier, event: Event) -> dict[str, Any]:
    pk = _new(event, "measure_id")
    files = [row for row in dossier.files_by_subject.get(f"measure:{pk}", []) if row.at == event.at]
    return {"measure": next((m for m in dossier.measures if m.pk == pk), None), "files": files}


def _files(dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"files": [row for row in dossier.files_by_subject.get("", []) if row.at == event.at]}


def _slip(dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"files": dossier.files_by_subject.get(f"{CaseFile.SLIP}{_new(event, 'round')}", [])}


def _round(dossier: Dossier, event: Event) -> dict[str, Any]:
    return {"round": next((r for r in dossier.rounds if r.ended_at == event.at), None)}


_TELLERS: dict[str, tuple[str, Callable[[Dossier, Event], dict[str, Any]]]] = {
    "open": ("move", _nothing),
    "acknowledge": ("move", _nothing),
    "decline": ("move", _round),
    "ask_completion": ("move", _nothing),
    "complete": ("move", _nothing),
    "classify": ("move", _fields),
    "correct": ("move", _fields),
    "agree_date": ("move", _date),
    "recuse": ("move", _people),
    "pass_on": ("task", _person("to")),
    "take": ("task", _person("holder")),
    "hand_over": ("task", _hand_over),
    "act": ("move", _nothing),
    "attach": ("move", _files),
    "complete_measure": ("measure", _measure),
    "cancel_measure": ("measure", _measure),
    "withdraw_approval": ("measure", _nothing),
    "close": ("move", _round),
    "archive": ("move", _nothing),
    "file_slip": ("move", _slip),
    "reopen": ("move", _nothing),
    "recompute": ("move", _nothing),
    "open_hold": ("move", _nothing),
    "release_hold": ("move", _nothing),
}
