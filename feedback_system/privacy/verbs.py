"""What people call the happenings that concern personal data, in the histories of customers and cases."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

WORDS: dict[str, str | Promise] = {
    "ask_about_data": pgettext_lazy("happening", "asked about personal data"),
    "check_identity": pgettext_lazy("happening", "made sure who asks"),
    "answer_about_data": pgettext_lazy("happening", "answered a request about personal data"),
    "refuse_about_data": pgettext_lazy("happening", "refused a request about personal data"),
    "ask_erasure": pgettext_lazy("happening", "asked to erase the personal data"),
    "approve_erasure": pgettext_lazy("happening", "approved erasing the personal data"),
    "refuse_erasure": pgettext_lazy("happening", "refused erasing the personal data"),
    "erase": pgettext_lazy("happening", "erased the personal data"),
    "erase_values": pgettext_lazy("happening", "blanked old and new values of the history"),
    "restrict": pgettext_lazy("happening", "restricted the use of the data"),
    "lift_restriction": pgettext_lazy("happening", "lifted the restriction"),
    "place_hold": pgettext_lazy("happening", "placed a legal hold"),
    "lift_hold": pgettext_lazy("happening", "lifted the legal hold"),
}
