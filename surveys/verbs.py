"""What people call the happenings in the histories of surveys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

_L = pgettext_lazy
#: Every verb that an action of this room records. A test holds the table complete.
LABELS: Mapping[str, Promise] = MappingProxyType(
    {
        "add_questionnaire": _L("survey happening", "added the questionnaire"),
        "retire_questionnaire": _L("survey happening", "retired the questionnaire"),
        "restore_questionnaire": _L("survey happening", "restored the questionnaire"),
        "publish_questionnaire": _L("survey happening", "published a version of the questionnaire"),
        "start_survey": _L("survey happening", "switched the survey on"),
        "stop_survey": _L("survey happening", "switched the survey off"),
        "invite": _L("survey happening", "asked the customer"),
        "leave_out": _L("survey happening", "did not ask the customer"),
        "remind": _L("survey happening", "reminded the customer"),
        "expire_invitation": _L("survey happening", "ended the asking without an answer"),
        "withdraw_invitation": _L("survey happening", "withdrew the asking"),
        "answer_survey": _L("survey happening", "answered the questionnaire"),
        "check_response": _L("survey happening", "checked whether the answer is genuine"),
        "correct_answer": _L("survey happening", "corrected an answer"),
        "draw_callback": _L("survey happening", "drew the case for a callback"),
        "take_callback": _L("survey happening", "took the call"),
        "call_attempt": _L("survey happening", "telephoned"),
        "end_callback": _L("survey happening", "ended the callback"),
        "open_follow_up": _L("survey happening", "opened a follow-up"),
        "miss_follow_up": _L("survey happening", "did not finish the follow-up in time"),
        "finish_follow_up": _L("survey happening", "finished the follow-up"),
        "hand_on_follow_up": _L("survey happening", "handed the follow-up on"),
        "propose_reopening": _L("survey happening", "proposed to reopen the case"),
        "decide_reopening": _L("survey happening", "decided on the reopening"),
    }
)
