"""Forms about personal data: what is asked, agreed to, answered, kept."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.actions.consent import Agreed
from customers.models import ConsentText, ContactWay, Purpose
from feedback_system.models import Ask
from feedback_system.privacy.requests import Asked
from organization.forms.fields import DayField, LineField, TextField

#: How a request or an agreement reaches us.
CHANNELS = (
    ("phone", pgettext_lazy("contact way", "By telephone")),
    ("visit", pgettext_lazy("contact way", "In person")),
    ("post", pgettext_lazy("contact way", "By letter")),
    ("email", pgettext_lazy("contact way", "By e-mail")),
)


class AskForm(forms.Form):
    """What a customer asks, written down by a colleague."""

    kind = forms.ChoiceField(label=_("What is asked"), choices=Ask.choices, widget=forms.RadioSelect)
    channel = forms.ChoiceField(label=_("How it reached us"), choices=CHANNELS)
    words = TextField(label=_("In the person's words"), rows=3, required=False, max_length=2000)
    identity = LineField(
        label=_("How you made sure who asks"), required=False, max_length=300,
        help_text=_("Called back under the number in the file, or saw the identity card. Never copy the card."),
    )  # fmt: skip

    def asked(self) -> Asked:
        """The cleaned values."""
        data = self.cleaned_data
        return Asked(data["kind"], data["words"], data["channel"], data["identity"])


class PublicAskForm(forms.Form):
    """What a customer asks on the tracking page."""

    kind = forms.ChoiceField(label=_("What do you ask for?"), choices=Ask.choices, widget=forms.RadioSelect)
    words = TextField(label=_("Your words"), rows=3, required=False, max_length=2000)

    def asked(self) -> Asked:
        """The cleaned values; who asks is made sure of by a colleague."""
        return Asked(self.cleaned_data["kind"], self.cleaned_data["words"], "tracking")


class IdentityForm(forms.Form):
    """How the person was recognised."""

    identity = LineField(label=_("How you made sure who asks"), max_length=300)


class AnswerForm(forms.Form):
    """What the person is told."""

    answer = TextField(label=_("What the person is told"), rows=3, required=False, max_length=2000)


class OpinionForm(forms.Form):
    """Yes or no, with an opinion."""

    opinion = TextField(label=_("Opinion"), rows=2, required=False, max_length=500)


class ReasonForm(forms.Form):
    """Why something is kept, or used again."""

    reason = LineField(label=_("Reason"), max_length=300)


class TextChoice(forms.ModelChoiceField):
    """Texts as they are offered: purpose, version, since when."""

    def label_from_instance(self, obj: ConsentText) -> str:
        """What stands in the box."""
        words = translation.gettext("%(purpose)s, version %(n)d of %(day)s")
        day = timezone.localdate(obj.published_at).isoformat()
        return words % {"purpose": obj.get_purpose_display(), "n": obj.version, "day": day}


class ConsentForm(forms.Form):
    """An agreement that was given by word or on paper."""

    text = TextChoice(label=_("To which text"), queryset=ConsentText.objects.order_by("purpose", "-version"))
    ways = forms.MultipleChoiceField(
        label=_("We may approach the customer"), choices=ContactWay.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    channel = forms.ChoiceField(label=_("How it reached us"), choices=CHANNELS)
    given_on = DayField(label=_("Given on"))
    proof = LineField(
        label=_("What shows it"), max_length=300, help_text=_("Who said it and when, or which paper was signed.")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"given_on": timezone.localdate()})

    def agreed(self) -> Agreed:
        """The cleaned values; a day that is today means now."""
        data, now = self.cleaned_data, timezone.now()
        given_at = timezone.make_aware(datetime.combine(data["given_on"], time(23, 59)))
        if data["given_on"] == timezone.localdate():
            given_at = now
        return Agreed(data["text"], data["channel"], tuple(data["ways"]), data["proof"], given_at)


class ConsentTextForm(forms.Form):
    """The next version of what people agree to."""

    purpose = forms.ChoiceField(label=_("Purpose"), choices=Purpose.choices)
    text = TextField(label=_("Text"), rows=12, max_length=20_000)
    text_en = TextField(label=_("English text"), rows=8, required=False, max_length=20_000)
    base = forms.IntegerField(widget=forms.HiddenInput)
