"""What of an erasure needs more than blank fields: files, drafts, links, the keys of imports (PIPL 47)."""

from __future__ import annotations

from cases.actions.drafts import discard_draft
from cases.imports.keys import erased_key
from cases.models import Access, Case, CaseFile, Draft
from documents.actions import erase_file
from organization.traces import Deed, Subject


def drafts_about(subject: Subject) -> list[Draft]:
    """Drafts in which a word of the person stands; whoever types one now keeps it until he or she saves again."""
    return list(Draft.objects.filter(subject.mentioned_in("subject", "data")))


def discard_drafts(subject: Subject, deed: Deed) -> int:
    """Throw the drafts about somebody away, with their files."""
    found = drafts_about(subject)
    for draft in found:
        discard_draft(draft, by=deed.by)
    return len(found)


def erase_files(subject: Subject, deed: Deed) -> int:
    """Erase every file of the cases: what came in, and the papers that were made of them."""
    rows = CaseFile.objects.filter(case__in=subject.cases, file__erased_at=None).select_related("file")
    for row in rows:
        erase_file(row.file, by=deed.by)
    return len(rows)


def shut_links(subject: Subject, deed: Deed) -> int:
    """The link and the code of a case that says nothing any more open nothing."""
    return Access.objects.filter(case__in=subject.cases).delete()[0]


def veil_keys(subject: Subject, deed: Deed) -> int:
    """Make the keys of imported rows, perhaps order numbers, unreadable; the row is still known again."""
    rows = list(Case.objects.filter(pk__in=subject.cases).exclude(import_key="").only("import_key"))
    found = [row for row in rows if not row.import_key.startswith("x:")]
    for row in found:
        row.import_key = erased_key(row.import_key)
    Case.objects.bulk_update(found, ["import_key"])
    return len(found)
