"""What somebody agreed to, and takes back (CUS-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from customers.actions.living import lock_living
from customers.models import Consent, ConsentText, Customer, Purpose
from organization.models import User

_MEANWHILE = gettext_lazy("Somebody published another version meanwhile. Please read it first.")


@dataclass(frozen=True)
class Agreed:
    """What a colleague writes down of an agreement that was given by word or on paper."""

    text: ConsentText
    channel: str
    ways: tuple[str, ...]
    proof: str
    given_at: datetime


def give_consent(
    text_version: ConsentText, *, thread: str, channel: str, at: datetime, customer: Customer | None = None
) -> Consent:
    """Keep that somebody ticked a versioned text (CUS-19)."""
    return Consent.objects.create(text=text_version, thread=thread, channel=channel, given_at=at, customer=customer)


@transaction.atomic
def record_consent(customer: Customer, agreed: Agreed, *, by: User) -> Consent:
    """Write down an agreement that was given by word or on paper.

    Raises ``InvalidInput`` without proof, for a day to come, or for a text that nobody could know then; and
    ``InvalidMove`` where the same agreement stands already.
    """
    now = timezone.now()
    row = lock_living(customer)
    _check(row, agreed, now=now)
    consent = Consent.objects.create(
        customer=row,
        text=agreed.text,
        thread=row.thread,
        channel=agreed.channel,
        contact_ways=list(agreed.ways),
        proof=agreed.proof,
        recorded_by=by,
        given_at=agreed.given_at,
    )
    changes = {"consent": (None, str(agreed.text)), "ways": (None, list(agreed.ways))}
    sealed = {"proof": (None, agreed.proof)}
    record(row.thread, "give_consent", by=Actor.staff(by), at=now, changes=changes, sealed=sealed)
    return consent


def _check(customer: Customer, agreed: Agreed, *, now: datetime) -> None:
    if not agreed.proof:
        raise InvalidInput("proof", _("Please say what shows it: who said it and when, or which paper was signed."))
    if agreed.given_at > now:
        raise InvalidInput("given_on", _("This day lies in the future."))
    if agreed.text.published_at > agreed.given_at:
        raise InvalidInput("text", _("This text was published later. Please choose the one that was read out."))
    if agreed.text.purpose == Purpose.MARKETING and not agreed.ways:
        raise InvalidInput("ways", _("Please say in which ways we may approach the customer."))
    same = customer.consents.filter(text=agreed.text, contact_ways=list(agreed.ways))
    if same.standing(now).exists():
        raise InvalidMove(_("This was agreed to already."))


@transaction.atomic
def withdraw_consent(consent: Consent, *, by: Actor) -> Consent:
    """Take an agreement back at once; what was done before stays lawful (PIPL 15). Twice changes nothing."""
    now = timezone.now()
    row = Consent.objects.select_for_update().get(pk=consent.pk)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        thread = f"customer:{row.customer_id}" if row.customer_id else row.thread
        record(thread, "withdraw_consent", by=by, at=now, changes={"consent": (str(row.text), None)})
    return row


@transaction.atomic
def publish_consent_text(purpose: str, *, text: str, text_en: str, by: Actor, base: int) -> ConsentText:
    """Publish the next version of what people agree to for one purpose; earlier agreements keep theirs.

    ``base`` is the version that the page showed: raises ``InvalidMove`` when somebody published meanwhile, and
    ``InvalidInput`` without text or change.
    """
    now = timezone.now()
    if not text:
        raise InvalidInput("text", _("The text is needed."))
    last = ConsentText.objects.filter(purpose=purpose).first()
    if (last.version if last else 0) != base:
        raise InvalidMove(str(_MEANWHILE))
    if last and (last.text, last.text_en) == (text, text_en):
        raise InvalidInput("text", _("Nothing was changed."))
    try:
        with transaction.atomic():
            row = ConsentText.objects.create(
                purpose=purpose, version=base + 1, text=text, text_en=text_en, published_at=now
            )
    except IntegrityError as error:  # two at once
        raise InvalidMove(str(_MEANWHILE)) from error
    record("settings", "publish_consent_text", by=by, at=now, changes={purpose: (base or None, row.version)})
    return row
