"""Filing the case slip 处理单 of a round that ended: the paper as it was then, whatever is corrected later (RES-13)."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from cases.actions import files
from cases.models import CaseFile, Round
from cases.queries.case import load
from cases.queries.slip import paper_context, slip
from documents.actions import store_upload
from documents.exceptions import PdfFailed, StoreFull
from documents.limits import made_limits
from documents.pdf import render_paper
from documents.sheets.writing import Stamp
from organization.models import Organisation
from organization.queries import Identity, organisation

logger = logging.getLogger(__name__)

#: A paper takes about a second, and other work waits in the same queue.
AT_ONCE = 20


def owed() -> list[int]:
    """Rounds whose slip is not filed yet, the longest waiting first; by their primary key."""
    return list(Round.objects.filter(slip_owed=True).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def file_slip(pk: int) -> CaseFile | None:
    """File the slip of one round, once, however often it is asked; None where nothing is owed, or no PDF can be made.

    The paper is made before anything is locked: it takes a second. What cannot be made stays owed.
    """
    row = Round.objects.filter(pk=pk, slip_owed=True).select_related("case__kind", "case__channel").first()
    if row is None:
        return None
    by = Actor.system("file-slip")
    with translation.override(settings.LANGUAGE_CODE):
        try:
            return _file(row, _paper(row, organisation(), by=by), by=by)
        except (PdfFailed, StoreFull):
            logger.exception("The slip of round %s of case %s cannot be filed", row.n, row.case.number)
            return None


def _paper(row: Round, house: Organisation, *, by: Actor) -> ContentFile[bytes]:
    case = row.case
    # Nobody reads the paper here: it holds no notes, and who may open it is asked when it is opened.
    dossier = load(case, list(case.assignments.select_related("department")), Identity(user_id=0, role=""))
    stamp = Stamp(house.short_name or by.label, timezone.now(), case.number)
    context = paper_context(slip(dossier, contact=True, n=row.n), organisation=house.name)
    name = _("Case slip %(number)s") % {"number": case.number}
    if row.n > 1:
        name = f"{name} R{row.n}"
    return ContentFile(render_paper("cases/slip_paper.html", context, stamp=stamp), name=f"{name}.pdf")


@transaction.atomic
def _file(row: Round, paper: ContentFile[bytes], *, by: Actor) -> CaseFile | None:
    if not Round.objects.select_for_update().filter(pk=row.pk, slip_owed=True).exists():
        return None  # somebody else was quicker
    now = timezone.now()
    stored = store_upload(paper, by=by, limits=made_limits())
    files.attach(row.case, [stored], by=by, at=now, subject=f"{CaseFile.SLIP}{row.n}")
    Round.objects.filter(pk=row.pk).update(slip_owed=False)
    changes = {"round": (None, row.n), "file": (None, stored.sha256)}
    record(row.case.thread, "file_slip", by=by, at=now, changes=changes)
    return CaseFile.objects.get(case=row.case, file=stored)
