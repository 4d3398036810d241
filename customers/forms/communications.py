"""One visit, call, letter, meeting or event."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.communications import FollowUp, Talk, communication_facts
from customers.models import Communication, CommunicationKind
from organization.forms.based import BasedForm
from organization.forms.fields import DayField, LineField, LocalDateTimeField, TextField, keep_offering
from organization.forms.people import PersonChoice
from organization.models import User
from organization.stale import stamp

_LONGEST = 5000
#: So many of our people can be named; who took part beside them stands in the text.
VISITORS = 3


class CommunicationForm(BasedForm):
    """The fields of the communication slip (F21) and the visit record (F64)."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Form"), choices=CommunicationKind.choices, widget=forms.RadioSelect, initial="visit"
    )
    happened_at = LocalDateTimeField(label=gettext_lazy("When"))
    place = LineField(label=gettext_lazy("Place"), required=False, max_length=200)
    persons_met = LineField(label=gettext_lazy("Persons met"), required=False, max_length=200)
    content = TextField(label=gettext_lazy("What was talked about"), max_length=_LONGEST, rows=5)
    opinions = TextField(label=gettext_lazy("Opinions of the customer"), required=False, max_length=_LONGEST, rows=3)
    handling = TextField(label=gettext_lazy("Handling opinion"), required=False, max_length=_LONGEST, rows=2)
    result = TextField(label=gettext_lazy("Result"), required=False, max_length=_LONGEST, rows=2)
    follow_up = LineField(label=gettext_lazy("To follow up"), required=False, max_length=500)
    follow_up_by = PersonChoice(label=gettext_lazy("Who follows up"), required=False, empty_label="—")
    follow_up_on = DayField(label=gettext_lazy("Until"), required=False)

    def __init__(self, data: Any = None, *, user: User, row: Communication | None = None) -> None:
        initial: dict[str, Any] = {"happened_at": timezone.localtime().replace(second=0), "visitor_1": user}
        if row is not None:
            initial = {name: getattr(row, name) for name in self.base_fields if name != "base"}
            initial |= {f"visitor_{n}": person for n, person in enumerate(row.visitors.all(), start=1)}
            initial["base"] = stamp(communication_facts(row))
        super().__init__(data, initial=initial)
        for n in range(1, VISITORS + 1):
            label = _("Our people") if n == 1 else _("and")
            self.fields[f"visitor_{n}"] = PersonChoice(label=label, required=False, empty_label="—")
            keep_offering(self, f"visitor_{n}", initial.get(f"visitor_{n}"))
        keep_offering(self, "follow_up_by", row.follow_up_by if row else None)
        self.visitor_names = [f"visitor_{n}" for n in range(1, VISITORS + 1)]

    def visitors(self) -> list[forms.BoundField]:
        """The boxes for our people."""
        return [self[name] for name in self.visitor_names]

    def clean(self) -> dict[str, Any]:
        """What is to be followed up needs somebody and a day, and the other way round."""
        data = super().clean() or {}
        parts = {name: data.get(name) for name in ("follow_up", "follow_up_by", "follow_up_on")}
        if any(parts.values()):
            for name, value in parts.items():
                if not value and name not in self.errors:
                    self.add_error(name, _("What is to be followed up needs words, somebody and a day."))
        return data

    def talk(self) -> Talk:
        """The cleaned values."""
        data = self.cleaned_data
        visitors = {person.pk: person for name in self.visitor_names if (person := data[name])}
        names = ("kind", "happened_at", "content", "place", "persons_met", "opinions", "handling", "result")
        follow_up = FollowUp(data["follow_up"], data["follow_up_by"], data["follow_up_on"])
        return Talk(
            **{name: data[name] for name in names},
            visitors=tuple(visitors.values()),
            follow_up=follow_up if data["follow_up"] else None,
        )


class FollowedUpForm(forms.Form):
    """What was done."""

    note = LineField(label=gettext_lazy("What was done"), max_length=500)
