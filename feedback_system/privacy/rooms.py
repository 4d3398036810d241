"""All places in which words about people stand, in the order in which an erasure goes through them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from audit import actions as audit
from audit.models import Reading, Sealed
from customers.models import Communication
from feedback_system.models import DataRequest, HandoverRefusal, LegalHold
from organization.traces import Deed, Deeds, Subject, Trace, Words, register, rooms, traces_of

#: From the rooms that know most of somebody down to the history, which is told last what happened.
ORDER = (
    "reports",
    "surveys",
    "returns",
    "cases",
    "customers",
    "feedback_system",
    "regulations",
    "notifications",
    "audit",
)


def traces() -> Iterator[Trace]:
    """Every place, room by room."""
    for room in ORDER:
        yield from traces_of(room)


def forgotten_rooms() -> frozenset[str]:
    """Rooms that keep words about people and that no erasure would visit."""
    return rooms() - set(ORDER)


#: Histories of others in which a number or address may stand: kept searches of colleagues, lists that left the house.
_OF_OTHERS = Q(thread__in=["customers", "reports", "returns", "surveys"]) | Q(thread__startswith="user:")


def _blank_history(subject: Subject, deed: Deed) -> int:
    count = audit.erase_threads(subject.threads, by=deed.by, at=deed.at)
    count += audit.erase_words(subject.spellings, within=_OF_OTHERS, by=deed.by, at=deed.at)
    for pk, customer in Communication.objects.filter(pk__in=subject.communications).values_list("pk", "customer"):
        about = {"communication": pk}
        count += audit.erase(thread=f"customer:{customer}", about=about, by=deed.by, at=deed.at)
    return count


def _blank_reasons(subject: Subject, _deed: Deed) -> int:
    return audit.forget_reasons(subject.threads)


def register_own() -> None:
    """The places of the root, and those of the history, which lies below everybody and knows nobody."""
    register(
        "feedback_system",
        (
            Words(
                DataRequest,
                lambda of: (
                    DataRequest.objects.filter(customer__in=of.customers)
                    | DataRequest.objects.filter(case__in=of.cases)
                ),
                words="words identity answer",
                told="asked_at kind words answered_at answer",
                withheld="identity",
            ),
            Words(
                LegalHold,
                lambda of: (
                    LegalHold.objects.filter(customer__in=of.customers) | LegalHold.objects.filter(case__in=of.cases)
                ),
                words="reason",
                marked="reason",
                withheld="reason",
            ),
            Words(
                HandoverRefusal,
                lambda of: HandoverRefusal.objects.filter(of.mentioned_in("why")),
                words="why",
                withheld="why",
            ),
        ),
    )
    register(
        "audit",
        (
            Deeds(
                "audit.Sealed",
                words="audit.Sealed.old audit.Sealed.new",
                doing=_blank_history,
                counting=lambda of: Sealed.objects.filter(event__thread__in=of.threads, erased_at=None).count(),
            ),
            Deeds(
                "audit.Reading",
                words="audit.Reading.reason",
                doing=_blank_reasons,
                counting=lambda of: Reading.objects.filter(thread__in=of.threads).exclude(reason="").count(),
            ),
        ),
    )
