"""A file with something in every part, and how somebody reads it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from customers.actions.file import update_file
from customers.actions.grants import Period
from customers.actions.holdings import Held, add_holding
from customers.actions.people import Facts, Reach, open_file
from customers.models import Customer, CustomerKind
from tests.world import World

CREDIT = "账期九十天，去年逾期两次"


def filed(world: World) -> Customer:
    """An organisation with a custodian in sales and something in every part of its file."""
    row = open_file(
        Facts(
            "重庆水务集团",
            "organisation",
            contacts=(Reach("phone", "023-6588 0011 转 802"), Reach("email", "office@cqsw.example")),
            custodian=world.sales_handler,
            kinds=(CustomerKind.objects.get(code="project"),),
        ),
        by=world.actor("hub_head"),
    )
    values = {"address": "渝中区中山四路 1 号", "credit": CREDIT, "registered_capital": "三千万元"}
    update_file(row, values, by=world.actor("sales_handler"))
    add_holding(row, Held("product", name="热水锅炉", serial="GL-77"), by=world.actor("agent"))
    contract = Held("contract", name="年度供货合同", serial="HT-2026-9", amount=Decimal("12000000"))
    add_holding(row, contract, by=world.actor("sales_handler"))
    return row


def days(first: int, last: int) -> Period:
    now = timezone.now()
    return Period(now + timedelta(days=first), now + timedelta(days=last))


def read(client: Client, customer: Customer, purpose: str = "合同到期谈判") -> Any:
    client.post(f"/customers/{customer.pk}/file/", {"purpose": purpose})
    return client.get(f"/customers/{customer.pk}/file/")
