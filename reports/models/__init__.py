"""Rows of the reports room; each file one subject."""

from reports.models.fact import Fact
from reports.models.ledger_export import LedgerExport
from reports.models.report import Report, ReportCopy

__all__ = ["Fact", "LedgerExport", "Report", "ReportCopy"]
