"""Showing what an action refused at the field it is about."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.exceptions import Blocked, DomainError, InvalidInput, StaleRecord
from organization.forms.based import BasedForm


def show(form: forms.Form, error: DomainError) -> None:
    """Put a refusal into a form that was valid by itself: beside the field, else above the form."""
    if isinstance(error, InvalidInput):
        form.add_error(error.field if error.field in form.fields else None, error.message)
    elif isinstance(error, Blocked):
        for reason in error.reasons:
            form.add_error(None, str(reason))
    elif isinstance(error, StaleRecord) and isinstance(form, BasedForm):
        form.is_stale = True
        form.add_error(None, changed([form.label_of(name) for name in error.changed]))
    else:
        form.add_error(None, error.message)


def changed(labels: list[str]) -> str:
    """What somebody else changed since the page was opened."""
    return _(
        "Somebody else changed this meanwhile: %(fields)s. Nothing was saved; open the page again in another"
        " window, compare, and enter your change there."
    ) % {"fields": pgettext("between names", ", ").join(dict.fromkeys(labels))}
