"""What people call the happenings in the histories of returns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from cases.verbs import LABELS as OF_CASES
from cases.verbs import label_of as label_of_case

_L = pgettext_lazy
#: Every verb that an action of this room records. A test holds the table complete.
LABELS: Mapping[str, Promise] = MappingProxyType(
    {
        "register": _L("return happening", "opened the return acceptance slip"),
        "correct": OF_CASES["correct"],
        "link": _L("return happening", "tied the return to its case"),
        "open_case": _L("return happening", "opened a case for the return"),
        "detach": _L("return happening", "took the return off its case"),
        "attach": OF_CASES["attach"],
        "record_contact": OF_CASES["record_contact"],
        "accept": _L("return happening", "accepted the repair"),
        "receive": _L("return happening", "received and counted the goods"),
        "explain": _L("return happening", "explained the difference"),
        "ask_inspection": _L("return happening", "asked for a re-inspection"),
        "record_inspection": _L("return happening", "recorded the re-inspection"),
        "confirm": _L("return happening", "confirmed the reason"),
        "refuse": _L("return happening", "refused the return"),
        "redirect": _L("return happening", "asked for a refund instead"),
        "decide_refund": _L("return happening", "decided on the refund"),
        "pay": _L("return happening", "recorded the refund"),
        "amend_refund": _L("return happening", "corrected the refund"),
        "refuse_refund": _L("return happening", "was refused a refund"),
        "name_liable": _L("return happening", "named who is liable"),
        "decline_repair": _L("return happening", "recorded that the customer does not accept it"),
        "change_place": _L("return happening", "changed the place of repair"),
        "schedule": _L("return happening", "scheduled the repair"),
        "start": _L("return happening", "started the repair"),
        "note_work": _L("return happening", "noted work or a part"),
        "finish": _L("return happening", "finished the repair"),
        "inspect": _L("return happening", "re-inspected the repair"),
        "release": _L("return happening", "released the goods"),
        "deliver": _L("return happening", "recorded the receipt by the customer"),
        "cancel": _L("return happening", "recorded the withdrawal"),
        "call_back": _L("return happening", "asked the customer afterwards"),
        "give_breach_reason": OF_CASES["give_breach_reason"],
        "breach": OF_CASES["breach"],
        "hand_over": OF_CASES["hand_over"],
    }
)


def label_of(verb: str) -> str:
    """The word for a verb in the history of a return; some verbs say something else in that of a case."""
    word = LABELS.get(verb)
    return str(word) if word else label_of_case(verb)
