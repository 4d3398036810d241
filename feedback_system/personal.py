"""Which fields hold personal data, of customers or of colleagues: the basis of export, erasure and retention.

Every field in which words can stand is named here once (numbers, dates, references and choices say nothing without
them); a test fails on a field that nobody has classified. Free text counts as personal: what people write names people.
Search vectors and folded forms are personal like the words they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models

#: Our rooms; libraries keep no data of customers.
ROOMS = frozenset(
    {
        "audit",
        "cases",
        "customers",
        "documents",
        "feedback_system",
        "notifications",
        "organization",
        "regulations",
        "reports",
        "returns",
        "surveys",
    }
)

#: Of customers, reporters, and whom they name.
CUSTOMERS: dict[str, str] = {
    "audit.Sealed": "old new",
    "audit.Reading": "reason",
    "cases.Assignment": "requirement passed_note answer ended_reason",
    "cases.BulkAct": "wish query",
    "cases.BulkRefusal": "reasons",
    "cases.Case": (
        "subject text demand reporter_name reporter_organisation reporter_phone reporter_email product_text batch"
        " serial quantity order_number late_reason search contact_search import_key"
    ),
    "cases.CaseClock": "breach_reason",
    "cases.CaseFile": "original_kept_at",
    "cases.Contact": "person text follow_up",
    "cases.Draft": "subject data",
    "cases.Escalation": "demand answer",
    "cases.Extension": "reason opinion",
    "cases.Hold": "label detached_reason",
    "cases.ImportRow": "message",
    "cases.Investigation": "facts sources cause effect responsible_text",
    "cases.Measure": "text evidence cancelled_reason",
    "cases.MeasureCheck": "method evidence",
    "cases.Note": "text",
    "cases.Opinion": "remark",
    "cases.OpinionRequest": "result",
    "cases.Recusal": "reason",
    "cases.Reply": "text late_reason",
    "cases.Round": "reason proof course cause decision lesson",
    "cases.SavedView": "name query",
    "cases.Verification": "basis",
    "cases.Visit": "necessity place participants late_reason findings customer_statement cancelled_reason",
    "customers.ClassChange": "reason",
    "customers.Communication": "place persons_met content opinions handling result follow_up followed_up_note",
    "customers.Consent": "proof",
    "customers.ContactPoint": "value normal reversed extension",
    "customers.Customer": "name name_key folded_name initials attention search",
    "customers.CustomerFile": (
        "address postcode fax legal_representative registered_capital business_scope qualifications major_changes"
        " dealings credit finances analysis opinions"
    ),
    "customers.CustomerImport": "file_name header samples notes problem class_reason",
    "customers.Distinction": "reason",
    "customers.ExternalNumber": "number",
    "customers.FileGrant": "purpose",
    "customers.Holding": "name serial note",
    "customers.ImportLine": "values notes message",
    "documents.File": "claimed_name original rendition thumbnail",
    "feedback_system.DataRequest": "words identity answer",
    "feedback_system.HandoverRefusal": "why",
    "feedback_system.LegalHold": "reason",
    "notifications.Message": "address context error subject body",
    "regulations.Approval": "subject reason",
    "regulations.Decision": "opinion",
    "reports.LedgerExport": "purpose",
    "reports.Report": "reason opinion",
    "returns.BookExport": "purpose",
    "returns.Inspection": "question findings",
    "returns.Refund": "reference",
    "returns.RepairNote": "text",
    "returns.RepairOrder": "tools detection work cause",
    "returns.ReturnClock": "breach_reason",
    "returns.ReturnSlip": (
        "description contact_name contact_organisation contact_phone contact_email contact_address opinion"
        " exception_reason refused_reason shipment end_note liable_text liable_handling detached_reason"
        " satisfaction_note search contact_search"
    ),
    "returns.SlipContact": "text",
    "returns.SlipLine": "product_text batch serial difference_note",
    "surveys.Answer": "comment corrected_reason",
    "surveys.Attempt": "note",
    "surveys.FollowUp": "cause result proposal refused_reason",
    "surveys.Invitation": "to",
    "surveys.RecordExport": "purpose",
    "surveys.Response": "said_by situation genuine_reason",
}

#: Of colleagues: they stay as long as what they did (SEC-09).
STAFF: dict[str, str] = {
    "audit.Event": "actor_label",
    "audit.Reading": "actor_label",
    "cases.Case": "first_asked_label",
    "cases.CaseClock": "earlier_dues",
    "cases.Contact": "by_label",
    "organization.ApiToken": "name",
    "organization.SheetUpload": "file_name header rows",
    "organization.User": "username email name name_key initials phone",
    "returns.ReturnClock": "earlier_dues",
}

#: Of nobody: codes, digests, names of things, settings.
NOBODY: dict[str, str] = {
    "audit.Checkpoint": "digest prev hash",
    "audit.CheckpointHead": "thread hash",
    "audit.Event": "thread verb changes digest prev hash",
    "audit.Head": "thread hash",
    "audit.Reading": "thread what",
    "audit.Sealed": "field salt",
    "cases.Access": "link_hash code_hash",
    "cases.Alert": "level",
    "cases.BulkAct": "cases",
    "cases.BulkRefusal": "number",
    "cases.Case": "number resume_state criteria language next_due_kind import_name",
    "cases.CaseClock": "kind policy",
    "cases.CaseFile": "subject",
    "cases.Category": "code name name_en name_key keywords",
    "cases.Channel": "code name name_en name_key",
    "cases.Draft": "form",
    "cases.Hold": "kind url",
    "cases.Import": "name options cleaned",
    "cases.Kind": "code name name_en name_key",
    "customers.Consent": "thread channel",
    "customers.ConsentText": "text text_en",
    "customers.CustomerImport": "number sheets sheet mapping system",
    "customers.CustomerKind": "code name name_en name_key",
    "customers.ExternalNumber": "system",
    "customers.FieldRule": "name purpose",
    "customers.ImportMapping": "digest mapping system",
    "customers.Merge": "moved",
    "documents.File": "sha256 media_type flags refusal finding rendition_type uploaded_kind",
    "feedback_system.DataRequest": "channel",
    "feedback_system.Destruction": "number rows",
    "feedback_system.Erasure": "rows residue",
    "feedback_system.Handover": "moved",
    "feedback_system.HandoverRefusal": "number",
    "notifications.Channel": "error",
    "notifications.Heartbeat": "name",
    "notifications.Message": "dedupe_key kind thread template language path",
    "organization.ApiToken": "key_hash",
    "organization.Bucket": "key",
    "organization.Calendar": "code name weekly",
    "organization.CalendarDay": "periods label",
    "organization.Counter": "series",
    "organization.Department": "code name name_en name_key phone",
    "organization.Function": "code name name_en",
    "organization.Invitation": "token_hash",
    "organization.Organisation": "name short_name hotline hotline_hours",
    "organization.Product": "code name name_en name_key",
    "organization.Site": "code name name_en name_key address",
    "organization.User": "password language",
    "regulations.Approval": "thread kind steps details",
    "regulations.Profile": "code name",
    "regulations.ProfileVersion": "document reason",
    "reports.Fact": "flags",
    "reports.LedgerExport": "number wanted",
    "reports.Report": "number tables",
    "returns.BookExport": "number wanted",
    "returns.RefundRefusal": "reasons",
    "returns.RepairOrder": "number",
    "returns.ReturnAlert": "level",
    "returns.ReturnClock": "kind policy",
    "returns.ReturnSlip": "number reason turn",
    "returns.SlipFile": "subject",
    "surveys.Answer": "item option first",
    "surveys.Draw": "level",
    "surveys.FollowUp": "item",
    "surveys.Invitation": "key",
    "surveys.Questionnaire": "code name",
    "surveys.QuestionnaireVersion": "document",
    "surveys.RecordExport": "number wanted",
    "surveys.Tally": "source level item",
}

_WORDS = (models.CharField, models.TextField, models.JSONField, models.FileField, SearchVectorField)


def models_of_ours() -> Iterator[type[models.Model]]:
    """Every model of our rooms."""
    return (model for model in apps.get_models() if model._meta.app_label in ROOMS)


def word_fields() -> Iterator[tuple[str, str]]:
    """Every field of ours in which words can stand: model and name."""
    for model in models_of_ours():
        for column in model._meta.concrete_fields:
            inner = column.base_field if isinstance(column, ArrayField) else column
            if isinstance(inner, _WORDS) and not inner.choices:
                yield model._meta.label, column.name


def named(table: dict[str, str]) -> set[tuple[str, str]]:
    """The fields of one class: model and name."""
    return {(label, name) for label, names in table.items() for name in names.split()}
