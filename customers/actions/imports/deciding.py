"""What becomes of a row: a new customer, an old one changed or left as it is, or a refusal with its sentence.

The check decides every row and writes nothing; the import decides again, under lock, and writes. Both are this code.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from customers.actions.classes import Chosen, check_class
from customers.actions.living import why_not_written
from customers.actions.people import Facts, check_facts, people_stay
from customers.imports.rows import Given, Setting
from customers.models import ContactPoint, CustomerType, Secrecy
from customers.queries.imports import Found, Known, folded_name, with_people


@dataclass
class Step:
    """A row with its customer (None: a new one), the card as it will be, and the points that come to it."""

    given: Given
    known: Known | None
    facts: Facts
    fresh: list[ContactPoint] = field(default_factory=list)
    refused: list[ContactPoint] = field(default_factory=list)
    number: str = ""


class Refused(Exception):
    """This row stays out; the text says why."""


def customer_of(given: Given, found: Found, setting: Setting) -> int | None:
    """Which customer a row means: by its number, else by name and number or address; None for a new one.

    Raises ``Refused`` where it cannot be known, or would not be known again the next time.
    """
    if given.key and (pk := found.by_key.get(given.key)):
        return pk
    name = folded_name(given.name)
    fitting = {pk for point in given.points for pk in found.by_point.get((point.normal, name), ())}
    if not given.points:
        if _type(given, setting) == CustomerType.ORGANISATION:
            fitting = set(found.by_name.get(name, set()))
        elif not given.key:
            raise Refused(_("Without telephone, e-mail or number in the old system this person is not known again."))
    if len(fitting) > 1:
        sentence = _("Several customers fit “%(name)s”. Please give the number, or put them together first.")
        raise Refused(sentence % {"name": given.name})
    pk = fitting.pop() if fitting else None
    if pk and given.key and (other := found.numbers.get(pk)):
        sentence = _("“%(name)s” with this number or address is here already as number %(number)s.")
        raise Refused(sentence % {"name": given.name, "number": other})
    return pk


def step_for(given: Given, known: Known | None, found: Found, setting: Setting) -> Step:
    """The customer as this row wants it; only filled cells count. Raises ``Refused``."""
    card, row = given.card, known.customer if known else None
    if row and (sentence := why_not_written(row)):
        raise Refused(sentence)
    is_old_name = known and folded_name(given.name) in known.old_names
    facts = Facts(
        name=row.name if row and is_old_name else given.name,
        type=card.get("type") or (row.type if row else setting.plan.default_type),
        organisation=row.organisation if row else None,
        kinds=card.get("kinds") or (tuple(known.kinds) if known else ()),
        salesperson=card.get("salesperson") or (row.salesperson if row else None),
        attention=card.get("attention") or (row.attention if row else ""),
        custodian=card.get("custodian") or (row.custodian if row else None),
        secrecy=card.get("secrecy") or (row.secrecy if row else Secrecy.INTERNAL),
    )
    if given.organisation:
        facts = _with_organisation(facts, given, found)
    _check(given, known, facts, setting)
    step = Step(given, known, facts)
    there = {(point.type, point.normal): point for point in known.points} if known else {}
    for point in given.points:
        old = there.get((point.type, point.normal))
        if old is None:
            step.fresh.append(point)
        elif point.refused and not old.refused:
            step.refused.append(old)
    if given.key and (row is None or found.by_key.get(given.key) != row.pk):
        step.number = given.key
    return step


def _with_organisation(facts: Facts, given: Given, found: Found) -> Facts:
    above, several = found.organisation(given.organisation)
    if above is None and found.is_coming(given.organisation):
        return facts  # the check writes nothing; when it comes to that, it will be there
    if above is None:
        sentence = (
            _("Several organisations are called “%(name)s”. Please give the number.")
            if several
            else _("There is no organisation “%(name)s”, neither here nor in the table.")
        )
        raise Refused(sentence % {"name": given.organisation})
    return replace(facts, organisation=above)


def _check(given: Given, known: Known | None, facts: Facts, setting: Setting) -> None:
    row = known.customer if known else None
    try:
        check_facts(row.pk if row else None, facts)
        chosen = chosen_of(given, known)
        if chosen:
            check_class(chosen)
    except InvalidInput as error:
        raise Refused(error.message) from error
    if row and row.type == CustomerType.ORGANISATION != facts.type and with_people([row.pk]):
        raise Refused(people_stay())
    for name in given.file:
        if name not in setting.words.allowed.get(facts.type, frozenset()):
            sentence = _("Column “%(column)s”: this is not collected of such a customer.")
            raise Refused(sentence % {"column": setting.column(name)})


def chosen_of(given: Given, known: Known | None) -> Chosen | None:
    """The classes that a row asks for, with its reason; None where they are as they are."""
    now = (known.customer.visit_class, known.customer.tier) if known else ("", "")
    wanted = (given.visit_class or now[0], given.tier or now[1])
    return None if wanted == now else Chosen(*wanted, given.reason)


def _type(given: Given, setting: Setting) -> str:
    return str(given.card.get("type") or setting.plan.default_type)
