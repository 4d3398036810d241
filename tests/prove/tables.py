"""The proof for tables: whoever brings in customers is killed again and again, and then every row is looked for."""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from feedback_system.embedded import places

from . import verdict
from .installation import Choices, Installation
from .standing import say, standing

BY = "hub_head"
SYSTEM = "old"
#: Every so many rows one that repeats its customer with another thing, and one that cannot come in.
_ANOTHER, _BAD = 40, 60
#: A walk moves this far before its next rows are kept; a blow falls somewhere in between.
_CHUNK_S = 0.6
_PATIENCE_S = 400.0
#: When and whom, in walks: 0 to 1 the rows are read, 1 to 2 checked, 2 to 3 brought in.
PLAN = {
    (0.0, 1.0): {"work": 1},
    (1.0, 2.0): {"work child": 1},
    (2.0, 2.95): {"work": 4, "work child": 5, "postgres": 1},
}

#: A customer: name, person or organisation, name of the organisation, numbers, serials of things.
Customer = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]


@dataclass
class Made:
    """A table, and what must be there when it is in."""

    rows: list[list[str]] = field(default_factory=list)
    customers: Counter[Customer] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)


def made(count: int) -> Made:
    """So many customers: each tenth an organisation with its number, the others known by name and telephone alone."""
    found = Made([["客户编号", "客户名称", "类型", "所属单位", "手机", "产品名称", "序列号"]])
    another = bad = 0
    for n in range(count):
        firm, phone = f"第{n // 10 * 10}水务公司", f"13{n:09d}"
        if n % 10 == 0:
            found.rows.append([f"K{n}", firm, "单位", "", phone, "", ""])
            found.customers[firm, "organisation", "", (phone,), ()] += 1
        else:
            row = ["", f"客户{n}", "个人", firm, phone, "热水锅炉", f"SN{n}"]
            found.rows.append(row)
            serials = [f"SN{n}"]
            if n % _ANOTHER == 1:
                another += 1
                found.rows.append([*row[:-1], f"SX{n}"])
                serials.append(f"SX{n}")
            found.customers[f"客户{n}", "person", firm, (phone,), tuple(serials)] += 1
        if n % _BAD == 0:
            bad += 1
            found.rows.append(["", f"坏行{n}", "个人", "", "没有", "", ""])
    people = count - len(range(0, count, 10))
    found.verbs = Counter(create=count, update=count, add_holding=people + another)
    found.counts = {
        "read": count + another + bad, "created": count, "changed": another, "same": 0, "refused": bad,
    }  # fmt: skip
    return found


def run(choices: Choices, *, count: int, seed: int, keep: bool = False) -> dict[str, Any]:
    """Upload, check, bring in; a worker, its child or PostgreSQL dies at random moments of all three."""
    began = time.monotonic()
    with standing(choices, keep=keep) as (installation, _mailbox):
        table = made(count)
        key = _upload(table)
        walk = _Walk(installation, key, len(table.rows) - 1, random.Random(seed))
        problem = walk.go()
        return {
            "seed": seed,
            "switch": choices.switch,
            "rows": len(table.rows) - 1,
            "blows": dict(walk.blows),
            "kill -9": sum(walk.blows.values()),
            "restarts": installation.restarts,
            "problem": problem,
            **_judged(table, key),
            "verify_audit": verdict.of_audit()["verify_audit"],
            "seconds": round(time.monotonic() - began),
        }


def _upload(table: Made) -> int:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from customers.actions import imports
    from customers.imports.columns import targets
    from customers.imports.mapping import propose
    from organization.models import User

    text = io.StringIO()
    csv.writer(text).writerows(table.rows)
    file = SimpleUploadedFile("客户.csv", text.getvalue().encode())
    row = imports.open_import(file, by=User.objects.get(username=BY))
    if places.IS_ROOT:
        places.give_our_folders_to_account()  # as at every start: this process wrote the upload, the worker reads it
    known = targets(whole_file=False)
    imports.map_columns(row, imports.Meaning(propose(row.header, known), SYSTEM), known)
    return row.pk


