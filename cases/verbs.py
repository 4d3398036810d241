"""What people call the happenings that the audit trail names by a verb, and those who did them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

#: Every verb that an action of this room records. A test holds the table complete.
LABELS: Mapping[str, Promise] = MappingProxyType(
    {
        "open": pgettext_lazy("happening", "registered"),
        "acknowledge": pgettext_lazy("happening", "acknowledged"),
        "decline": pgettext_lazy("happening", "declined"),
        "ask_completion": pgettext_lazy("happening", "asked for completion"),
        "complete": pgettext_lazy("happening", "completed"),
        "verify": pgettext_lazy("happening", "verified"),
        "classify": pgettext_lazy("happening", "classified"),
        "correct": pgettext_lazy("happening", "corrected"),
        "agree_date": pgettext_lazy("happening", "agreed on another date"),
        "dispatch": pgettext_lazy("happening", "dispatched"),
        "add_department": pgettext_lazy("happening", "added a department"),
        "receive": pgettext_lazy("happening", "received the assignment"),
        "return_to_hub": pgettext_lazy("happening", "returned to the hub"),
        "cancel_assignment": pgettext_lazy("happening", "cancelled an assignment"),
        "pass_on": pgettext_lazy("happening", "passed on"),
        "take": pgettext_lazy("happening", "took over"),
        "hand_over": pgettext_lazy("happening", "handed the work over"),
        "answer": pgettext_lazy("happening", "answered the assignment"),
        "ask_extension": pgettext_lazy("happening", "asked for more time"),
        "decide_extension": pgettext_lazy("happening", "decided on more time"),
        "record_contact": pgettext_lazy("happening", "recorded a contact"),
        "note": pgettext_lazy("happening", "wrote a note"),
        "attach": pgettext_lazy("happening", "attached files"),
        "recuse": pgettext_lazy("happening", "named a recusal"),
        "plan_visit": pgettext_lazy("happening", "planned a visit"),
        "record_visit": pgettext_lazy("happening", "recorded a visit"),
        "cancel_visit": pgettext_lazy("happening", "cancelled a visit"),
        "investigate": pgettext_lazy("happening", "recorded the investigation"),
        "act": pgettext_lazy("happening", "started handling"),
        "plan_measure": pgettext_lazy("happening", "planned a measure"),
        "complete_measure": pgettext_lazy("happening", "completed a measure"),
        "verify_measure": pgettext_lazy("happening", "verified a measure"),
        "cancel_measure": pgettext_lazy("happening", "cancelled a measure"),
        "ask_waiver": pgettext_lazy("happening", "asked to do without measures"),
        "ask_explained": pgettext_lazy("happening", "asked to close as explained"),
        "withdraw_approval": pgettext_lazy("happening", "took a request back"),
        "decide_approval": pgettext_lazy("happening", "decided a request"),
        "reply": pgettext_lazy("happening", "answered the customer"),
        "send_progress": pgettext_lazy("happening", "told the customer the progress"),
        "ask_opinion": pgettext_lazy("happening", "asked for the customer's opinion"),
        "record_opinion": pgettext_lazy("happening", "recorded the customer's opinion"),
        "escalate": pgettext_lazy("happening", "escalated"),
        "answer_escalation": pgettext_lazy("happening", "answered the escalation"),
        "give_breach_reason": pgettext_lazy("happening", "gave the reason of a missed limit"),
        "breach": pgettext_lazy("happening", "missed a limit"),
        "recompute": pgettext_lazy("happening", "recomputed the limits"),
        "open_hold": pgettext_lazy("happening", "began to hold the closing"),
        "release_hold": pgettext_lazy("happening", "released the closing"),
        "close": pgettext_lazy("happening", "closed"),
        "archive": pgettext_lazy("happening", "archived"),
        "file_slip": pgettext_lazy("happening", "filed the case slip"),
        "reopen": pgettext_lazy("happening", "reopened"),
    }
)


#: Verbs of actions that raise the version of their case; the sweep declares a breach and files a slip beside them.
VERSIONED = frozenset(LABELS) - {"breach", "file_slip"}


class Happening(Protocol):
    """What is asked of an audit event here."""

    actor_kind: str
    actor_label: str
    verb: str


_of_others: dict[str, str | Promise] = {}


def register(words: Mapping[str, str | Promise]) -> None:
    """Let a room above say what its own verbs in the histories of cases are called (at start-up)."""
    _of_others.update(words)


def label_of(verb: str) -> str:
    """The word for a verb; "changed" for one that nobody gave a word."""
    word = LABELS.get(verb) or _of_others.get(verb)
    return str(word) if word else _("changed")


def actor_of(event: Happening) -> str:
    """Who did it, in the reader's language: a customer and the system have no name of their own."""
    if event.actor_kind == "customer":
        return _("The customer")
    return _("The system") if event.actor_kind == "system" else event.actor_label


def sentence_of(event: Happening) -> str:
    """Who did what, in one line: for the page that says what changed meanwhile."""
    return _("%(person)s: %(happening)s") % {"person": actor_of(event), "happening": label_of(event.verb)}
