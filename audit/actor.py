"""Who does something: a person, a customer with a link, a key of the API, the clock, an import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, Self

Kind = Literal["staff", "customer", "token", "system", "import"]


class Person(Protocol):
    """What an actor needs to know of a user; this room lies below the one that has users."""

    pk: int
    name: str

    def get_username(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as the audit trail keeps it.

    The label is part of the chained event and can never be blanked, so it names staff, systems and
    imports, but never a customer (SEC-09, SEC-12).

    Attributes:
        kind: which sort of actor.
        id: the user's number for staff, token and import; otherwise None.
        label: what a reader sees.
        deputy_for: number of the user in whose place a deputy acts.
    """

    kind: Kind
    id: int | None
    label: str
    deputy_for: int | None = None

    @classmethod
    def staff(cls, user: Person, deputy_for: Person | int | None = None) -> Self:
        """A person who is logged in, perhaps in the place of another."""
        principal = deputy_for if isinstance(deputy_for, int | None) else deputy_for.pk
        return cls("staff", user.pk, _label(user), principal)

    @classmethod
    def customer(cls) -> Self:
        """A customer who came by a link or with an access code."""
        return cls("customer", None, "customer")

    @classmethod
    def token(cls, user: Person) -> Self:
        """A program that uses the key of this user."""
        return cls("token", user.pk, _label(user))

    @classmethod
    def system(cls, name: str) -> Self:
        """The program itself, by the name of the task: `Actor.system("deadline-sweep")`."""
        return cls("system", None, name)

    @classmethod
    def importer(cls, name: str, user: Person) -> Self:
        """An import by its name, started by this user."""
        return cls("import", user.pk, name)


def _label(user: Person) -> str:
    return user.name or user.get_username()
