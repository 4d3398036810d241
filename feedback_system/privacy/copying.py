"""The copy of what we hold about somebody: a paper to read, the same as data, and the person's files (PIPL 45)."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import InvalidMove
from cases.models import CaseFile
from documents.models import File
from documents.names import safe_name, split_ending
from documents.pdf import render_paper
from documents.sheets.writing import Stamp
from feedback_system.models import Ask, DataRequest
from feedback_system.privacy.requests import require_identity, subject_of
from feedback_system.privacy.rooms import traces
from organization.models import User
from organization.queries import organisation
from organization.traces import Subject, Words
from returns.models import SlipFile

#: Larger files are named in the copy and handed over apart.
MOST_BYTES = 200 * 1024 * 1024

#: What the parts and fields of the copy are called on paper; in the data they keep their names.
PARTS: dict[str, str | Promise] = {
    "customers.Customer": pgettext_lazy("copy of personal data", "Who you are"),
    "customers.ContactPoint": pgettext_lazy("copy of personal data", "How we reach you"),
    "customers.ExternalNumber": pgettext_lazy("copy of personal data", "Your numbers in other systems"),
    "customers.CustomerFile": pgettext_lazy("copy of personal data", "Your file"),
    "customers.Holding": pgettext_lazy("copy of personal data", "What you have of us"),
    "customers.Communication": pgettext_lazy("copy of personal data", "Visits and communications"),
    "customers.ClassChange": pgettext_lazy("copy of personal data", "How we classified you"),
    "customers.Consent": pgettext_lazy("copy of personal data", "What you agreed to"),
    "cases.Case": pgettext_lazy("copy of personal data", "Your feedback"),
    "cases.Contact": pgettext_lazy("copy of personal data", "Contacts about it"),
    "cases.Reply": pgettext_lazy("copy of personal data", "Our answers"),
    "cases.OpinionRequest": pgettext_lazy("copy of personal data", "When we asked whether you are satisfied"),
    "cases.Opinion": pgettext_lazy("copy of personal data", "What you said to our answers"),
    "cases.Escalation": pgettext_lazy("copy of personal data", "Demands for a higher level"),
    "cases.Visit": pgettext_lazy("copy of personal data", "Visits on the spot"),
    "cases.Verification": pgettext_lazy("copy of personal data", "How we verified it"),
    "cases.Investigation": pgettext_lazy("copy of personal data", "What we found out"),
    "cases.Round": pgettext_lazy("copy of personal data", "How it was closed"),
    "cases.CaseFile": pgettext_lazy("copy of personal data", "Files"),
    "returns.ReturnSlip": pgettext_lazy("copy of personal data", "Your returns"),
    "returns.SlipLine": pgettext_lazy("copy of personal data", "Goods that came back"),
    "returns.SlipContact": pgettext_lazy("copy of personal data", "Contacts about your returns"),
    "returns.Inspection": pgettext_lazy("copy of personal data", "Re-inspections"),
    "returns.RepairOrder": pgettext_lazy("copy of personal data", "Repairs"),
    "returns.RepairNote": pgettext_lazy("copy of personal data", "Work and parts"),
    "returns.Refund": pgettext_lazy("copy of personal data", "Refunds"),
    "surveys.Response": pgettext_lazy("copy of personal data", "Your answers to questionnaires"),
    "surveys.Answer": pgettext_lazy("copy of personal data", "What you answered"),
    "surveys.FollowUp": pgettext_lazy("copy of personal data", "What followed your answers"),
    "feedback_system.DataRequest": pgettext_lazy("copy of personal data", "What you asked about your data"),
}
FIELDS: dict[str, str | Promise] = {
    "address": pgettext_lazy("copy of personal data", "Address"),
    "amount": pgettext_lazy("copy of personal data", "Amount in yuan"),
    "announced": pgettext_lazy("copy of personal data", "Announced"),
    "answer": pgettext_lazy("copy of personal data", "Answer"),
    "answered_at": pgettext_lazy("copy of personal data", "Answered"),
    "arrived_at": pgettext_lazy("copy of personal data", "Arrived"),
    "asked_at": pgettext_lazy("copy of personal data", "Asked"),
    "at": pgettext_lazy("copy of personal data", "When"),
    "attention": pgettext_lazy("copy of personal data", "Please note"),
    "band": pgettext_lazy("copy of personal data", "Grade"),
    "basis": pgettext_lazy("copy of personal data", "Basis"),
    "batch": pgettext_lazy("copy of personal data", "Batch"),
    "business_scope": pgettext_lazy("copy of personal data", "Business scope"),
    "case__number": pgettext_lazy("copy of personal data", "Number"),
    "category__name": pgettext_lazy("copy of personal data", "Category"),
    "cause": pgettext_lazy("copy of personal data", "Cause"),
    "channel": pgettext_lazy("copy of personal data", "Channel"),
    "channel__name": pgettext_lazy("copy of personal data", "Channel"),
    "closed_at": pgettext_lazy("copy of personal data", "Closed"),
    "comment": pgettext_lazy("copy of personal data", "In words"),
    "contact_address": pgettext_lazy("copy of personal data", "Address"),
    "contact_email": pgettext_lazy("copy of personal data", "E-mail"),
    "contact_name": pgettext_lazy("copy of personal data", "Name"),
    "contact_organisation": pgettext_lazy("copy of personal data", "Organisation"),
    "contact_phone": pgettext_lazy("copy of personal data", "Telephone"),
    "contact_ways": pgettext_lazy("copy of personal data", "Ways"),
    "content": pgettext_lazy("copy of personal data", "Content"),
    "counted": pgettext_lazy("copy of personal data", "Counted"),
    "course": pgettext_lazy("copy of personal data", "Course"),
    "created_at": pgettext_lazy("copy of personal data", "File opened"),
    "credit": pgettext_lazy("copy of personal data", "Credit"),
    "customer_statement": pgettext_lazy("copy of personal data", "What you stated"),
    "dealings": pgettext_lazy("copy of personal data", "Dealings"),
    "decision": pgettext_lazy("copy of personal data", "Decision"),
    "demand": pgettext_lazy("copy of personal data", "Demand"),
    "description": pgettext_lazy("copy of personal data", "What was wrong"),
    "detection": pgettext_lazy("copy of personal data", "Detection"),
    "difference_note": pgettext_lazy("copy of personal data", "Difference"),
    "direction": pgettext_lazy("copy of personal data", "Direction"),
    "effect": pgettext_lazy("copy of personal data", "Effect"),
    "ended_at": pgettext_lazy("copy of personal data", "Ended"),
    "ends_on": pgettext_lazy("copy of personal data", "Until"),
    "extension": pgettext_lazy("copy of personal data", "Extension"),
    "facts": pgettext_lazy("copy of personal data", "Facts"),
    "fax": pgettext_lazy("copy of personal data", "Fax"),
    "file__claimed_name": pgettext_lazy("copy of personal data", "File"),
    "final": pgettext_lazy("copy of personal data", "Final answer"),
    "finances": pgettext_lazy("copy of personal data", "Finances"),
    "findings": pgettext_lazy("copy of personal data", "Findings"),
    "finished_at": pgettext_lazy("copy of personal data", "Finished"),
    "follow_up": pgettext_lazy("copy of personal data", "To follow up"),
    "followed_up_note": pgettext_lazy("copy of personal data", "Followed up"),
    "from_customer": pgettext_lazy("copy of personal data", "From you"),
    "given_at": pgettext_lazy("copy of personal data", "Given"),
    "handling": pgettext_lazy("copy of personal data", "Handling opinion"),
    "happened_at": pgettext_lazy("copy of personal data", "When"),
    "item": pgettext_lazy("copy of personal data", "Question"),
    "kind": pgettext_lazy("copy of personal data", "Kind"),
    "kind__name": pgettext_lazy("copy of personal data", "Kind"),
    "legal_representative": pgettext_lazy("copy of personal data", "Legal representative"),
    "major_changes": pgettext_lazy("copy of personal data", "Major changes"),
    "n": pgettext_lazy("copy of personal data", "Round"),
    "name": pgettext_lazy("copy of personal data", "Name"),
    "new_class": pgettext_lazy("copy of personal data", "Class"),
    "new_tier": pgettext_lazy("copy of personal data", "Tier"),
    "note": pgettext_lazy("copy of personal data", "Note"),
    "number": pgettext_lazy("copy of personal data", "Number"),
    "opened_at": pgettext_lazy("copy of personal data", "Opened"),
    "opinion": pgettext_lazy("copy of personal data", "Handling opinion"),
    "opinions": pgettext_lazy("copy of personal data", "Opinions"),
    "option": pgettext_lazy("copy of personal data", "Answer"),
    "order_number": pgettext_lazy("copy of personal data", "Order number"),
    "organisation__name": pgettext_lazy("copy of personal data", "Organisation"),
    "original_kept_at": pgettext_lazy("copy of personal data", "Original kept at"),
    "outcome": pgettext_lazy("copy of personal data", "Outcome"),
    "paid_on": pgettext_lazy("copy of personal data", "Paid on"),
    "participants": pgettext_lazy("copy of personal data", "Participants"),
    "passed": pgettext_lazy("copy of personal data", "Passed"),
    "person": pgettext_lazy("copy of personal data", "Person"),
    "persons_met": pgettext_lazy("copy of personal data", "Persons met"),
    "place": pgettext_lazy("copy of personal data", "Place"),
    "planned_at": pgettext_lazy("copy of personal data", "Planned"),
    "planned_on": pgettext_lazy("copy of personal data", "Planned for"),
    "points": pgettext_lazy("copy of personal data", "Points"),
    "postcode": pgettext_lazy("copy of personal data", "Postcode"),
    "product__name": pgettext_lazy("copy of personal data", "Product"),
    "product_text": pgettext_lazy("copy of personal data", "Product as you named it"),
    "proof": pgettext_lazy("copy of personal data", "What shows it"),
    "purchased_on": pgettext_lazy("copy of personal data", "Bought on"),
    "purpose": pgettext_lazy("copy of personal data", "Purpose"),
    "qualifications": pgettext_lazy("copy of personal data", "Qualifications"),
    "quantity": pgettext_lazy("copy of personal data", "Quantity"),
    "reason": pgettext_lazy("copy of personal data", "Reason"),
    "received_at": pgettext_lazy("copy of personal data", "Received"),
    "reference": pgettext_lazy("copy of personal data", "Voucher number"),
    "refused": pgettext_lazy("copy of personal data", "Not to be used"),
    "refused_reason": pgettext_lazy("copy of personal data", "Reason of the refusal"),
    "registered_at": pgettext_lazy("copy of personal data", "Registered"),
    "registered_capital": pgettext_lazy("copy of personal data", "Registered capital"),
    "remark": pgettext_lazy("copy of personal data", "Remark"),
    "reporter_email": pgettext_lazy("copy of personal data", "E-mail"),
    "reporter_name": pgettext_lazy("copy of personal data", "Reported by"),
    "reporter_organisation": pgettext_lazy("copy of personal data", "Organisation"),
    "reporter_phone": pgettext_lazy("copy of personal data", "Telephone"),
    "result": pgettext_lazy("copy of personal data", "Result"),
    "said_by": pgettext_lazy("copy of personal data", "Who answered"),
    "satisfaction_note": pgettext_lazy("copy of personal data", "What you said afterwards"),
    "satisfied": pgettext_lazy("copy of personal data", "Satisfied"),
    "serial": pgettext_lazy("copy of personal data", "Serial number"),
    "shipment": pgettext_lazy("copy of personal data", "Shipment"),
    "situation": pgettext_lazy("copy of personal data", "Occasion"),
    "source": pgettext_lazy("copy of personal data", "Way"),
    "starts_on": pgettext_lazy("copy of personal data", "From"),
    "state": pgettext_lazy("copy of personal data", "State"),
    "subject": pgettext_lazy("copy of personal data", "Subject"),
    "submitted_at": pgettext_lazy("copy of personal data", "Answered"),
    "system": pgettext_lazy("copy of personal data", "System"),
    "text": pgettext_lazy("copy of personal data", "Text"),
    "text__purpose": pgettext_lazy("copy of personal data", "Purpose"),
    "text__version": pgettext_lazy("copy of personal data", "Version"),
    "tier": pgettext_lazy("copy of personal data", "Tier"),
    "type": pgettext_lazy("copy of personal data", "Type"),
    "value": pgettext_lazy("copy of personal data", "Number or address"),
    "visit_class": pgettext_lazy("copy of personal data", "Class"),
    "way": pgettext_lazy("copy of personal data", "Way"),
    "wish": pgettext_lazy("copy of personal data", "What you asked for"),
    "withdrawn_at": pgettext_lazy("copy of personal data", "Withdrawn"),
    "words": pgettext_lazy("copy of personal data", "Your words"),
    "work": pgettext_lazy("copy of personal data", "Work done"),
}


@dataclass(frozen=True)
class Part:
    """One part of the copy on paper: each row as label and value, without what is empty."""

    title: str
    rows: list[list[tuple[str, str]]]


def told(subject: Subject) -> dict[str, list[dict[str, Any]]]:
    """Everything that the copy tells, by the name of the table, as data."""
    found: dict[str, list[dict[str, Any]]] = {}
    for trace in traces():
        if rows := list(trace.tell(subject)):
            found[trace.name] = rows
    return found


def parts(subject: Subject) -> list[Part]:
    """The same for a reader: labels and values in words, in the order of ``PARTS``."""
    models = {trace.name: trace.model for trace in traces() if isinstance(trace, Words)}
    found = told(subject)
    return [
        Part(str(title), [list(_shown(models[name], row)) for row in found[name]])
        for name, title in PARTS.items()
        if name in found
    ]


def _shown(model: type[Model], row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        words = _words(model, name, value)
        if words:
            yield str(FIELDS[name]), words


def _words(model: type[Model], name: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return "、".join(_words(model, name, one) for one in value)
    choices = dict(_choices(model, name))
    return str(choices.get(value, value))


def _choices(model: type[Model], name: str) -> Iterator[tuple[Any, Any]]:
    """The choices of a field, also behind a reference: ``text__purpose``."""
    column: Any = None
    for step in name.split("__"):
        column = model._meta.get_field(step)
        model = column.related_model or model
    column = getattr(column, "base_field", column)
    yield from column.flatchoices


def copy_for(row: DataRequest, *, by: User) -> bytes:
    """The copy that somebody asked for.

    Raises ``InvalidMove`` where none is asked for any more, ``InvalidInput`` before somebody has made sure who asks,
    and ``PdfFailed``.
    """
    if row.kind != Ask.COPY or not row.is_pending:
        raise InvalidMove(_("This was answered meanwhile. Please reload the page."))
    require_identity(row)
    return archive(subject_of(row), number=row.number, by=Actor.staff(by), name=by.name)


def archive(subject: Subject, *, number: str, by: Actor, name: str) -> bytes:
    """The whole copy as one ZIP: 个人信息副本.pdf, data.json, and the files that the person sent.

    Raises ``PdfFailed`` when the paper cannot be made. Who made it, and when, stands in the readings.
    """
    now = timezone.now()
    stamp = Stamp(name, now, number)
    context = {"parts": parts(subject), "organisation": organisation(), "number": number, "today": now}
    paper = render_paper("privacy/copy_paper.html", context, stamp=stamp)
    data = json.dumps(told(subject), ensure_ascii=False, indent=1, default=_plain).encode()
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(_("Copy of personal data") + ".pdf", paper)
        pack.writestr("data.json", data)
        for file in _files(subject):
            _add(pack, file)
    for thread in subject.threads:
        record_reading(thread, "copy", by=by, at=now)
    return out.getvalue()


def _files(subject: Subject) -> list[File]:
    sent: dict[str, Any] = {"from_customer": True, "file__erased_at": None}
    of_cases = CaseFile.objects.filter(case__in=subject.cases, **sent).values("file")
    of_returns = SlipFile.objects.filter(slip__in=subject.returns, **sent).values("file")
    found: list[File] = []
    left = MOST_BYTES
    # What came with a public form belongs to the case and to its slip, and is told once.
    for file in File.objects.filter(Q(pk__in=of_cases) | Q(pk__in=of_returns)).order_by("pk"):
        if file.is_available and file.size <= left:
            found.append(file)
            left -= file.size
    return found


def _add(pack: zipfile.ZipFile, file: File) -> None:
    name = safe_name(file.claimed_name, split_ending(file.claimed_name)[1] or "bin")
    with file.original.open("rb") as stream, pack.open(f"files/{file.pk}-{name}", "w") as out:
        shutil.copyfileobj(stream, out)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | Promise) else repr(value)
