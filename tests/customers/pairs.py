"""Two customers that are one, with something in every part, and what a merge must leave as it was."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone

from cases.models import Case
from customers.actions.classes import classify_customer
from customers.actions.communications import Talk, record_communication
from customers.actions.consent import give_consent
from customers.actions.file import update_file
from customers.actions.holdings import Held, add_holding
from customers.actions.people import Facts, Reach, open_file
from customers.models import ConsentText, Customer, CustomerKind, ExternalNumber
from feedback_system.models import DataRequest, LegalHold
from returns.actions.opening import register_return
from surveys.models import Response
from tests import world as w
from tests.returns.trade import wish
from tests.surveys.asked import version
from tests.world import World

PHONE = "0512-67662200"
#: What no merge nor its undoing has to leave alone: histories, records of merges, when and how often a row changed.
STAMPS = {"version", "file_updated_at"}
HISTORIES = {"audit", "notifications"}
RECORDS = {"customers_merge", "customers_candidate"}


def firm(world: World, name: str, *contacts: Reach, **facts: Any) -> Customer:
    """An organisation of the file."""
    return open_file(Facts(name, "organisation", contacts=contacts, **facts), by=world.actor("hub_head"))


def person(world: World, name: str, *contacts: Reach, **facts: Any) -> Customer:
    """A natural person of the file."""
    return open_file(Facts(name, contacts=contacts, **facts), by=world.actor("hub_head"))


def phone(value: str = PHONE, *, refused: bool = False) -> Reach:
    """A telephone number as it was given."""
    return Reach("phone", value, refused)


def twins(world: World) -> tuple[Customer, Customer]:
    """Two files of one organisation, each with something in every part."""
    by = world.actor("hub_head")
    kinds = {code: (CustomerKind.objects.get(code=code),) for code in ("project", "group")}
    kept = firm(
        world, "苏州安居物业有限公司", phone(), Reach("email", "office@anju.example"), kinds=kinds["project"],
        custodian=world.sales_handler, attention="先电话后上门",
    )  # fmt: skip
    merged = firm(
        world, "苏州安居物业", phone("0512 6766 2200", refused=True), phone("13805126634"), kinds=kinds["group"],
        custodian=world.sales_handler, salesperson=world.sales_head,
    )  # fmt: skip
    update_file(kept, {"address": "星湖街 218 号", "credit": "月结三十天"}, by=by)
    update_file(merged, {"address": "星湖街 218 号 3 楼", "postcode": "215123", "finances": "平稳"}, by=by)
    for row, name in ((kept, "一号炉"), (merged, "二号炉")):
        add_holding(row, Held("product", name=name, serial=f"HB-{row.pk}"), by=by)
        add_holding(row, Held("contract", name=f"{name}合同"), by=by)
        record_communication(row, Talk("visit", timezone.now(), f"看了{name}"), by=world.actor("sales_handler"))
        person(world, f"{name}的周慧", organisation=row)
        Response.objects.create(
            case=case_of(world, row), round=1, customer=row, version=version(), source="collected", personal=False,
            asked_by=world.sales_handler, submitted_at=timezone.now(),
        )  # fmt: skip
        register_return(wish(customer=row), by=by)
        _settled(world, row)
    classify_customer(kept, "A", "key", reason="战略客户", by=world.hub_head)
    classify_customer(merged, "C", "general", reason="小客户", by=world.hub_head)
    text = ConsentText.objects.create(purpose="marketing", version=1, text="同意", published_at=timezone.now())
    given = give_consent(text, thread=merged.thread, channel="phone", at=timezone.now(), customer=merged)
    given.withdrawn_at = timezone.now()
    given.save()
    return Customer.objects.get(pk=kept.pk), Customer.objects.get(pk=merged.pk)


def _settled(world: World, row: Customer) -> None:
    """Answered requests about the data, a hold that was lifted, a number elsewhere: nothing against a merge."""
    now, head = timezone.now(), world.hub_head
    for kind in ("copy", "correct"):
        DataRequest.objects.create(
            kind=kind, customer=row, channel="phone", asked_at=now, due_at=now, state="done", answered_at=now
        )
    ExternalNumber.objects.create(customer=row, system="ERP", number=f"K-{row.pk}")
    LegalHold.objects.create(customer=row, reason="调解", placed_by=head, placed_at=now, lifted_by=head, lifted_at=now)


def case_of(world: World, customer: Customer) -> Case:
    """A case of this customer, as an agent logs it."""
    return w.log_call(world, customer=customer)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the rooms but their histories and stamps, by table."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if (
            model._meta.app_label in {"customers", "cases", "documents", "regulations", "feedback_system"}
            and table not in RECORDS
        ):
            names = [field.column for field in model._meta.concrete_fields if field.name not in STAMPS]
            with connection.cursor() as cursor:
                columns = ", ".join(f'"{name}"::text' for name in names)
                cursor.execute(f'SELECT {columns} FROM "{table}" ORDER BY 1, 2')
                found[table] = cursor.fetchall()
    return found
