"""What requests may say, body by body: checked and cleaned like the forms of the pages."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.actions.intake import LONGEST_TEXT
from cases.models import (
    Category,
    Channel,
    Investigation,
    Kind,
    Measure,
    Verification,
)
from cases.models.intake import Priority, Severity, Stage, Urgency
from cases.models.reply import Way
from organization.api.fields import CodeField, DayField, LineField, TextField, TimeField
from organization.models import Department, Product, Site, User


class ReporterIn(serializers.Serializer[Any]):
    """Whoever gives the feedback (INT-03): a contact, or the explicit word that there is none."""

    name = LineField(max_length=100)
    organisation = LineField(max_length=100, required=False, allow_blank=True)
    phone = LineField(max_length=60, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=120, required=False, allow_blank=True)
    refused = serializers.BooleanField(default=False)


#: As on the pages: only an import comes by the channel of that name.
_CHANNELS = Channel.objects.active().exclude(code="import")


class CaseIn(serializers.Serializer[Any]):
    """A piece of feedback to register."""

    kind = CodeField(queryset=Kind.objects.active())
    channel = CodeField(queryset=_CHANNELS)
    text = TextField(max_length=LONGEST_TEXT)
    subject = LineField(max_length=120, required=False, allow_blank=True)
    demand = TextField(max_length=2000, required=False, allow_blank=True)
    customer_deadline = DayField(required=False, allow_null=True)
    reporter = ReporterIn()
    product = CodeField(queryset=Product.objects.active(), required=False, allow_null=True)
    site = CodeField(queryset=Site.objects.active(), required=False, allow_null=True)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False, allow_blank=True)
    received_at = TimeField(required=False, allow_null=True)
    late_reason = LineField(max_length=500, required=False, allow_blank=True)
    submission_key = serializers.UUIDField(required=False, allow_null=True)


class Versioned(serializers.Serializer[Any]):
    """Every move may name the version that it was decided on; a stale one is refused with 409."""

    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class ClassificationIn(Versioned):
    """The hub's classification, and why where it lowers an urgency that a ticked fact forced."""

    category = CodeField(queryset=Category.objects.active(), required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    criteria = serializers.ListField(child=LineField(max_length=40), required=False, max_length=20)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    reason = TextField(max_length=500, required=False, allow_blank=True)


class ReclassificationIn(ClassificationIn):
    """A new classification, perhaps another kind."""

    kind = CodeField(queryset=Kind.objects.active(), required=False)


class ReopenIn(ClassificationIn):
    """Why it is opened again; the classification where the case was never taken on."""

    reason = TextField(max_length=2000)


class ReasonIn(Versioned):
    """A reason."""

    reason = TextField(max_length=2000)


class DeclineIn(ReasonIn):
    """Why it is declined, and what the customer is told."""

    reply = TextField(max_length=5000)


class VerifyIn(Versioned):
    """Whether it is genuine, and on what basis."""

    result = serializers.ChoiceField(choices=Verification.Result.choices)
    basis = TextField(max_length=2000)


class TaskIn(serializers.Serializer[Any]):
    """What a department is asked to do, until when."""

    department = CodeField(queryset=Department.objects.active())
    requirement = TextField(max_length=2000)
    due_at = TimeField()


class DispatchIn(Versioned):
    """One lead, any number of co-handling departments."""

    lead = TaskIn()
    helpers = TaskIn(many=True, required=False)


class PersonIn(Versioned):
    """A colleague, and a note."""

    to = CodeField(queryset=User.objects.filter(is_active=True), slug_field="username")
    note = TextField(max_length=500)


class AnswerIn(Versioned):
    """A department's answer."""

    answer = TextField(max_length=10_000)


class ExtensionIn(ReasonIn):
    """More time until, and why."""

    until = TimeField()


class DecisionIn(Versioned):
    """Granted or refused, with an opinion."""

    granted = serializers.BooleanField()
    opinion = TextField(max_length=500, required=False, allow_blank=True)


class FindingsIn(Versioned):
    """Facts, cause and responsibility."""

    facts = TextField(max_length=10_000)
    reason_confirmed = serializers.ChoiceField(
        choices=Investigation.Confirmed.choices, required=False, allow_blank=True
    )
    severity = serializers.ChoiceField(choices=Investigation.Severity.choices, required=False, allow_blank=True)
    cause = TextField(max_length=10_000, required=False, allow_blank=True)
    effect = TextField(max_length=5000, required=False, allow_blank=True)
    sources = TextField(max_length=5000, required=False, allow_blank=True)
    responsible_department = CodeField(queryset=Department.objects.active(), required=False, allow_null=True)
    responsible_text = LineField(max_length=120, required=False, allow_blank=True)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)


class MeasureIn(Versioned):
    """A measure: what, by whom, until when."""

    type = serializers.ChoiceField(choices=Measure.Type.choices)
    text = TextField(max_length=5000)
    department = CodeField(queryset=Department.objects.active())
    owner = CodeField(queryset=User.objects.filter(is_active=True), slug_field="username")
    due_on = DayField()


class EvidenceIn(Versioned):
    """How it can be seen that the measure was done."""

    evidence = TextField(max_length=5000)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)


class CheckIn(Versioned):
    """The verification of an effect."""

    effective = serializers.BooleanField()
    method = LineField(max_length=300)
    evidence = TextField(max_length=5000, required=False, allow_blank=True)


