"""The forms of all acts on a return. They clean; they never save."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.forms.acts import DepartmentField, files_field, moment_field, reason_field, text_field
from cases.forms.intake_fields import WordField
from cases.models import Case, Channel, Kind
from cases.policy import CasesPart
from organization.forms.fields import DayField, LineField
from organization.forms.layout import LaidOut
from organization.models import User
from organization.models.units import Function
from organization.queries import Identity
from regulations.profiles import version_for
from returns.actions.arrival import Counted
from returns.actions.deciding import Confirmation, Liability
from returns.actions.files import Heard
from returns.actions.leaving import Callback
from returns.actions.refund import Payment
from returns.actions.repair import Piece, Report, Schedule
from returns.actions.ties import Matter
from returns.lifecycle import Handling, Place
from returns.models import Refund, RepairNote, RepairOrder, ReturnSlip, Satisfaction, SlipContact, SlipLine
from returns.queries.facts import outside_every_window

MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2, "min_value": Decimal("0.01")}
_MARKS = [(str(n), str(n)) for n in range(5, 0, -1)]


class ReturnForm(LaidOut):
    """The form of one act on one return."""

    def __init__(self, *args: Any, slip: ReturnSlip, who: Identity, **kwargs: Any) -> None:
        self.slip, self.who = slip, who
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """What depends on the return: choices, first values, fields that are not needed."""


class PlainForm(ReturnForm):
    """An act without any question."""


class OpinionForm(ReturnForm):
    """An opinion that may be empty."""

    opinion = text_field(lazy("Opinion for the customer"), required=False, rows=3)


class AcceptForm(OpinionForm):
    """Where it is repaired (RET-23), and what the customer is told."""

    place = forms.ChoiceField(
        label=lazy("Where it is repaired"), choices=Place.choices, widget=forms.RadioSelect, initial=Place.FACTORY
    )
    field_order = ("place", "opinion")


class ChangePlaceForm(ReturnForm):
    """The other place, and why."""

    place = forms.ChoiceField(label=lazy("Where it is repaired"), choices=Place.choices, widget=forms.RadioSelect)
    reason = reason_field(lazy("Reason"))

    def prepare(self) -> None:
        """The other one is what is wanted."""
        self.fields["place"].initial = next(place for place in Place.values if place != self.slip.place)


class ReasonForm(ReturnForm):
    """Why."""

    reason = reason_field(lazy("Reason"))


class ReceiveForm(ReturnForm):
    """The counted quantity of each line, and why it differs."""

    happened_at = moment_field(lazy("Arrived at"))

    def prepare(self) -> None:
        """Three fields a line."""
        self.lines = list(self.slip.lines.select_related("product"))
        for n, line in enumerate(self.lines, start=1):
            about = f"{line}" if len(self.lines) == 1 else f"{n}. {line}"
            self.fields[f"counted_{line.pk}"] = forms.IntegerField(
                label=_("Counted: %(goods)s (announced %(n)d)") % {"goods": about, "n": line.announced},
                min_value=0, max_value=1_000_000,
            )  # fmt: skip
            self.fields[f"difference_{line.pk}"] = forms.ChoiceField(
                label=_("If another quantity arrived"),
                choices=[("", _("explained later")), *SlipLine.Difference.choices],
                required=False,
            )
            self.fields[f"note_{line.pk}"] = LineField(label=_("Explanation"), required=False, max_length=500)

    def counted(self) -> dict[int, Counted]:
        """The cleaned values by line."""
        data = self.cleaned_data
        return {
            line.pk: Counted(data[f"counted_{line.pk}"], data[f"difference_{line.pk}"], data[f"note_{line.pk}"])
            for line in self.lines
        }


class ExplainForm(ReturnForm):
    """What became of the difference of one line."""

    difference = forms.ChoiceField(
        label=lazy("What became of it"), choices=SlipLine.Difference.choices, widget=forms.RadioSelect
    )
    note = reason_field(lazy("Explanation"), required=False)

    def counted(self) -> Counted:
        """The cleaned values."""
        return Counted(0, self.cleaned_data["difference"], self.cleaned_data["note"])


class AskInspectionForm(ReturnForm):
    """What the inspector should look at."""

    question = reason_field(lazy("What should be looked at?"))


class InspectionForm(ReturnForm):
    """What a re-inspection found."""

    passed = forms.TypedChoiceField(
        label=lazy("Result"),
        widget=forms.RadioSelect,
        choices=[("yes", lazy("Passed")), ("no", lazy("Not passed"))],
        coerce=lambda value: value == "yes",
    )
    findings = text_field(lazy("Findings"), rows=4)


class ClaimInspectionForm(InspectionForm):
    """The same before the decision, with photographs."""

    files = files_field(lazy("Photographs and records"))  # type: ignore[assignment]

    def prepare(self) -> None:
        """What the customer claims is what is looked for."""
        choice = self.fields["passed"]
        choice.choices = [("no", _("The fault is there")), ("yes", _("No fault was found"))]  # type: ignore[attr-defined]


class ConfirmForm(ReturnForm):
    """The decision of the head who owns the reason."""

    handling = forms.ChoiceField(label=lazy("Handling"), choices=Handling.choices, widget=forms.RadioSelect)
    refund_amount = forms.DecimalField(label=lazy("Amount to be refunded (yuan)"), required=False, **MONEY)
    opinion = text_field(lazy("Handling opinion"), rows=3)
    exception = reason_field(lazy("Why it is refunded although every window has passed"), required=False)

    def prepare(self) -> None:
        """What the customer asked for is the first choice; the exception is asked only where one is needed."""
        self.fields["handling"].initial = self.slip.wish
        self.fields["refund_amount"].initial = self.slip.claimed_amount
        if not outside_every_window(self.slip):
            del self.fields["exception"]

    def decision(self) -> Confirmation:
        """The cleaned values."""
        data = self.cleaned_data
        return Confirmation(data["handling"], data["opinion"], data["refund_amount"], data.get("exception", ""))


class ApprovalForm(ReturnForm):
    """The general manager's decision."""

    granted = forms.TypedChoiceField(
        label=lazy("Decision"),
        widget=forms.RadioSelect,
        choices=[("yes", lazy("Approve")), ("no", lazy("Refuse"))],
        coerce=lambda value: value == "yes",
    )
    opinion = reason_field(lazy("Opinion"), required=False)


