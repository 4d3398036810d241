"""Rows of the reports room; each file one subject."""

from reports.models.daily import CaseDay, Counting, Daily, DailyCut
from reports.models.fact import Fact
from reports.models.ledger_export import LedgerExport
from reports.models.report import Report, ReportCopy

__all__ = ["CaseDay", "Counting", "Daily", "DailyCut", "Fact", "LedgerExport", "Report", "ReportCopy"]
