"""COPY writes what bulk_create would have written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DataError, connection

from cases.models import Case, Category, Import
from organization.copying import copy_objects, copy_rows, take_keys
from tests.world import World, log_call

NASTY = "制表\t反斜\\ 换行\n回车\r 引号\"' {逗号,} \\N \\. 𠮷👍"


@pytest.mark.django_db
def test_texts_lists_and_documents_come_back_as_they_went_in() -> None:
    words = [NASTY[:20], "", "a,b", '"', "\\", "NULL", "{}"]
    copy_objects([Category(id=7, code="x", name=NASTY[:100], keywords=words, lineage=[7, 8])])
    row = Category.objects.get(pk=7)
    assert (row.name, row.keywords, row.lineage, row.parent) == (NASTY[:100], words, [7, 8], None)
    now = dt.datetime(2026, 3, 1, 9, 30, 1, 5, tzinfo=dt.UTC)
    document = {"a": [1, None, True, NASTY], NASTY: {}}
    copy_objects([Import(id=3, name=NASTY[:60], options=document, started_at=now)])
    kept = Import.objects.get(pk=3)
    assert (kept.options, kept.started_at, kept.finished_at, kept.rows_read) == (document, now, None, 0)


def test_a_copied_case_equals_the_case_it_was_copied_from(world: World) -> None:
    first = Case.objects.get(pk=log_call(world, text=NASTY).pk)
    names = [f.attname for f in Case._meta.concrete_fields if f.name not in {"search", "contact_search"}]
    second = Case(**{name: getattr(first, name) for name in names})
    second.pk, second.number = take_keys(Case, 1)[0], "2026-999999"
    copy_rows(
        Case,
        [*names, "search"],
        [[*(getattr(second, name) for name in names), ["漏水", "o'clock", "back\\slash"]]],
    )
    kept = Case.objects.get(pk=second.pk)
    assert all(getattr(kept, name) == getattr(second, name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(search) FROM cases_case WHERE id = %s", [second.pk])
        assert sorted(cursor.fetchone()[0]) == sorted(["漏水", "o'clock", "back\\slash"])


@pytest.mark.django_db
def test_keys_are_never_given_twice() -> None:
    keys = [*take_keys(Case, 5), *take_keys(Case, 3)]
    assert len(set(keys)) == 8
    assert take_keys(Case, 0) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x" * 61, None])
def test_what_the_database_refuses_is_raised_as_django_raises_it(name: Any) -> None:
    from django.db import IntegrityError

    with pytest.raises((DataError, IntegrityError)):
        copy_objects([Import(id=3, name=name, started_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))])


@pytest.mark.django_db
def test_nothing_is_copied_quietly() -> None:
    assert copy_objects([]) == 0
    assert copy_rows(Import, ["name"], []) == 0
    with pytest.raises(ValueError, match="is no column"):
        copy_rows(Category, ["children"], [])
