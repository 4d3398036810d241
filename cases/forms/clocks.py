"""Why a limit was missed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from cases.forms.acts import ActForm, reason_field


class BreachReasonForm(ActForm):
    """The reason that every breach owes (SLA-04)."""

    reason = reason_field(gettext_lazy("Why the limit was missed, and what is done now"))
