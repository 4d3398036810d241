"""What follows a customer who becomes part of another, and what must be settled before (see ``customers.merging``)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.exceptions import Reason
from customers import merging
from customers.models import Customer
from feedback_system.models import PENDING, DataRequest, LegalHold


def register() -> None:
    """Say what moves, and what stands against moving it."""
    merging.register(
        merging.Part(
            "data_requests",
            gettext_lazy("Requests about personal data"),
            "feedback_system.DataRequest.customer",
            lambda customer: DataRequest.objects.filter(customer=customer),
            lambda customer, _who: DataRequest.objects.filter(customer=customer),
        )
    )
    merging.register(
        merging.Part(
            "legal_holds",
            gettext_lazy("Legal holds"),
            "feedback_system.LegalHold.customer",
            lambda customer: LegalHold.objects.filter(customer=customer),
            lambda customer, _who: LegalHold.objects.filter(customer=customer, lifted_at=None),
        )
    )
    merging.register_obstacle(_unsettled)


def _unsettled(customer: Customer) -> list[Reason]:
    """Nothing moves while somebody waits for an answer about it, or while it must stay as it is."""
    name = {"name": customer.name}
    found = []
    if customer.erased_at is not None:
        found.append(Reason("erased", _("The personal data were erased."), "forbidden"))
    if customer.restricted_at is not None:
        found.append(Reason("restricted", _("The use of the data of “%(name)s” is restricted.") % name))
    if DataRequest.objects.filter(customer=customer, state__in=PENDING).exists():
        found.append(
            Reason("request", _("A request about the personal data of “%(name)s” waits for its answer.") % name)
        )
    if LegalHold.objects.filter(customer=customer, lifted_at=None).exists():
        found.append(Reason("legal_hold", _("A legal hold lies on “%(name)s”.") % name))
    return found
