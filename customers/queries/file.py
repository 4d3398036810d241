"""What stands in a customer's file."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from customers.fields import fields_for
from customers.models import (
    Customer,
    CustomerFile,
)


@dataclass(frozen=True)
class Line:
    """A field and what stands in it."""

    label: str | Promise
    value: str


def filled(customer: Customer, *sections: str) -> list[Line]:
    """The collected fields of these sections in which something stands."""
    file = CustomerFile.objects.filter(customer=customer).first()
    if file is None:
        return []
    rows = ((field.label, getattr(file, field.name)) for field in fields_for(customer.type, *sections))
    return [Line(label, value) for label, value in rows if value]
