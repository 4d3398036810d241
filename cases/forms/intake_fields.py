"""Fields of the intake forms: files of staff, long texts, words of a vocabulary, names of colleagues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.actions.intake import LONGEST_TEXT
from cases.forms.public import FilesInput
from documents.inspection import objections
from documents.limits import staff_limits
from organization.forms.fields import LineField, TextField
from organization.models import User
from organization.models.units import Vocabulary

W = TypeVar("W", bound=Vocabulary)
_DAMAGED = lazy("The form was damaged on its way. Your text is still here; please send it again.")


class KeyField(forms.UUIDField):
    """A number that the page chose, so that what is sent twice is kept once."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, error_messages={"required": _DAMAGED, "invalid": _DAMAGED})


class MailField(LineField):
    """An e-mail address."""

    widget = forms.EmailInput
    default_validators = [validate_email]


class StaffFilesField(forms.FileField):
    """Several files of a member of staff; everything that is wrong with them is said at once."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> tuple[UploadedFile, ...]:
        """The files; each refused one is named with its reason."""
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        files = tuple(file for file in given if file)
        if found := objections(cast(Sequence[Any], files), limits=staff_limits()):
            raise ValidationError(found)
        return files


class LongTextField(TextField):
    """A text that may be too long for a record: it stays in the draft and is offered as a file."""

    def clean(self, value: Any) -> str:
        """The clean text; code ``too_long`` for one that does not fit."""
        cleaned = str(super().clean(value))
        if len(cleaned) > LONGEST_TEXT:
            raise ValidationError(
                _(
                    "The text has %(n)s characters; at most %(max)s fit. Nothing is lost: attach it as a file, or "
                    "shorten it."
                )
                % {"n": f"{len(cleaned):,}", "max": f"{LONGEST_TEXT:,}"},
                code="too_long",
            )
        return cleaned


class WordField(forms.ModelChoiceField):
    """A word of a vocabulary, by its code."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, to_field_name="code", **kwargs)
        self._offered: dict[str, Any] | None = None

    def offer(self, rows: Iterable[Vocabulary], choices: Sequence[Any] | None = None) -> None:
        """Offer just these rows, which were read already; named by ``choices``, else each by its own name."""
        self._offered = {row.code: row for row in rows}
        self.choices = choices if choices is not None else [(row.code, str(row)) for row in self._offered.values()]

    def to_python(self, value: Any) -> Any:
        """The chosen row; without a query where the rows were handed over."""
        if self._offered is None or value in self.empty_values:
            return super().to_python(value)
        if (row := self._offered.get(str(value))) is None:
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": value})
        return row


def resolve(model: type[W], code: str, typed: str) -> tuple[W | None, str]:
    """The chosen word, or the one of exactly that name or code; else what was typed."""
    rows = model.objects.active()  # type: ignore[attr-defined]
    if code and (row := rows.filter(code=code).first()):
        return row, ""
    if not typed:
        return None, ""
    named = list(rows.filter(name=typed)[:2]) or list(rows.filter(code__iexact=typed)[:2])
    return (named[0], "") if len(named) == 1 else (None, typed)


def colleague(name: str) -> tuple[User | None, str]:
    """The one active colleague of that user name or name, else a sentence."""
    active = User.objects.filter(is_active=True)
    found = list(active.filter(username=name)) or list(active.filter(name=name)[:2])
    if len(found) == 1:
        return found[0], ""
    if found:
        return None, _("There are several colleagues called “%(name)s”. Please choose one from the list.") % {
            "name": name
        }
    return None, _("There is no colleague called “%(name)s”. Please choose one from the list.") % {"name": name}
