"""What is read before the first request."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from feedback_system.warm import own_templates, warm_up


def test_every_page_of_ours_compiles_before_the_first_request() -> None:
    names = own_templates()
    assert {"base.html", "public_base.html", "cases/list.html"} <= set(names)
    warm_up()


@pytest.mark.django_db
def test_nothing_is_asked_of_the_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        warm_up()
