"""The customer file beyond the card, and which of its fields an organisation collects."""

from __future__ import annotations

from django.db import models

from customers.models.people import Customer


class CustomerFile(models.Model):
    """What is kept of a customer beside name and contacts (CUS-01, CUS-02, F61); what each field is stands in
    ``customers.fields``.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="file")
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    fax = models.CharField(max_length=40, blank=True)
    legal_representative = models.CharField(max_length=60, blank=True)
    registered_capital = models.CharField(max_length=60, blank=True)
    business_scope = models.TextField(blank=True)
    qualifications = models.TextField(blank=True)
    major_changes = models.TextField(blank=True)
    dealings = models.TextField(blank=True)
    credit = models.TextField(blank=True)
    finances = models.TextField(blank=True)
    analysis = models.TextField(blank=True)
    opinions = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.customer}"


class FieldRule(models.Model):
    """Whether this organisation collects a field of the file, and what for (CUS-20)."""

    name = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(default=True)
    purpose = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name
