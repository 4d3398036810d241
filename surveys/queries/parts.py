"""What follows a customer whose file becomes part of another (``customers.merging``)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from customers.merging import Part
from surveys.models import Response

PART_OF_A_CUSTOMER = Part(
    "responses",
    gettext_lazy("Answers to questionnaires"),
    "surveys.Response.customer",
    lambda customer: Response.objects.filter(customer=customer),
    lambda customer, who: Response.objects.visible_to(who).filter(customer=customer),
)