class _Walk:
    """Watches one import, deals the blows, and asks the sweep to go on each second instead of each minute."""

    def __init__(self, installation: Installation, key: int, rows: int, dice: random.Random) -> None:
        from django.utils import timezone

        self.installation, self.key, self.rows, self.dice = installation, key, rows, dice
        self.blows: Counter[str] = Counter()
        self.struck_at = timezone.now()
        self.due = sorted(
            (dice.uniform(*between), whom)
            for between, plan in PLAN.items()
            for whom, count in plan.items()
            for _n in range(count)
        )

    def go(self) -> str:
        """Until the table is in; "", or what stopped it."""
        deadline, asked = time.monotonic() + _PATIENCE_S, 0.0
        while time.monotonic() < deadline:
            self.installation.revive()
            row = self._row()
            if row is None:
                continue
            if row.problem or row.is_over:
                return str(row.problem)
            if row.moved_at > self.struck_at:  # somebody works on it again
                self._strike(self._progress(row))
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                self._go_on(row)
            time.sleep(0.02)
        return "it did not end"

    def _row(self) -> Any:
        """The import as it stands; None while PostgreSQL is away."""
        from django.db import DatabaseError, InterfaceError, connection

        from customers.models import CustomerImport

        try:
            return CustomerImport.objects.get(pk=self.key)
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.2)
            return None

    def _progress(self, row: Any) -> float:
        if not row.staged:
            return float(min(0.99, row.rows_read / self.rows))
        return (2.0 if row.state == "running" else 1.0) + float(row.rows_done / self.rows)

    def _go_on(self, row: Any) -> None:
        """What a person does after the check, and what beat does all the time."""
        from django.db import DatabaseError, InterfaceError

        from audit.exceptions import DomainError
        from customers.actions import imports
        from customers.tasks import work_on_import, work_on_pending_imports

        try:
            if row.may_run:
                imports.start_import(row)
                work_on_import.delay(self.key)
            else:
                work_on_pending_imports.delay()
        except (DatabaseError, InterfaceError, DomainError) as error:
            say(f"not now: {error}")

    def _strike(self, progress: float) -> None:
        from django.utils import timezone

        if not self.due or self.due[0][0] > progress:
            return
        whom = self.due[0][1]
        time.sleep(self.dice.uniform(0, _CHUNK_S))
        if hit := self.installation.pids(whom):
            os.kill(hit[0], signal.SIGKILL)
            self.due.pop(0)
            self.blows[whom] += 1
            self.struck_at = timezone.now()
            say(f"{progress:.2f}: {whom} killed")


def _judged(table: Made, key: int) -> dict[str, Any]:
    """What stands in the database, beside what the table says."""
    from audit.models import Event
    from customers.actions import imports
    from customers.models import Customer as Row
    from customers.models import CustomerImport, ImportLine

    rows = Row.objects.filter(created_at__gte=CustomerImport.objects.get(pk=key).created_at)
    there: Counter[Customer] = Counter()
    for row in rows.select_related("organisation").prefetch_related("contact_points", "holdings"):
        numbers = tuple(sorted(point.value for point in row.contact_points.all()))
        serials = tuple(sorted(held.serial for held in row.holdings.all()))
        there[row.name, str(row.type), row.organisation.name if row.organisation else "", numbers, serials] += 1
    imported = CustomerImport.objects.get(pk=key)
    verbs = Event.objects.filter(actor_kind="import").values_list("verb", flat=True)
    return {
        "state": str(imported.state),
        "missing": sum((table.customers - there).values()),
        "doubled or half": sum((there - table.customers).values()),
        "counted": {
            "read": imported.rows_read, "created": imported.rows_created, "changed": imported.rows_changed,
            "same": imported.rows_same, "refused": imported.rows_refused,
        },
        "expected": table.counts,
        "history wrong": sum(((table.verbs - Counter(verbs)) + (Counter(verbs) - table.verbs)).values()),
        "rows kept": ImportLine.objects.filter(imported=key).count(),
        "still pending": len(imports.pending(imported.moved_at + imports_lease() * 2)),
    }  # fmt: skip


def imports_lease() -> Any:
    """How long nobody else takes an import up."""
    from customers.actions.imports import running

    return running.LEASE


def complaints(found: dict[str, Any]) -> list[str]:
    """What is wrong, as sentences; empty when all that was promised was kept."""
    wrong = {
        "stopped": found["problem"] or (found["state"] != "finished" and found["state"]),
        "missing": found["missing"],
        "doubled or half": found["doubled or half"],
        "counted otherwise": found["counted"] != found["expected"] and found["counted"],
        "history wrong": found["history wrong"],
        "history altered": found["verify_audit"],
        "refused rows lost or others kept": found["rows kept"] - found["expected"]["refused"],
        "still pending": found["still pending"],
    }
    return [f"{name}: {what}" for name, what in wrong.items() if what]