class PayForm(ReturnForm):
    """What finance paid."""

    amount = forms.DecimalField(label=lazy("Amount (yuan)"), **MONEY)
    way = forms.ChoiceField(label=lazy("Way"), choices=Refund.Way.choices)
    reference = LineField(label=lazy("Voucher number"), max_length=60)
    paid_on = DayField(label=lazy("Paid on"))

    def prepare(self) -> None:
        """What was confirmed, today."""
        self.fields["amount"].initial = self.slip.refund_amount
        self.fields["paid_on"].initial = timezone.localdate()

    def payment(self) -> Payment:
        """The cleaned values."""
        data = self.cleaned_data
        return Payment(data["amount"], data["way"], data["reference"], data["paid_on"])


class AmendForm(PayForm):
    """What was wrong in it."""

    reason = reason_field(lazy("What was wrong"))

    def prepare(self) -> None:
        """As it was recorded."""
        row = Refund.objects.filter(slip=self.slip).first()
        for name in ("amount", "way", "reference", "paid_on"):
            self.fields[name].initial = getattr(row, name, None)


class LiableForm(ReturnForm):
    """Who caused it, and what followed."""

    department = DepartmentField(lazy("Department liable"))
    person = LineField(label=lazy("Person liable"), required=False, max_length=120)
    handling = text_field(lazy("How it was handled with the person liable"), rows=3)

    def prepare(self) -> None:
        """As it was recorded."""
        self.fields["department"].initial = self.slip.liable_department
        self.fields["person"].initial = self.slip.liable_text
        self.fields["handling"].initial = self.slip.liable_handling

    def liability(self) -> Liability:
        """The cleaned values."""
        data = self.cleaned_data
        return Liability(data["department"], data["person"], data["handling"])


class ScheduleForm(ReturnForm):
    """Who repairs it, when, with what."""

    repairer = forms.ModelChoiceField(User.objects.none(), label=lazy("Repairer"), empty_label=lazy("Please choose"))
    planned_on = DayField(label=lazy("Planned for"))
    tools = LineField(label=lazy("Tools and equipment"), required=False, max_length=300)

    def prepare(self) -> None:
        """Colleagues who repair; what was planned before."""
        repairing = User.objects.filter(is_active=True, departments__functions__code=Function.REPAIR).distinct()
        self.fields["repairer"].queryset = repairing.order_by("name_key", "pk")  # type: ignore[attr-defined]
        order = RepairOrder.objects.filter(slip=self.slip).first()
        for name in ("repairer", "planned_on", "tools") if order else ():
            self.fields[name].initial = getattr(order, name)

    def plan(self) -> Schedule:
        """The cleaned values."""
        data = self.cleaned_data
        return Schedule(data["repairer"], data["planned_on"], data["tools"])


class NoteForm(ReturnForm):
    """Work done or a part put in."""

    kind = forms.ChoiceField(label=lazy("What"), choices=RepairNote.Kind.choices, widget=forms.RadioSelect)
    text = LineField(label=lazy("What was done, or which part"), max_length=300)
    quantity = forms.DecimalField(
        label=lazy("Quantity"), max_digits=9, decimal_places=2, min_value=Decimal("0.01"), initial=1
    )
    minutes = forms.IntegerField(label=lazy("Minutes spent"), required=False, min_value=0, max_value=10_080)

    def prepare(self) -> None:
        """Work is the first choice."""
        self.fields["kind"].initial = RepairNote.Kind.WORK
        self.fields["text"].wide = True  # type: ignore[attr-defined]

    def piece(self) -> Piece:
        """The cleaned values."""
        data = self.cleaned_data
        return Piece(data["kind"], data["text"], data["quantity"], data["minutes"])


