"""What people call the happenings in the histories of reports."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

_L = pgettext_lazy
#: Every verb that an action of this room records. A test holds the table complete.
LABELS: Mapping[str, Promise] = MappingProxyType(
    {
        "ask_report": _L("report happening", "asked for the report"),
        "build_report": _L("report happening", "built the report"),
        "approve_report": _L("report happening", "approved the report"),
        "send_report": _L("report happening", "sent the report"),
    }
)
