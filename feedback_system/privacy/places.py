"""What people call the places in which words about somebody stand: for the page of a request and the certificate."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PLACES: dict[str, str | Promise] = {
    "audit.Reading": _("purposes of readings"),
    "audit.Sealed": _("old and new values in the history"),
    "cases.Access": _("links and codes of the tracking page"),
    "cases.Assignment": _("assignments"),
    "cases.BulkAct": _("acts on many cases"),
    "cases.BulkRefusal": _("acts on many cases"),
    "cases.Case": _("cases"),
    "cases.CaseClock": _("reasons for missed limits"),
    "cases.CaseFile": _("files"),
    "cases.Contact": _("contacts"),
    "cases.Draft": _("drafts"),
    "cases.Escalation": _("demands for a higher level"),
    "cases.Extension": _("requests for more time"),
    "cases.Hold": _("what held a case open"),
    "cases.Import": _("keys of imported rows"),
    "cases.ImportRow": _("rows that an import refused"),
    "cases.Investigation": _("investigations"),
    "cases.Measure": _("measures"),
    "cases.MeasureCheck": _("checks of measures"),
    "cases.Note": _("internal notes"),
    "cases.Opinion": _("opinions of the customer"),
    "cases.OpinionRequest": _("questions for the customer's opinion"),
    "cases.Recusal": _("recusals"),
    "cases.Reply": _("answers"),
    "cases.Round": _("closings"),
    "cases.SavedView": _("saved views"),
    "cases.Verification": _("verifications"),
    "cases.Visit": _("visits on the spot"),
    "customers.ClassChange": _("changes of class"),
    "customers.Communication": _("visits and communications"),
    "customers.Consent": _("consents"),
    "customers.ContactPoint": _("numbers and addresses"),
    "customers.Customer": _("contact cards"),
    "customers.CustomerFile": _("customer files"),
    "customers.FileGrant": _("permissions to read the file"),
    "customers.Holding": _("products, vehicles, projects, contracts, orders"),
    "feedback_system.DataRequest": _("requests about personal data"),
    "feedback_system.HandoverRefusal": _("what a hand-over left"),
    "feedback_system.LegalHold": _("legal holds"),
    "notifications.Message": _("messages"),
    "regulations.Approval": _("questions for approval"),
    "regulations.Decision": _("decisions"),
}


def place_words(name: str) -> str:
    """The name of a place in words; that of the table where nobody gave it one."""
    return str(PLACES.get(name, name))