class FinishForm(ReturnForm):
    """What the repair record needs."""

    detection = text_field(lazy("Detection"), rows=3)
    work = text_field(lazy("Work done"), rows=3)
    cause = text_field(lazy("Cause of the failure"), rows=3)

    def prepare(self) -> None:
        """What stood there before a re-inspection that failed."""
        order = RepairOrder.objects.filter(slip=self.slip).first()
        for name in ("detection", "work", "cause"):
            self.fields[name].initial = getattr(order, name, "")

    def report(self) -> Report:
        """The cleaned values."""
        data = self.cleaned_data
        return Report(data["detection"], data["work"], data["cause"])


class ReleaseForm(ReturnForm):
    """How it goes back."""

    shipment = LineField(label=lazy("Carrier and number, or handed over to whom"), max_length=120)


class DeliverForm(ReturnForm):
    """When the customer had it, or accepted what was repaired on site."""

    happened_at = moment_field(lazy("Received by the customer at"))

    def prepare(self) -> None:
        """The word for what happened."""
        if self.slip.is_on_site:
            self.fields["happened_at"].label = _("Accepted by the customer at")


class CallBackForm(ReturnForm):
    """What the customer said afterwards."""

    satisfaction = forms.ChoiceField(label=lazy("Result"), choices=Satisfaction.choices, widget=forms.RadioSelect)
    note = text_field(lazy("What the customer said"), required=False, rows=3)

    def prepare(self) -> None:
        """Marks only for a repair (F47)."""
        if self.slip.outcome != "repaired":
            return
        for name, label in (("response", _("Response")), ("effect", _("Effect")), ("attitude", _("Attitude"))):
            self.fields[name] = forms.TypedChoiceField(
                label=label, choices=[("", "—"), *_MARKS], required=False, coerce=int, empty_value=None
            )

    def said(self) -> Callback:
        """The cleaned values."""
        data = self.cleaned_data
        marks = {name: data.get(name) for name in ("response", "effect", "attitude")}
        return Callback(data["satisfaction"], data["note"], **marks)


class LinkForm(ReturnForm):
    """Which case."""

    number = LineField(label=lazy("Number of the case"), max_length=20)

    def clean_number(self) -> Case:
        """A case that this person may see; a foreign number is like an absent one."""
        found = Case.objects.visible_to(self.who).filter(number=self.cleaned_data["number"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no case with this number."))
        return found


class MatterForm(ReturnForm):
    """What the case is about."""

    kind = WordField(Kind.objects.active(), label=lazy("Kind"), empty_label=lazy("Please choose"))
    channel = WordField(
        Channel.objects.active().exclude(code="import"), label=lazy("Channel"), empty_label=lazy("Please choose")
    )
    text = text_field(lazy("What happened"), rows=5)

    def prepare(self) -> None:
        """The kinds of the goods' profile; what the slip says."""
        line = self.slip.lines.select_related("product").first()
        kinds = version_for(site=None, product=line.product if line else None).part(CasesPart).kinds
        self.fields["kind"].queryset = Kind.objects.active().filter(code__in=kinds)  # type: ignore[attr-defined]
        self.fields["text"].initial = self.slip.description

    def matter(self) -> Matter:
        """The cleaned values."""
        data = self.cleaned_data
        return Matter(data["kind"], data["channel"], data["text"])


class AttachForm(ReturnForm):
    """Photographs and papers."""

    files = files_field(lazy("Files"))  # type: ignore[assignment]
    certificate = forms.BooleanField(label=lazy("This is the copy of the acceptance certificate"), required=False)

    def clean_files(self) -> Any:
        """Without a file there is nothing to attach."""
        if not self.cleaned_data["files"]:
            raise forms.ValidationError(_("Please choose at least one file."))
        return self.cleaned_data["files"]


class ContactForm(ReturnForm):
    """A letter, call or visit about the return."""

    direction = forms.ChoiceField(
        label=lazy("Who turned to whom"), choices=SlipContact.Direction.choices, widget=forms.RadioSelect, initial="in"
    )
    channel = forms.ModelChoiceField(
        Channel.objects.active(), label=lazy("By which way"), to_field_name="code", empty_label=None
    )
    text = text_field(lazy("What was said"), rows=4)
    happened_at = moment_field(lazy("When"))

    def heard(self) -> Heard:
        """The cleaned values."""
        data = self.cleaned_data
        return Heard(data["direction"], data["channel"], data["text"], data["happened_at"])
