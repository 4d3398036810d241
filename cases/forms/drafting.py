"""What stands in a log form that is not finished: kept as a draft, and looked at for its due times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from cases.actions.intake import urgency_of
from cases.forms.intake import LogForm
from cases.forms.intake_fields import WordField, resolve
from cases.models import Case, Channel, Kind
from cases.models.intake import Urgency
from cases.policy import CasesPart
from customers.models import Customer
from organization import text
from organization.forms.fields import DayField, LineField, LocalDateTimeField
from organization.models import Product, Site
from organization.requests import number
from regulations.profiles import version_for

_LISTS = frozenset({"criteria", "accused"})
#: Fields of the log form that a draft keeps.
DRAFTED = tuple(name for name in LogForm.base_fields if name not in {"files", "draft"})


def typed_values(data: QueryDict) -> dict[str, Any]:
    """What stands in the form, whether it is right or not; clean, by field."""
    return {
        name: [text.clean_line(value) for value in data.getlist(name)]
        if name in _LISTS
        else text.clean(data.get(name, ""))
        for name in DRAFTED
        if name in data
    }


def subject_line(values: Mapping[str, Any]) -> str:
    """A line by which a draft is recognised: who, and the beginning of what."""
    who = values.get("reporter_name") or values.get("caller") or values.get("reporter_phone") or ""
    return " ".join(f"{who} {values.get('text', '')[:60]}".split())


def is_worth_keeping(values: Mapping[str, Any]) -> bool:
    """Whether somebody typed anything; choices that the page made do not count."""
    typed = ("caller", "reporter_name", "reporter_phone", "reporter_email", "text", "demand", "answer", "product_text")
    return any(values.get(name) for name in typed)


class DueForm(forms.Form):
    """What the due times depend on; everything may be missing or wrong."""

    kind = WordField(Kind.objects.active(), required=False)
    channel = WordField(Channel.objects.active(), required=False)
    received_at = LocalDateTimeField(required=False)
    urgency = forms.ChoiceField(required=False, choices=Urgency.choices)
    criteria = forms.CharField(required=False)
    customer_deadline = DayField(required=False)
    product = LineField(required=False)
    site = LineField(required=False)
    customer = LineField(required=False)

    def preview(self) -> Case | None:
        """As much of a case as its clocks depend on, unsaved; None until the kind is chosen."""
        self.is_valid()
        data = self.cleaned_data
        product, _left = resolve(Product, data.get("product", ""), "")
        site, _left = resolve(Site, data.get("site", ""), "")
        version = version_for(site=site, product=product)
        kind, channel = data.get("kind"), data.get("channel") or Channel.objects.filter(code="phone").first()
        if kind is None or channel is None or kind.code not in version.part(CasesPart).kinds:
            return None
        chosen = number(data.get("customer", ""))
        case = Case(
            kind=kind,
            channel=channel,
            profile_version=version,
            customer=Customer.objects.filter(pk=chosen).first() if chosen else None,
            customer_deadline=data.get("customer_deadline"),
        )
        case.criteria = self.data.getlist("criteria") if isinstance(self.data, QueryDict) else []
        case.urgency = urgency_of(case, data.get("urgency", ""))
        now = timezone.now()
        case.received_at = min(data.get("received_at") or now, now)
        return case
