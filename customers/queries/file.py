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

    name: str
    label: str | Promise
    value: str


def filled(customer: Customer, *sections: str) -> list[Line]:
    """The collected fields of these sections in which something stands."""
    file = CustomerFile.objects.filter(customer=customer).first()
    if file is None:
        return []
    rows = ((field.name, field.label, getattr(file, field.name)) for field in fields_for(customer.type, *sections))
    return [Line(name, label, value) for name, label, value in rows if value]
