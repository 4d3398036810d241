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

from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.actions import record_reading
from audit.actor import Actor
from cases.models import CaseFile
from documents.models import File
from documents.names import safe_name, split_ending
from documents.pdf import render_paper
from documents.sheets.writing import Stamp
from feedback_system.privacy.rooms import traces
from organization.queries import organisation
from organization.traces import Subject, Words

#: Larger files are named in the copy and handed over apart.
MOST_BYTES = 200 * 1024 * 1024

#: What the parts and fields of the copy are called on paper; in the data they keep their names.
PARTS: dict[str, str | Promise] = {
    "customers.Customer": gettext_lazy("Who you are"),
    "customers.ContactPoint": gettext_lazy("How we reach you"),
    "customers.CustomerFile": gettext_lazy("Your file"),
    "customers.Holding": gettext_lazy("What you have of us"),
    "customers.Communication": gettext_lazy("Visits and communications"),
    "customers.ClassChange": gettext_lazy("How we classified you"),
    "customers.Consent": gettext_lazy("What you agreed to"),
    "cases.Case": gettext_lazy("Your feedback"),
    "cases.Contact": gettext_lazy("Contacts about it"),
    "cases.Reply": gettext_lazy("Our answers"),
    "cases.OpinionRequest": gettext_lazy("When we asked whether you are satisfied"),
    "cases.Opinion": gettext_lazy("What you said to our answers"),
    "cases.Escalation": gettext_lazy("Demands for a higher level"),
    "cases.Visit": gettext_lazy("Visits on the spot"),
    "cases.Verification": gettext_lazy("How we verified it"),
    "cases.Investigation": gettext_lazy("What we found out"),
    "cases.Round": gettext_lazy("How it was closed"),
    "cases.CaseFile": gettext_lazy("Files"),
    "feedback_system.DataRequest": gettext_lazy("What you asked about your data"),
}
FIELDS: dict[str, str | Promise] = {
    "address": gettext_lazy("Address"),
    "amount": gettext_lazy("Amount in yuan"),
    "answer": gettext_lazy("Answer"),
    "answered_at": gettext_lazy("Answered"),
    "arrived_at": gettext_lazy("Arrived"),
    "asked_at": gettext_lazy("Asked"),
    "at": gettext_lazy("When"),
    "attention": gettext_lazy("Please note"),
    "basis": gettext_lazy("Basis"),
    "batch": gettext_lazy("Batch"),
    "business_scope": gettext_lazy("Business scope"),
    "case__number": gettext_lazy("Number"),
    "category__name": gettext_lazy("Category"),
    "cause": gettext_lazy("Cause"),
    "channel": gettext_lazy("Channel"),
    "channel__name": gettext_lazy("Channel"),
    "closed_at": gettext_lazy("Closed"),
    "contact_ways": gettext_lazy("Ways"),
    "content": gettext_lazy("Content"),
    "course": gettext_lazy("Course"),
    "created_at": gettext_lazy("Since"),
    "credit": gettext_lazy("Credit"),
    "customer_statement": gettext_lazy("What you stated"),
    "dealings": gettext_lazy("Dealings"),
    "decision": gettext_lazy("Decision"),
    "demand": gettext_lazy("Demand"),
    "direction": gettext_lazy("Direction"),
    "effect": gettext_lazy("Effect"),
    "ends_on": gettext_lazy("Until"),
    "extension": gettext_lazy("Extension"),
    "facts": gettext_lazy("Facts"),
    "fax": gettext_lazy("Fax"),
    "file__claimed_name": gettext_lazy("File"),
    "final": gettext_lazy("Final answer"),
    "finances": gettext_lazy("Finances"),
    "findings": gettext_lazy("Findings"),
    "follow_up": gettext_lazy("To follow up"),
    "followed_up_note": gettext_lazy("Followed up"),
    "from_customer": gettext_lazy("From you"),
    "given_at": gettext_lazy("Given"),
    "handling": gettext_lazy("Handling opinion"),
    "happened_at": gettext_lazy("When"),
    "kind": gettext_lazy("Kind"),
    "kind__name": gettext_lazy("Kind"),
    "legal_representative": gettext_lazy("Legal representative"),
    "major_changes": gettext_lazy("Major changes"),
    "n": gettext_lazy("Round"),
    "name": pgettext_lazy("of a thing", "Name"),
    "new_class": gettext_lazy("Class"),
    "new_tier": gettext_lazy("Tier"),
    "note": gettext_lazy("Note"),
    "number": gettext_lazy("Number"),
    "opened_at": gettext_lazy("Opened"),
    "opinions": gettext_lazy("Opinions"),
    "order_number": gettext_lazy("Order number"),
    "organisation__name": gettext_lazy("Organisation"),
    "original_kept_at": gettext_lazy("Original kept at"),
    "outcome": gettext_lazy("Outcome"),
    "participants": gettext_lazy("Participants"),
    "person": gettext_lazy("Person"),
    "persons_met": gettext_lazy("Persons met"),
    "place": gettext_lazy("Place"),
    "planned_at": gettext_lazy("Planned"),
    "postcode": gettext_lazy("Postcode"),
    "product__name": gettext_lazy("Product"),
    "product_text": gettext_lazy("Product as you named it"),
    "proof": gettext_lazy("What shows it"),
    "purchased_on": gettext_lazy("Bought on"),
    "qualifications": gettext_lazy("Qualifications"),
    "quantity": gettext_lazy("Quantity"),
    "reason": gettext_lazy("Reason"),
    "received_at": gettext_lazy("Received"),
    "refused": gettext_lazy("Not to be used"),
    "registered_capital": gettext_lazy("Registered capital"),
    "remark": gettext_lazy("Remark"),
    "reporter_email": gettext_lazy("E-mail"),
    "reporter_name": gettext_lazy("Reported by"),
    "reporter_organisation": gettext_lazy("Organisation"),
    "reporter_phone": gettext_lazy("Telephone"),
    "result": gettext_lazy("Result"),
    "satisfied": gettext_lazy("Satisfied"),
    "serial": gettext_lazy("Serial number"),
    "starts_on": gettext_lazy("From"),
    "state": gettext_lazy("State"),
    "subject": gettext_lazy("Subject"),
    "text": gettext_lazy("Text"),
    "text__purpose": gettext_lazy("Purpose"),
    "text__version": gettext_lazy("Version"),
    "tier": gettext_lazy("Tier"),
    "type": gettext_lazy("Type"),
    "value": gettext_lazy("Number or address"),
    "visit_class": gettext_lazy("Class"),
    "way": gettext_lazy("Way"),
    "withdrawn_at": gettext_lazy("Withdrawn"),
    "words": gettext_lazy("Your words"),
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
    rows = CaseFile.objects.filter(case__in=subject.cases, from_customer=True, file__erased_at=None)
    found: list[File] = []
    left = MOST_BYTES
    for row in rows.select_related("file"):
        if row.file.is_available and row.file.size <= left:
            found.append(row.file)
            left -= row.file.size
    return found


def _add(pack: zipfile.ZipFile, file: File) -> None:
    name = safe_name(file.claimed_name, split_ending(file.claimed_name)[1] or "bin")
    with file.original.open("rb") as stream, pack.open(f"files/{file.pk}-{name}", "w") as out:
        shutil.copyfileobj(stream, out)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | Promise) else repr(value)
