"""What people call the places in which words about somebody stand: for the page of a request and the certificate."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

PLACES: dict[str, str | Promise] = {
    "audit.Reading": pgettext_lazy("kind of record", "purposes of readings"),
    "audit.Sealed": pgettext_lazy("kind of record", "old and new values in the history"),
    "cases.Access": pgettext_lazy("kind of record", "links and codes of the tracking page"),
    "cases.Assignment": pgettext_lazy("kind of record", "assignments"),
    "cases.BulkAct": pgettext_lazy("kind of record", "acts on many cases"),
    "cases.BulkRefusal": pgettext_lazy("kind of record", "acts on many cases"),
    "cases.Case": pgettext_lazy("kind of record", "cases"),
    "cases.CaseClock": pgettext_lazy("kind of record", "reasons for missed limits"),
    "cases.CaseFile": pgettext_lazy("kind of record", "files"),
    "cases.Contact": pgettext_lazy("kind of record", "contacts"),
    "cases.Draft": pgettext_lazy("kind of record", "drafts"),
    "cases.Escalation": pgettext_lazy("kind of record", "demands for a higher level"),
    "cases.Extension": pgettext_lazy("kind of record", "requests for more time"),
    "cases.Hold": pgettext_lazy("kind of record", "what held a case open"),
    "cases.Import": pgettext_lazy("kind of record", "keys of imported rows"),
    "cases.ImportRow": pgettext_lazy("kind of record", "rows that an import refused"),
    "cases.Investigation": pgettext_lazy("kind of record", "investigations"),
    "cases.Measure": pgettext_lazy("kind of record", "measures"),
    "cases.MeasureCheck": pgettext_lazy("kind of record", "checks of measures"),
    "cases.Note": pgettext_lazy("kind of record", "internal notes"),
    "cases.Opinion": pgettext_lazy("kind of record", "opinions of the customer"),
    "cases.OpinionRequest": pgettext_lazy("kind of record", "questions for the customer's opinion"),
    "cases.Recusal": pgettext_lazy("kind of record", "recusals"),
    "cases.Reply": pgettext_lazy("kind of record", "answers"),
    "cases.Round": pgettext_lazy("kind of record", "closings"),
    "cases.SavedView": pgettext_lazy("kind of record", "saved views"),
    "cases.Verification": pgettext_lazy("kind of record", "verifications"),
    "cases.Visit": pgettext_lazy("kind of record", "visits on the spot"),
    "customers.ClassChange": pgettext_lazy("kind of record", "changes of class"),
    "customers.Communication": pgettext_lazy("kind of record", "visits and communications"),
    "customers.Consent": pgettext_lazy("kind of record", "consents"),
    "customers.ContactPoint": pgettext_lazy("kind of record", "numbers and addresses"),
    "customers.Customer": pgettext_lazy("kind of record", "contact cards"),
    "customers.CustomerImport": pgettext_lazy("kind of record", "uploaded tables and their refused rows"),
    "customers.Distinction": pgettext_lazy("kind of record", "judgements on duplicates"),
    "customers.ExternalNumber": pgettext_lazy("kind of record", "numbers in other systems"),
    "customers.CustomerFile": pgettext_lazy("kind of record", "customer files"),
    "customers.FileGrant": pgettext_lazy("kind of record", "permissions to read the file"),
    "customers.Holding": pgettext_lazy("kind of record", "products, vehicles, projects, contracts, orders"),
    "feedback_system.DataRequest": pgettext_lazy("kind of record", "requests about personal data"),
    "feedback_system.HandoverRefusal": pgettext_lazy("kind of record", "what a hand-over left"),
    "feedback_system.LegalHold": pgettext_lazy("kind of record", "legal holds"),
    "returns.BookExport": pgettext_lazy("kind of record", "exports of the account book of returns"),
    "returns.Inspection": pgettext_lazy("kind of record", "re-inspections"),
    "returns.Refund": pgettext_lazy("kind of record", "refunds"),
    "returns.RepairNote": pgettext_lazy("kind of record", "work and parts of repairs"),
    "returns.RepairOrder": pgettext_lazy("kind of record", "repairs"),
    "returns.ReturnClock": pgettext_lazy("kind of record", "reasons for missed limits of returns"),
    "returns.ReturnSlip": pgettext_lazy("kind of record", "return acceptance slips"),
    "returns.SlipContact": pgettext_lazy("kind of record", "letters, calls and visits about returns"),
    "returns.SlipFile": pgettext_lazy("kind of record", "files of returns"),
    "returns.SlipLine": pgettext_lazy("kind of record", "goods of returns"),
    "surveys.Answer": pgettext_lazy("kind of record", "answers to questionnaires"),
    "surveys.Attempt": pgettext_lazy("kind of record", "calls of the callback desk"),
    "surveys.FollowUp": pgettext_lazy("kind of record", "follow-ups of answers"),
    "surveys.Invitation": pgettext_lazy("kind of record", "invitations to answer"),
    "surveys.Response": pgettext_lazy("kind of record", "filled questionnaires"),
    "notifications.Message": pgettext_lazy("kind of record", "messages"),
    "regulations.Approval": pgettext_lazy("kind of record", "questions for approval"),
    "regulations.Decision": pgettext_lazy("kind of record", "decisions"),
}


def place_words(name: str) -> str:
    """The name of a place in words; that of the table where nobody gave it one."""
    return str(PLACES.get(name, name))
