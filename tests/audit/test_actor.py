from dataclasses import FrozenInstanceError, dataclass

import pytest

from audit.actor import Actor


@dataclass
class Person:
    pk: int
    name: str
    username: str = "li.si"

    def get_username(self) -> str:
        return self.username


def test_staff_are_known_by_number_and_name() -> None:
    assert Actor.staff(Person(7, "李四")) == Actor("staff", 7, "李四")


def test_staff_without_a_name_are_known_by_their_login() -> None:
    assert Actor.staff(Person(7, "")).label == "li.si"


def test_a_deputy_acts_and_names_whom_he_stands_for() -> None:
    assert Actor.staff(Person(7, "李四"), deputy_for=Person(3, "张三")).deputy_for == 3
    assert Actor.staff(Person(7, "李四"), deputy_for=3).deputy_for == 3


@pytest.mark.req("SEC-09")
def test_a_customer_has_neither_number_nor_name() -> None:
    assert Actor.customer() == Actor("customer", None, "customer")


def test_the_program_and_an_import_are_known_by_the_name_of_the_task() -> None:
    assert Actor.system("deadline-sweep") == Actor("system", None, "deadline-sweep")
    assert Actor.importer("cases 2025.xlsx", Person(7, "李四")) == Actor("import", 7, "cases 2025.xlsx")
    assert Actor.token(Person(7, "李四")).kind == "token"


def test_an_actor_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Actor.customer().label = "王五"  # type: ignore[misc]
