"""What goes out and comes in: allow-lists, never ``__all__``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.actions.intake import LONGEST_TEXT
from cases.api.fields import CodeField, DayField, LineField, TextField, TimeField
from cases.lifecycle import MOVES
from cases.models import Assignment, Case, CaseClock, CaseFile, Category, Channel, Kind, Measure, Verification
from cases.models.intake import Priority, Severity, Stage, Urgency
from cases.models.reply import Way
from organization.models import Department, Product, Site, User


class CaseRow(serializers.ModelSerializer[Case]):
    """A case in a list."""

    kind = serializers.CharField(source="kind.code")
    channel = serializers.CharField(source="channel.code")
    category = serializers.CharField(source="category.code", default=None, allow_null=True)
    lead_department = serializers.CharField(source="lead_department.code", default=None, allow_null=True)
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)

    class Meta:
        model = Case
        fields = [
            "number",
            "subject",
            "kind",
            "state",
            "channel",
            "category",
            "urgency",
            "priority",
            "lead_department",
            "owner",
            "received_at",
            "registered_at",
            "next_due_at",
            "next_due_kind",
            "round",
            "version",
            "outcome",
        ]
        read_only_fields = fields


class ClockOut(serializers.ModelSerializer[CaseClock]):
    """A clock of a case."""

    state = serializers.CharField()

    class Meta:
        model = CaseClock
        fields = [
            "kind",
            "round",
            "started_at",
            "due_at",
            "first_due_at",
            "provisional",
            "met_at",
            "breached_at",
            "state",
        ]
        read_only_fields = fields


class AssignmentOut(serializers.ModelSerializer[Assignment]):
    """An assignment of a case."""

    department = serializers.CharField(source="department.code")

    class Meta:
        model = Assignment
        fields = [
            "id",
            "round",
            "department",
            "is_lead",
            "state",
            "requirement",
            "due_at",
            "sent_at",
            "received_at",
            "answered_at",
            "answer",
        ]
        read_only_fields = fields


class CaseDetail(CaseRow):
    """A case with everything that this reader may see of it."""

    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    site = serializers.CharField(source="site.code", default=None, allow_null=True)
    reporter = serializers.SerializerMethodField()
    clocks = serializers.SerializerMethodField()
    assignments = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()

    class Meta(CaseRow.Meta):
        fields = [
            *CaseRow.Meta.fields,
            "text",
            "demand",
            "customer_deadline",
            "product",
            "site",
            "severity",
            "stage",
            "criteria",
            "reporter",
            "acknowledged_at",
            "dispatched_at",
            "replied_at",
            "closed_at",
            "contact_count",
            "return_count",
            "clocks",
            "assignments",
            "moves",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.CharField(allow_blank=True)))
    def get_reporter(self, case: Case) -> dict[str, str]:
        """Who reported it; contact data only for the handling group (SEC-08)."""
        found = {"name": case.reporter_name, "organisation": case.reporter_organisation}
        if self.context["access"].contact:
            found |= {"phone": case.reporter_phone, "email": case.reporter_email}
        return found

    @extend_schema_field(ClockOut(many=True))
    def get_clocks(self, case: Case) -> Any:
        """All clocks, oldest first; none for somebody who only follows the own entry."""
        return ClockOut(case.clocks.all(), many=True).data if self.context["access"].full else []

    @extend_schema_field(AssignmentOut(many=True))
    def get_assignments(self, case: Case) -> Any:
        """All assignments; none for somebody who only follows the own entry."""
        access = self.context["access"]
        return AssignmentOut(access.assignments, many=True).data if access.full else []

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_moves(self, case: Case) -> list[str]:
        """Moves that start here and that this person may make."""
        permissions = self.context["access"].permissions
        return [m.name for m in MOVES.values() if m.allowed_from(case.state) and m.permission in permissions]


class FileOut(serializers.ModelSerializer[CaseFile]):
    """A file of a case; its bytes are at ``/cases/<number>/files/<id>/``."""

    name = serializers.CharField(source="file.claimed_name")
    size = serializers.IntegerField(source="file.size")
    sha256 = serializers.CharField(source="file.sha256")
    state = serializers.CharField(source="file.state")

    class Meta:
        model = CaseFile
        fields = ["id", "name", "size", "sha256", "state", "from_customer", "at"]
        read_only_fields = fields


class ReporterIn(serializers.Serializer[Any]):
    """Whoever gives the feedback (INT-03): a contact, or the explicit word that there is none."""

    name = LineField(max_length=100)
    organisation = LineField(max_length=100, required=False, allow_blank=True)
    phone = LineField(max_length=60, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=120, required=False, allow_blank=True)
    refused = serializers.BooleanField(default=False)


class CaseIn(serializers.Serializer[Any]):
    """A piece of feedback to register."""

    kind = CodeField(queryset=Kind.objects.active())
    channel = CodeField(queryset=Channel.objects.active())
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
    """The hub's classification."""

    category = CodeField(queryset=Category.objects.active(), required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    criteria = serializers.ListField(child=LineField(max_length=40), required=False, max_length=20)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)


class ReclassificationIn(ClassificationIn):
    """A new classification, perhaps another kind, and why."""

    kind = CodeField(queryset=Kind.objects.active(), required=False)
    reason = TextField(max_length=500, required=False, allow_blank=True)


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


class MeasureOut(serializers.ModelSerializer[Measure]):
    """A measure of a case."""

    department = serializers.CharField(source="department.code")
    owner = serializers.CharField(source="owner.username")

    class Meta:
        model = Measure
        fields = [
            "id",
            "round",
            "type",
            "text",
            "department",
            "owner",
            "due_on",
            "state",
            "done_at",
            "evidence",
            "rounds",
        ]
        read_only_fields = fields


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
    channel = CodeField(queryset=Channel.objects.active())
    text = TextField(max_length=LONGEST_TEXT)
    person = LineField(max_length=100, required=False, allow_blank=True)
    follow_up = LineField(max_length=500, required=False, allow_blank=True)
    happened_at = TimeField(required=False, allow_null=True)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)
    submission_key = serializers.UUIDField(required=False, allow_null=True)


class NoteIn(Versioned):
    """An internal note."""

    text = TextField(max_length=5000)
    audience = serializers.ChoiceField(choices=["case", "hub", "department"], default="case")


class UploadIn(serializers.Serializer[Any]):
    """Files to attach (multipart)."""

    files = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=20)
