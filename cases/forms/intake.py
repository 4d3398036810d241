"""Logging feedback: caller first, three required fields, the rest offered (INT-01..11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.actions.drafts import Entry
from cases.actions.intake import LONGEST_TEXT, Accused, Classification, Goods, Intake, Reporter
from cases.forms.intake_fields import (
    KeyField,
    LongTextField,
    MailField,
    StaffFilesField,
    WordField,
    colleague,
    resolve,
)
from cases.lifecycle import SHORT_KINDS
from cases.models import Case, Category, Channel, Kind
from cases.models.intake import Priority, Severity, Stage, Urgency
from cases.policy import CasesPart
from cases.queries.intake import split_caller
from customers.models import Communication, Customer
from customers.queries.merging import living_key
from documents.models import File
from organization import text
from organization.forms.fields import DayField, LineField, LocalDateTimeField, TextField
from organization.models import Department, Product, Site, User
from organization.queries import Identity
from organization.requests import number
from regulations.models import ProfileVersion
from regulations.profiles import version_for

_NAMES = re.compile("[、，,;；\n]+")
#: A choice of nothing.
UNCLEAR = ("", lazy("Not clear"))


class KindSelect(forms.RadioSelect):
    """Kinds as buttons; those that can be answered at once show the field for the answer."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """One button."""
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        if str(option["value"]) in SHORT_KINDS:
            option["attrs"]["data-shows"] = "#answer"
        return option


def _hidden(**kwargs: Any) -> forms.CharField:
    return LineField(required=False, widget=forms.HiddenInput, max_length=150, **kwargs)


class LogForm(forms.Form):
    """The form behind the key ``n``; also for letters, mails, visitors (received and registered time differ)."""

    draft = KeyField()
    submission_key = KeyField()
    caller = LineField(label=lazy("Who"), required=False, max_length=200)
    customer = _hidden()
    reporter_name = LineField(label=lazy("Name"), required=False, max_length=100)
    reporter_phone = LineField(label=lazy("Telephone"), required=False, max_length=60)
    reporter_organisation = LineField(label=lazy("Organisation"), required=False, max_length=100)
    reporter_email = MailField(label=lazy("E-mail"), required=False, max_length=120)
    contact_refused = forms.BooleanField(label=lazy("Does not want to leave a name or contact"), required=False)
    text = LongTextField(label=lazy("What happened"), error_messages={"required": lazy("Please write what happened.")})
    kind = WordField(
        Kind.objects.none(),
        label=lazy("Kind"),
        widget=KindSelect,
        empty_label=None,
        error_messages={"required": lazy("Please choose what it is.")},
    )
    answer = TextField(label=lazy("Answered at once"), required=False, max_length=LONGEST_TEXT, rows=2)
    product_text = LineField(label=lazy("Product"), required=False, max_length=120)
    product = _hidden()
    site_text = LineField(label=lazy("Site"), required=False, max_length=120)
    site = _hidden()
    suggested_department = WordField(
        Department.objects.active(), label=lazy("Responsible department"), required=False, empty_label=UNCLEAR[1]
    )

    channel = WordField(Channel.objects.none(), label=lazy("Channel"), empty_label=None)
    received_at = LocalDateTimeField(label=pgettext_lazy("time", "Received"), required=False)
    late_reason = LineField(label=lazy("Why it is registered late"), required=False, max_length=500)
    stage = forms.ChoiceField(label=lazy("Stage"), required=False, choices=[UNCLEAR, *Stage.choices])
    demand = TextField(label=lazy("What the customer wants"), required=False, max_length=2000, rows=2)
    customer_deadline = DayField(label=lazy("Customer's date"), required=False)

    accused_department = WordField(
        Department.objects.active(), label=lazy("Department complained about"), required=False, empty_label="—"
    )
    accused_text = LineField(label=lazy("People complained about"), required=False, max_length=300)
    accused = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)
    salesperson_text = LineField(label=lazy("Responsible salesperson"), required=False, max_length=120)
    salesperson = _hidden()

    order_number = LineField(label=lazy("Order number"), required=False, max_length=60)
    batch = LineField(label=lazy("Batch"), required=False, max_length=60)
    serial = LineField(label=lazy("Serial number"), required=False, max_length=60)
    quantity = LineField(label=lazy("Quantity"), required=False, max_length=40)
    purchased_on = DayField(label=lazy("Bought on"), required=False)
    shipped_on = DayField(label=lazy("Shipped on"), required=False)

    files = StaffFilesField(label=lazy("Photographs and files"), required=False)  # type: ignore[assignment]
    original = forms.BooleanField(label=lazy("The paper originals are with us"), required=False)
    kept_at = LineField(label=lazy("Where the originals are kept"), required=False, max_length=120)

    category = WordField(Category.objects.none(), label=lazy("Category"), required=False, empty_label="—")
    criteria = forms.MultipleChoiceField(
        label=lazy("What makes it urgent"), required=False, widget=forms.CheckboxSelectMultiple
    )
    urgency = forms.ChoiceField(
        label=lazy("Urgency"), required=False, choices=[("", lazy("As the kind says")), *Urgency.choices]
    )
    priority = forms.ChoiceField(
        label=lazy("Priority"), required=False, choices=[("", lazy("As the urgency says")), *Priority.choices]
    )
    severity = forms.ChoiceField(label=lazy("Severity"), required=False, choices=[("", "—"), *Severity.choices])
    repeat_of = _hidden()
    communication = _hidden()
    acknowledge = forms.BooleanField(label=lazy("Acknowledge at once"), required=False)

    #: The folds of the page and what lies in them; one with an entry or an error stands open.
    FOLDS: Mapping[str, tuple[str, ...]] = {
        "reporter": ("reporter_name", "reporter_phone", "reporter_organisation", "reporter_email", "contact_refused"),
        "channel": ("received_at", "late_reason", "stage"),
        "demand": ("demand", "customer_deadline"),
        "goods": ("order_number", "batch", "serial", "quantity", "purchased_on", "shipped_on", "salesperson_text"),
        "accused": ("accused_department", "accused_text", "accused"),
        "classification": ("category", "criteria", "urgency", "priority", "severity"),
        "files": ("files", "original", "kept_at"),
    }

    def __init__(
        self, *args: Any, who: Identity, version: ProfileVersion, may_acknowledge: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.who, self.version, self.may_acknowledge = who, version, may_acknowledge
        policy = version.part(CasesPart)
        self._word("kind").offer(Kind.objects.active().filter(code__in=policy.kinds))
        self._word("channel").offer(Channel.objects.active().exclude(code="import"))
        self._choose_category(policy)
        english = get_language() == "en"
        cast(forms.MultipleChoiceField, self.fields["criteria"]).choices = [
            (c.code, (english and c.label_en) or c.label) for c in policy.criteria
        ]
        accused = self.data.getlist("accused") if isinstance(self.data, QueryDict) else self.initial.get("accused", [])
        cast(forms.MultipleChoiceField, self.fields["accused"]).choices = [(name, name) for name in accused]
        if not may_acknowledge:
            del self.fields["acknowledge"], self.fields["answer"]

    def _word(self, name: str) -> WordField:
        return cast(WordField, self.fields[name])

    def _choose_category(self, policy: CasesPart) -> None:
        """The leaves of the offered trees, under the name of their root."""
        rows = list(Category.objects.active())
        names = {row.pk: str(row) for row in rows}
        roots = [
            row for row in rows if row.parent_id is None and (not policy.categories or row.code in policy.categories)
        ]
        leaves = [
            (r.code, f"{root} / {names[r.pk]}")
            for root in roots
            for r in rows
            if root.pk in r.lineage and r.pk != root.pk
        ]
        self._word("category").offer(rows, [("", "—"), *leaves])

    # What concerns several fields

    def clean(self) -> dict[str, Any]:
        """Caller, product, site and people as they are known; what the profile of the site allows."""
        data = super().clean() or self.cleaned_data
        self._clean_caller(data)
        data["product_row"], data["product_left"] = resolve(
            Product, data.get("product", ""), data.get("product_text", "")
        )
        data["site_row"], site_left = resolve(Site, data.get("site", ""), data.get("site_text", ""))
        if site_left:
            self.add_error(
                "site_text",
                _("“%(name)s” is not in the list of sites. Choose one, or leave it empty if it is not clear.")
                % {"name": site_left},
            )
        self._clean_people(data)
        self._clean_kind(data)
        return data

    def _clean_caller(self, data: dict[str, Any]) -> None:
        picked = number(data.get("customer", ""))
        chosen = living_key(picked) if picked else None  # a draft may be older than a merge
        data["customer_row"] = Customer.objects.visible_to(self.who).filter(pk=chosen).first() if chosen else None
        talk = number(data.get("communication", ""))
        rows = Communication.objects.filter(customer__in=Customer.objects.clear_to(self.who))
        found = rows.filter(pk=talk, customer=data["customer_row"]).first() if talk and chosen else None
        data["communication_row"] = found
        typed = split_caller(data.get("caller", "")) if not chosen else split_caller("")
        name = data.get("reporter_name") or typed.name
        phone, email = data.get("reporter_phone") or typed.phone, data.get("reporter_email") or typed.email
        data |= {"reporter_name": name, "reporter_phone": phone, "reporter_email": email}
        if data.get("contact_refused") or {"reporter_email", "reporter_phone"} & set(self.errors):
            return
        if not name:
            self.add_error("caller", _("Please enter who it is, or tick that the caller does not want to say."))
        elif not (phone or email):
            self.add_error("caller", _("Please enter a telephone number or e-mail address, or tick “not given”."))

    def _clean_people(self, data: dict[str, Any]) -> None:
        names = [*data.get("accused", []), *_NAMES.split(data.get("accused_text", ""))]
        data["accused_rows"] = self._people("accused_text", names)
        seller = data.get("salesperson") or data.get("salesperson_text", "")
        data["salesperson_row"] = next(iter(self._people("salesperson_text", [seller])), None)

    def _people(self, field: str, names: Iterable[str]) -> tuple[User, ...]:
        found: dict[int, User] = {}
        for name in filter(None, map(text.clean_line, names)):
            person, problem = colleague(name)
            if person is None:
                self.add_error(field, problem)
            else:
                found[person.pk] = person
        return tuple(found.values())

    def _clean_kind(self, data: dict[str, Any]) -> None:
        kind = data.get("kind")
        if kind is None:
            return
        site, product = data["site_row"], data["product_row"]
        version = version_for(site=site, product=product) if site or product else self.version
        if kind.code not in version.part(CasesPart).kinds:
            self.add_error("kind", _("This kind is not offered for the product or site. Please choose another."))
        if data.get("answer") and kind.code not in SHORT_KINDS:
            data["answer"] = ""

    # What comes of it

    def entry(self, files: tuple[File, ...], repeat_of: Case | None) -> Entry:
        """The finished entry; call it on a valid form."""
        data = self.cleaned_data
        intake = Intake(
            kind=data["kind"],
            channel=data["channel"],
            text=data["text"],
            demand=data["demand"],
            customer_deadline=data["customer_deadline"],
            reporter=Reporter(
                name=data["reporter_name"],
                organisation=data["reporter_organisation"],
                phone=data["reporter_phone"],
                email=data["reporter_email"],
                refused=data["contact_refused"],
            ),
            customer=data["customer_row"],
            goods=self._goods(),
            accused=Accused(data["site_row"], data["accused_department"], data["accused_rows"]),
            stage=data["stage"],
            received_at=data["received_at"],
            late_reason=data["late_reason"],
            classification=self._classification(),
            salesperson=data["salesperson_row"],
            suggested_department=data["suggested_department"],
            repeat_of=repeat_of,
            communication=data["communication_row"],
            files=files,
            submission_key=data["submission_key"],
        )
        return Entry(
            intake,
            acknowledge=bool(data.get("acknowledge")),
            answer=data.get("answer", ""),
            original=data["original"],
            kept_at=data["kept_at"],
        )

    def _goods(self) -> Goods:
        data = self.cleaned_data
        named = ("batch", "serial", "quantity", "order_number", "purchased_on", "shipped_on")
        return Goods(data["product_row"], data["product_left"], **{name: data[name] for name in named})

    def _classification(self) -> Classification:
        data = self.cleaned_data
        return Classification(
            category=data["category"],
            urgency=data["urgency"],
            criteria=tuple(data["criteria"]),
            priority=int(data["priority"]) if data["priority"] else None,
            severity=data["severity"],
        )

    # What the page asks

    @property
    def open_folds(self) -> dict[str, bool]:
        """Which folds stand open: those with an entry or an error."""
        return {
            fold: any(self.errors.get(name) or self[name].value() for name in names if name in self.fields)
            for fold, names in self.FOLDS.items()
        }

    @property
    def text_is_too_long(self) -> bool:
        """Whether the text has to become a file."""
        return self.has_error("text", "too_long") or len(str(self["text"].value() or "")) > LONGEST_TEXT
