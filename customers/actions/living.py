"""Writing only to customers who were not merged into another: whoever writes takes the row first.

Rows are taken in the order of their numbers, before anything that belongs to them; so merging and writing wait for
each other and never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput, InvalidMove
from customers.models import Customer
from customers.queries.merging import living_keys


def lock_living(customer: Customer, *, organisation: Customer | None = None) -> Customer:
    """The row, taken and read again, with the organisation that it is to belong to.

    Raises ``InvalidMove`` where it became part of another meanwhile, was erased, or may only be kept (PIPL 47), and
    ``InvalidInput`` where the organisation became part of another.
    """
    keys = {customer.pk, organisation.pk} if organisation else {customer.pk}
    rows = lock_customers(keys)
    row = rows[customer.pk]
    if sentence := why_not_written(row):
        raise InvalidMove(sentence)
    if organisation and rows[organisation.pk].merged_into is not None:
        raise InvalidInput("organisation", was_merged(organisation, rows[organisation.pk].merged_into))
    return row


def lock_customers(keys: Iterable[int]) -> dict[int, Customer]:
    """These rows, taken in the order of their numbers."""
    rows = Customer.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(keys)).order_by("pk")
    return {row.pk: row for row in rows}


def hold_living(keys: Iterable[int]) -> dict[int, Customer]:
    """For each number the customer to whom that matter belongs now, taken until the end of the transaction.

    For what must not be refused, such as feedback: it lands on the one that stayed, and on nobody where the customer
    was erased. Must run inside a transaction.
    """
    asked = {key: key for key in keys}
    while True:
        with transaction.atomic():
            rows = lock_customers(asked.values())
            if all(row.merged_into_id is None for row in rows.values()):
                return {key: rows[now] for key, now in asked.items() if now in rows and rows[now].erased_at is None}
            transaction.set_rollback(True)  # lets go of the rows: taking further ones now could close a circle
        asked = living_keys(asked)


def why_not_written(row: Customer) -> str:
    """Why nothing may be written to a customer, for a row that was taken; "" where nothing is against it."""
    if row.merged_into is not None:
        return was_merged(row, row.merged_into)
    if row.erased_at is not None:
        return _("The personal data were erased. Nothing more is written down.")
    if row.restricted_at is not None:
        return _("The use of these data is restricted. Nothing more is written down.")
    return ""


def was_merged(customer: Customer, into: Customer | None) -> str:
    """What a person is told who writes to somebody who is part of another now."""
    sentence = _("“%(name)s” was merged into “%(into)s” meanwhile. Nothing was saved; please enter it there.")
    return sentence % {"name": customer.name, "into": into}
