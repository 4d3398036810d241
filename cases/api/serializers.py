"""What answers say of a case and its parts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.lifecycle import MOVES, may_move
from cases.models import (
    Assignment,
    Case,
    CaseClock,
    CaseFile,
    Escalation,
    Extension,
    Measure,
    Visit,
)
from regulations.models import Approval


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
            "id",
            "kind",
            "round",
            "started_at",
            "due_at",
            "first_due_at",
            "provisional",
            "met_at",
            "breached_at",
            "breach_reason",
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


class ExtensionOut(serializers.ModelSerializer[Extension]):
    """A request for more time."""

    class Meta:
        model = Extension
        fields = ["id", "assignment", "until", "reason", "asked_at", "granted", "decided_at", "opinion"]
        read_only_fields = fields


class VisitOut(serializers.ModelSerializer[Visit]):
    """A visit on site."""

    visitor = serializers.CharField(source="visitor.username", default=None, allow_null=True)

    class Meta:
        model = Visit
        fields = [
            "id",
            "round",
            "necessity",
            "place",
            "visitor",
            "planned_at",
            "arrived_at",
            "cancelled_at",
            "findings",
        ]
        read_only_fields = fields


class EscalationOut(serializers.ModelSerializer[Escalation]):
    """A demand for a higher level."""

    class Meta:
        model = Escalation
        fields = ["id", "round", "demand", "asked_at", "answered_at", "answer"]
        read_only_fields = fields


class ApprovalOut(serializers.ModelSerializer[Approval]):
    """A decision asked of somebody else."""

    class Meta:
        model = Approval
        fields = ["id", "kind", "reason", "asked_at", "decided_at", "granted"]
        read_only_fields = fields


class CaseDetail(CaseRow):
    """A case with everything that this reader may see of it."""

    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    site = serializers.CharField(source="site.code", default=None, allow_null=True)
    reporter = serializers.SerializerMethodField()
    clocks = serializers.SerializerMethodField()
    assignments = serializers.SerializerMethodField()
    extensions = serializers.SerializerMethodField()
    visits = serializers.SerializerMethodField()
    escalations = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
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
            "extensions",
            "visits",
            "escalations",
            "approvals",
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

    @extend_schema_field(ExtensionOut(many=True))
    def get_extensions(self, case: Case) -> Any:
        """Requests for more time, oldest first."""
        return self._part(ExtensionOut, Extension.objects.filter(assignment__case=case).order_by("pk"))

    @extend_schema_field(VisitOut(many=True))
    def get_visits(self, case: Case) -> Any:
        """Visits, oldest first."""
        return self._part(VisitOut, case.visits.select_related("visitor").order_by("pk"))

    @extend_schema_field(EscalationOut(many=True))
    def get_escalations(self, case: Case) -> Any:
        """Demands for a higher level, oldest first."""
        return self._part(EscalationOut, case.escalations.all())

    @extend_schema_field(ApprovalOut(many=True))
    def get_approvals(self, case: Case) -> Any:
        """Decisions asked of others, oldest first."""
        return self._part(ApprovalOut, Approval.objects.filter(thread=case.thread).order_by("pk"))

    def _part(self, serializer: type[serializers.ModelSerializer[Any]], rows: QuerySet[Any]) -> Any:
        """None of it for somebody who only follows the own entry."""
        return serializer(rows, many=True).data if self.context["access"].full else []

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_moves(self, case: Case) -> list[str]:
        """Moves that start here and that this person may make."""
        permissions = self.context["access"].permissions
        return [
            move.name
            for move in MOVES.values()
            if may_move(move, state=case.state, resume=case.resume_state) and move.permission in permissions
        ]


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
