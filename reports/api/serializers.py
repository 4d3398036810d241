"""Issued reports as programs read them: the tables are those of the page, the paper and the workbook."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.models import Report
from reports.queries.issued import sections_of
from reports.tables import Cell, Column, Row, Section, Table

#: How a column's cells are meant.
COLUMN_KINDS = [(name, name) for name in ("text", "count", "rate", "change", "points", "minutes")]


class ReportRow(serializers.ModelSerializer[Report]):
    """One report of the list; ``corrects`` is the number of the version that it replaces."""

    title = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=Report.Kind.choices)
    state = serializers.ChoiceField(choices=Report.State.choices)
    corrects = serializers.CharField(source="corrects.number", default=None, allow_null=True)
    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)
    approved_by = serializers.CharField(source="approved_by.username", default=None, allow_null=True)

    class Meta:
        model = Report
        fields = (
            "number", "title", "kind", "since", "until", "version", "corrects", "reason", "state", "asked_by",
            "asked_at", "snapshot_at", "approved_by", "approved_at", "opinion",
        )  # fmt: skip


class ReportCell(serializers.Serializer[Cell]):
    """A figure: ``value`` is a whole number, or a decimal number as text; ``find`` is the query of its records."""

    value = serializers.SerializerMethodField("get_figure")
    unit = serializers.CharField(allow_blank=True)
    part = serializers.SerializerMethodField()
    whole = serializers.SerializerMethodField()
    find = serializers.CharField(allow_blank=True)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_figure(self, cell: Cell) -> str | None:
        """As text, so that no program rounds it."""
        return None if cell.value is None else str(cell.value)

    def get_part(self, cell: Cell) -> int | None:
        """The numerator of a rate."""
        return cell.of[0] if cell.of else None

    def get_whole(self, cell: Cell) -> int | None:
        """The denominator of a rate."""
        return cell.of[1] if cell.of else None


class ReportColumn(serializers.Serializer[Column]):
    """A heading."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=COLUMN_KINDS)


class ReportTableRow(serializers.Serializer[Row]):
    """A line: its label stands in the first column, its cells in the others."""

    label = serializers.CharField()  # type: ignore[assignment]
    cells = ReportCell(many=True)


class ReportTable(serializers.Serializer[Table]):
    """A table with its formulas."""

    code = serializers.CharField()
    title = serializers.CharField()
    columns = ReportColumn(many=True)
    rows = ReportTableRow(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class ReportSection(serializers.Serializer[Section]):
    """A chapter."""

    code = serializers.CharField()
    title = serializers.CharField()
    sentences = serializers.ListField(child=serializers.CharField())
    tables = ReportTable(many=True)


class ReportDetail(ReportRow):
    """A report with everything that it says; ``sections`` are empty until it is built."""

    sections = serializers.SerializerMethodField()

    class Meta(ReportRow.Meta):
        fields = (*ReportRow.Meta.fields, "sections")  # type: ignore[assignment]

    @extend_schema_field(ReportSection(many=True))
    def get_sections(self, report: Report) -> Any:
        """As they were built."""
        sections: Any = sections_of(report)
        return ReportSection(sections, many=True).data


class ReportRecords(serializers.Serializer[Any]):
    """What stands behind a figure: how many were counted, how many the reader may see, and a page of their numbers."""

    counted = serializers.IntegerField()
    visible = serializers.IntegerField()
    numbers = serializers.ListField(child=serializers.CharField())
    after = serializers.CharField(allow_blank=True)
