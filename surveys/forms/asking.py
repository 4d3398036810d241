"""Forms of questionnaires and surveys."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from organization.forms.fields import LineField
from surveys.models import QuestionnaireVersion
from surveys.queries.asking import offered_versions

#: Characters of a document; the largest preset has a tenth.
LONGEST_DOCUMENT = 100_000


class DocumentField(forms.CharField):
    """A questionnaire as JSON; cleaned to what it holds. What is no JSON is refused with line and column."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "input mono", "autocomplete": "off"})
        super().__init__(max_length=LONGEST_DOCUMENT, widget=widget, strip=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """The object that the text describes."""
        text = super().clean(value)
        try:
            found = json.loads(text, parse_constant=_no_number)
        except json.JSONDecodeError as error:
            sentence = _("This is no JSON: look at line %(line)d, column %(column)d. Often a comma or a quotation mark "
                         "is missing, or there is one too many.")  # fmt: skip
            raise forms.ValidationError(sentence % {"line": error.lineno, "column": error.colno}) from None
        except (RecursionError, ValueError):
            raise forms.ValidationError(_("This cannot be read: too deep, or a number that is none.")) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("The document is one object: { … }."))
        return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


class VersionForm(forms.Form):
    """The next version of a questionnaire."""

    document = DocumentField(label=lazy("Document"))
    base = forms.IntegerField(widget=forms.HiddenInput, required=False)


class QuestionnaireForm(forms.Form):
    """A new questionnaire."""

    name = LineField(label=pgettext_lazy("questionnaire", "Name"), max_length=120)
    code = LineField(
        label=lazy("Code"),
        max_length=40,
        help_text=lazy("Small letters, digits and _; it stands in addresses and never changes."),
        validators=[
            RegexValidator(r"\A[a-z][a-z0-9_]*\Z", lazy("Please use small letters, digits and _, a letter first."))
        ],
    )
    document = DocumentField(label=lazy("Document"))


class VersionChoice(forms.ModelChoiceField):
    """A version by its questionnaire and number."""

    def label_from_instance(self, obj: Any) -> str:
        """As the list names it."""
        return f"{obj.questionnaire.name} · v{obj.number}"


class StartForm(forms.Form):
    """Which questionnaire a survey asks from now on."""

    version = VersionChoice(
        label=lazy("Questionnaire"),
        queryset=QuestionnaireVersion.objects.none(),
        empty_label=lazy("Please choose"),
        error_messages={"invalid_choice": lazy("This questionnaire is not offered any more. Please choose again.")},
    )
    replacing = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = offered_versions()  # type: ignore[attr-defined]
