"""The pages of an import: for whom, in which steps, what they say (CUS-29, SEC-01)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from openpyxl import load_workbook

from audit.actor import Actor
from audit.models import Event
from customers.actions import imports
from customers.actions.imports import running
from customers.imports.columns import targets
from customers.imports.mapping import propose
from customers.models import Customer, CustomerImport, ImportLine, ImportMapping
from documents.models import File
from tests.customers.tables import counts, csv_of, imported, uploaded, xlsx_of
from tests.forms import submit
from tests.world import World, client_of

ROWS = [["客户名称", "联系电话", "颜色"], ["单于明", "13805126634", "红"], ["李雷", "没有", "蓝"]]


def send(client: Client, file: Any) -> Any:
    return client.post("/customers/imports/", {"file": file})


def work(row: CustomerImport) -> CustomerImport:
    """What the worker does."""
    while not imports.work_on(row.pk):
        pass
    row.refresh_from_db()
    return row


@pytest.mark.req("CUS-29")
def test_from_the_file_to_the_customers(world: World) -> None:
    client = client_of(world, "hub_head")
    assert "/customers/imports/" in client.get("/customers/").content.decode()
    answer = send(client, xlsx_of(ROWS, more=["说明"]))
    row = CustomerImport.objects.get()
    url = f"/customers/imports/{row.pk}/"
    assert answer.headers["Location"] == f"{url}columns/"
    page = client.get(f"{url}columns/").content.decode()
    assert all(word in page for word in ("客户名称", "单于明", "红", "说明"))
    assert submit(client, f"{url}columns/", holds="column_0").headers["Location"] == url
    row.refresh_from_db()
    assert row.mapping == {"name": [0], "phone": [1]}
    assert "正在检查" in client.get(url).content.decode()
    part = client.get(url, headers={"HX-Request": "true", "HX-Target": "import-progress"})
    assert "<html" not in part.content.decode()
    assert "HX-Refresh" not in part.headers
    row = work(row)
    assert counts(row) == (1, 0, 0, 1)
    assert (
        client.get(url, headers={"HX-Request": "true", "HX-Target": "import-progress"}).headers["HX-Refresh"] == "true"
    )
    page = client.get(url).content.decode()
    assert "没有" in page
    assert not Customer.objects.filter(name="单于明").exists()
    client.post(f"{url}run/")
    work(row)
    assert Customer.objects.filter(name="单于明").exists()
    page = client.get(url).content.decode()
    assert "没有" in page
    assert f"{url}run/" not in page
    event = Event.objects.get(thread=row.thread, verb="import")
    assert event.changes["created"] == [None, 1]
    history = Event.objects.filter(thread=Customer.objects.get(name="单于明").thread).first()
    assert history is not None
    assert (history.actor_kind, history.actor_id) == ("import", world.hub_head.pk)


@pytest.mark.req("CUS-29", "SEC-01")
def test_nobody_sees_the_import_of_somebody_else(world: World) -> None:
    send(client_of(world, "general_manager"), xlsx_of(ROWS))
    row = CustomerImport.objects.get()
    for tail in ("", "columns/", "refused/"):
        assert client_of(world, "hub_head").get(f"/customers/imports/{row.pk}/{tail}").status_code == 404
        assert client_of(world, "agent").get(f"/customers/imports/{row.pk}/{tail}").status_code == 403
    for tail in ("run/", "discard/", "sheet/", "columns/"):
        assert client_of(world, "hub_head").post(f"/customers/imports/{row.pk}/{tail}").status_code == 404


def test_what_the_columns_meant_is_proposed_for_the_next_table_with_these_titles(world: World) -> None:
    client = client_of(world, "hub_head")
    for n in range(2):
        send(client, csv_of(ROWS))
        row = CustomerImport.objects.first()
        assert row is not None
        url = f"/customers/imports/{row.pk}/columns/"
        if n == 0:
            submit(client, url, column_2="attention", system="金蝶")
            work(row)
            client.post(f"/customers/imports/{row.pk}/discard/")
        else:
            page = client.get(url).content.decode()
            assert 'value="金蝶"' in page
            assert '<option value="attention" selected>' in page
    assert ImportMapping.objects.count() == 1


def test_a_needed_field_without_a_column_and_two_columns_for_one_are_told(world: World) -> None:
    client = client_of(world, "hub_head")
    send(client, csv_of(ROWS))
    url = f"/customers/imports/{CustomerImport.objects.get().pk}/columns/"
    answer = submit(client, url, column_0="")
    assert answer.status_code == 422
    answer = submit(client, url, column_2="name")
    assert answer.status_code == 422
    assert "颜色" in answer.content.decode()
    assert not ImportMapping.objects.exists()


def test_another_sheet_is_looked_at(world: World) -> None:
    client = client_of(world, "hub_head")
    send(client, xlsx_of(ROWS, more=["名单"]))
    row = CustomerImport.objects.get()
    client.post(f"/customers/imports/{row.pk}/sheet/", {"sheet": "名单"})
    row.refresh_from_db()
    assert row.sheet == "客户"  # that one has titles only
    client.post(f"/customers/imports/{row.pk}/sheet/", {"sheet": "没有这张"})
    row.refresh_from_db()
    assert row.sheet == "客户"


def test_what_is_no_table_is_said_beside_the_file(world: World) -> None:
    answer = send(client_of(world, "hub_head"), csv_of([["姓名"]]))
    assert answer.status_code == 422
    assert "表格标题下面没有内容" in answer.content.decode()


def test_the_template_has_every_title_and_comes_in_as_it_is(world: World) -> None:
    answer = client_of(world, "hub_head").get("/customers/imports/template/")
    book = load_workbook(io.BytesIO(answer.content))
    page = book.worksheets[0]
    titles = [cell.value for cell in page[1]]
    known = targets(whole_file=False)
    assert titles == [str(target.title) for target in known]
    with translation.override("en"):
        english = [str(target.title) for target in known]
    assert propose(english, known) == propose(titles, known) == {target.code: (n,) for n, target in enumerate(known)}
    page.append([{"name": "单于明", "phone": "13805126634"}.get(target.code) for target in known])
    out = io.BytesIO()
    book.save(out)
    send(client_of(world, "hub_head"), SimpleUploadedFile("模板.xlsx", out.getvalue()))
    row = CustomerImport.objects.get()
    submit(client_of(world, "hub_head"), f"/customers/imports/{row.pk}/columns/", holds="column_0")
    row.refresh_from_db()
    assert row.mapping == {target.code: [n] for n, target in enumerate(known)}
    assert counts(work(row)) == (1, 0, 0, 0)


@pytest.mark.req("SEC-12")
def test_an_import_leaves_nothing_but_the_rows_that_stayed_out_and_those_not_for_ever(world: World) -> None:
    row = imported(world, xlsx_of(ROWS))
    assert [line.row for line in ImportLine.objects.all()] == [3]
    assert File.objects.get().erased_at is not None
    waiting = uploaded(world, xlsx_of(ROWS))
    later = timezone.now() + timedelta(days=29)
    assert imports.forget_imports(later, by=Actor.system("test")) == 0
    assert imports.forget_imports(later + timedelta(days=2), by=Actor.system("test")) == 2
    assert not CustomerImport.objects.filter(pk__in=[row.pk, waiting.pk]).exists()
    assert not ImportLine.objects.exists()
    assert not File.objects.filter(erased_at=None).exists()
    assert Customer.objects.filter(name="单于明").exists()


@pytest.mark.req("SEC-12")
@pytest.mark.parametrize("needle", ["单于明", "+8613805126634", "138 0512 6634"])
def test_somebody_who_is_erased_is_in_no_upload_and_in_no_refused_row(world: World, needle: str) -> None:
    named = [["客户名称", "联系电话"], ["单于明", "13805126634；没有"], ["李雷", "没有"]]
    over = imported(world, csv_of([*named, ["韩梅梅", "13900001111"]]))
    waiting, other = uploaded(world, csv_of(named)), uploaded(world, csv_of([named[0], ["韩梅梅", "13900001111"]]))
    unread = imports.open_import(xlsx_of(named), by=world.hub_head)
    assert imports.erase_person_traces([needle], by=Actor.system("erase")) == 3
    assert [line.row for line in over.lines.all()] == [3]
    assert not CustomerImport.objects.filter(pk__in=[waiting.pk, unread.pk]).exists()
    assert CustomerImport.objects.filter(pk=other.pk).exists()
    assert File.objects.filter(erased_at=None).count() == 1


def test_a_row_of_the_table_is_not_lost_when_the_worker_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    rows = [["姓名", "电话"], *([f"客户{n}", f"1380512{n:04d}"] for n in range(7))]
    row = imports.start_import(uploaded(world, csv_of(rows)))
    assert not imports.work_on(row.pk, budget=0.0)
    assert Customer.objects.filter(name__startswith="客户").count() == 2
    assert imports.pending(timezone.now() + timedelta(minutes=3)) == [row.pk]
    row = work(row)
    assert counts(row) == (7, 0, 0, 0)
    assert Customer.objects.filter(name__startswith="客户").count() == 7


def test_two_workers_are_not_at_one_table(world: World) -> None:
    row = imports.start_import(uploaded(world, csv_of(ROWS)))
    answer = client_of(world, "hub_head").post(f"/customers/imports/{row.pk}/discard/", follow=True)
    assert "正在处理" in answer.content.decode()
    assert CustomerImport.objects.filter(pk=row.pk).exists()


def test_who_does_not_head_the_files_any_more_imports_nothing(world: World) -> None:
    row = imports.start_import(uploaded(world, csv_of(ROWS)))
    world.hub_head.role = "agent"
    world.hub_head.save()
    assert imports.work_on(row.pk)
    row.refresh_from_db()
    assert row.problem
    assert not Customer.objects.filter(name="单于明").exists()
