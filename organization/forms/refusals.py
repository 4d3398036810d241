"""Showing what an action refused at the field it is about."""

from __future__ import annotations

from django import forms

from audit.exceptions import Blocked, DomainError, InvalidInput


def show(form: forms.Form, error: DomainError) -> None:
    """Put a refusal into a form that was valid by itself: beside the field, else above the form."""
    if isinstance(error, InvalidInput):
        form.add_error(error.field if error.field in form.fields else None, error.message)
    elif isinstance(error, Blocked):
        for reason in error.reasons:
            form.add_error(None, str(reason))
    else:
        form.add_error(None, error.message)