class ReplyIn(Versioned):
    """The final answer, or a progress notice."""

    text = TextField(max_length=10_000)
    way = serializers.ChoiceField(choices=Way.choices)
    happened_at = TimeField(required=False, allow_null=True)
    late_reason = LineField(max_length=500, required=False, allow_blank=True)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)


class ProgressIn(ReplyIn):
    """A progress notice with the expected time."""

    expected_at = TimeField(required=False, allow_null=True)


class AskOpinionIn(Versioned):
    """One attempt to ask the customer."""

    way = serializers.ChoiceField(choices=Way.choices)
    result = LineField(max_length=200, required=False, allow_blank=True)
    reached = serializers.BooleanField(default=False)


class OpinionIn(Versioned):
    """What the customer said."""

    satisfied = serializers.BooleanField()
    way = serializers.ChoiceField(choices=[*Way.choices, ("signature", "signature")])
    remark = TextField(max_length=5000, required=False, allow_blank=True)
    happened_at = TimeField(required=False, allow_null=True)


class CloseIn(Versioned):
    """How it ended: a full outcome with its summary, or a short one with its proof."""

    outcome = serializers.ChoiceField(
        choices=["settled", "unsatisfied_explained", "no_answer", "withdrawn", "duplicate", "invalid"]
    )
    course = TextField(max_length=5000, required=False, allow_blank=True)
    cause = TextField(max_length=5000, required=False, allow_blank=True)
    decision = TextField(max_length=5000, required=False, allow_blank=True)
    lesson = TextField(max_length=5000, required=False, allow_blank=True)
    reason = TextField(max_length=2000, required=False, allow_blank=True)
    proof = LineField(max_length=300, required=False, allow_blank=True)
    duplicate_of = LineField(max_length=20, required=False, allow_blank=True)


class ContactIn(Versioned):
    """A contact with the customer."""

    direction = serializers.ChoiceField(choices=["in", "out"])
    channel = CodeField(queryset=_CHANNELS)
    text = TextField(max_length=LONGEST_TEXT)
    person = LineField(max_length=100, required=False, allow_blank=True)
    follow_up = LineField(max_length=500, required=False, allow_blank=True)
    happened_at = TimeField(required=False, allow_null=True)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)
    submission_key = serializers.UUIDField(required=False, allow_null=True)


class AgreementIn(ContactIn):
    """Another date of the answer, and the contact in which the customer agreed to it (A-08)."""

    day = DayField()


class NoteIn(Versioned):
    """An internal note."""

    text = TextField(max_length=5000)
    audience = serializers.ChoiceField(choices=["case", "hub", "department"], default="case")


class TaskMoveIn(Versioned, TaskIn):
    """One more department's task."""


class CorrectIn(Versioned):
    """The fields to correct, and why; what is not sent stays as it is."""

    subject = LineField(max_length=120, required=False)
    demand = TextField(max_length=2000, required=False, allow_blank=True)
    customer_deadline = DayField(required=False, allow_null=True)
    reporter_name = LineField(max_length=100, required=False, allow_blank=True)
    reporter_organisation = LineField(max_length=100, required=False, allow_blank=True)
    reporter_phone = LineField(max_length=60, required=False, allow_blank=True)
    reporter_email = serializers.EmailField(max_length=120, required=False, allow_blank=True)
    contact_refused = serializers.BooleanField(required=False)
    product = CodeField(queryset=Product.objects.active(), required=False, allow_null=True)
    product_text = LineField(max_length=120, required=False, allow_blank=True)
    batch = LineField(max_length=60, required=False, allow_blank=True)
    serial = LineField(max_length=60, required=False, allow_blank=True)
    quantity = LineField(max_length=40, required=False, allow_blank=True)
    order_number = LineField(max_length=60, required=False, allow_blank=True)
    purchased_on = DayField(required=False, allow_null=True)
    shipped_on = DayField(required=False, allow_null=True)
    site = CodeField(queryset=Site.objects.active(), required=False, allow_null=True)
    accused_department = CodeField(queryset=Department.objects.active(), required=False, allow_null=True)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False, allow_blank=True)
    reason = TextField(max_length=2000)


class RecuseIn(ReasonIn):
    """Who must not take part, and why."""

    person = CodeField(queryset=User.objects.filter(is_active=True), slug_field="username")
    accused = serializers.BooleanField(default=True)


class SettleIn(ReplyIn, ClassificationIn):
    """The answer, with the classification where the case has none yet."""


class VisitIn(Versioned):
    """Why somebody must go there, who and when."""

    necessity = TextField(max_length=500)
    place = LineField(max_length=200, required=False, allow_blank=True)
    participants = LineField(max_length=300, required=False, allow_blank=True)
    visitor = CodeField(
        queryset=User.objects.filter(is_active=True), slug_field="username", required=False, allow_null=True
    )
    planned_at = TimeField(required=False, allow_null=True)


class ArrivalIn(Versioned):
    """What was found on site."""

    arrived_at = TimeField()
    findings = TextField(max_length=10_000)
    customer_statement = TextField(max_length=5000, required=False, allow_blank=True)
    participants = LineField(max_length=300, required=False, allow_blank=True)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)
    late_reason = LineField(max_length=500, required=False, allow_blank=True)


class DemandIn(Versioned):
    """What the customer demands of a higher level."""

    demand = TextField(max_length=5000)


class UploadIn(serializers.Serializer[Any]):
    """Files to attach (multipart)."""

    files = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=20)
