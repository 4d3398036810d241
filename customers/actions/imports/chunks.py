"""The rows of one chunk: decided in the check, decided again and written in the import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.actions.imports.deciding import Refused, Step, customer_of, step_for
from customers.actions.imports.seen import Seen, identities
from customers.actions.imports.writing import Job, would_change, write_steps
from customers.imports.rows import Given, Line, Setting, read_line
from customers.models import CustomerType, ImportLine
from customers.queries.imports import Found, Known, folded_name, load_known, look_up

#: Key of a line -> why it stays out.
Refusals = dict[int, str]


@dataclass
class Verdicts:
    """What became of the rows of a chunk."""

    created: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0

    def count(self, words: Iterable[str]) -> None:
        """One more for each of these words."""
        for word in words:
            setattr(self, word, getattr(self, word) + 1)


class Rows:
    """Works on rows; what a check has seen of earlier ones stays in its memory."""

    def __init__(self, setting: Setting, job: Job) -> None:
        """Ready for the first chunk."""
        self.setting, self.job = setting, job
        self.seen, self.coming = Seen(), set[int]()

    def check(self, lines: list[Line], verdicts: Verdicts) -> None:
        """Decide these rows and write nothing but why some stay out."""
        refused: Refusals = {}
        barred: Refusals = {}
        rows = self._read(lines, refused)
        found = look_up(rows, system=self.job.system)
        found.coming = self.coming
        first = self._first_mentions(rows, barred, verdicts)
        means = self._by_one_number(first, self._means(first, found, refused), barred)
        known = load_known({pk for pk in means.values() if pk}, lock=False)
        for given in first:
            if given.line in means:
                verdicts.count(self._checked(given, known.get(means[given.line] or 0), found, refused))
        if barred:
            ImportLine.objects.filter(pk__in=barred).update(barred=True)
        _refuse(refused | barred, verdicts)

    def bring_in(self, lines: list[Line], verdicts: Verdicts) -> int | None:
        """Write these rows; the key of the first that must wait for the next chunk, None where none must."""
        refused: Refusals = {line.pk: line.message for line in lines if line.barred}
        rows, waiting = _apart(self._read([line for line in lines if not line.barred], refused))
        late = self._write(rows, refused, verdicts)
        waiting = late if late is not None else waiting
        if waiting is not None:
            refused = {pk: message for pk, message in refused.items() if pk < waiting}
        _refuse(refused, verdicts)
        return waiting

    def _read(self, lines: list[Line], refused: Refusals) -> list[Given]:
        found = []
        for line in lines:
            read = read_line(line, self.setting)
            if isinstance(read, str):
                refused[line.pk] = read
            else:
                found.append(read)
        return found

    def _means(self, rows: list[Given], found: Found, refused: Refusals) -> dict[int, int | None]:
        """Which customer each row means, None for a new one, by the keys of the lines."""
        means = {}
        for given in rows:
            try:
                means[given.line] = customer_of(given, found, self.setting)
            except Refused as error:
                refused[given.line] = str(error)
        return means

    # --- The check ---

    def _first_mentions(self, rows: list[Given], barred: Refusals, verdicts: Verdicts) -> list[Given]:
        """The rows that are the first of their customer; the others are counted, or barred for the import too."""
        first = []
        for given in rows:
            try:
                mention = self.seen.earlier(given)
            except Refused as error:
                barred[given.line] = str(error)
                continue
            if mention is None:
                first.append(given)
            else:
                verdicts.count(["same" if self.seen.repeats(given, mention) else "changed"])
        return first

    def _by_one_number(
        self, rows: list[Given], means: dict[int, int | None], barred: Refusals
    ) -> dict[int, int | None]:
        """The same without rows that mean a customer whom an earlier one means by another number; those are barred."""
        for given in rows:
            if given.key and (customer := means.get(given.line)):
                try:
                    self.seen.check_number(given, customer)
                except Refused as error:
                    barred[given.line] = str(error)
        return {line: customer for line, customer in means.items() if line not in barred}

    def _checked(self, given: Given, known: Known | None, found: Found, refused: Refusals) -> list[str]:
        try:
            step = step_for(given, known, found, self.setting)
        except Refused as error:
            refused[given.line] = str(error)
            return []
        if step.facts.type == CustomerType.ORGANISATION:
            self.coming |= {hash(word) for word in (given.key, folded_name(given.name)) if word}
        return ["created" if known is None else "changed" if would_change(step, self.job) else "same"]

    # --- The import ---

    def _write(self, rows: list[Given], refused: Refusals, verdicts: Verdicts) -> int | None:
        """Decide under lock and write; what the database refuses is found by halving, and becomes a refusal."""
        if not rows:
            return None
        try:
            with transaction.atomic():
                steps, late = self._steps(rows, refused)
                words = write_steps(steps, self.job)
        except (DataError, IntegrityError) as error:
            if len(rows) == 1:
                reason = str(error).strip().splitlines()[0][:120]
                sentence = _("The database refuses this row (%(reason)s). Please check its values.")
                refused[rows[0].line] = sentence % {"reason": reason}
                return None
            middle = len(rows) // 2
            late = self._write(rows[:middle], refused, verdicts)
            return late if late is not None else self._write(rows[middle:], refused, verdicts)
        verdicts.count(words)
        return late

    def _steps(self, rows: list[Given], refused: Refusals) -> tuple[list[Step], int | None]:
        """The rows with their customers, locked; and the first that means a customer whom another one means too."""
        found = look_up(rows, system=self.job.system)
        means = self._means(rows, found, refused)
        late, taken = None, set[int]()
        for line, pk in means.items():
            if pk in taken:
                late = line
                break
            taken |= {pk} if pk else set()
        known = load_known(taken, lock=True)
        steps = []
        for given in rows:
            if given.line not in means or (late is not None and given.line >= late):
                continue
            try:
                steps.append(step_for(given, known.get(means[given.line] or 0), found, self.setting))
            except Refused as error:
                refused[given.line] = str(error)
        return steps, late


def _refuse(refused: Refusals, verdicts: Verdicts) -> None:
    lines = list(ImportLine.objects.filter(pk__in=refused))
    for line in lines:
        line.message = refused[line.pk]
    ImportLine.objects.bulk_update(lines, ["message"])
    verdicts.refused += len(lines)


def _apart(rows: list[Given]) -> tuple[list[Given], int | None]:
    """The rows up to the first that may name the same customer as an earlier one, which waits for the next chunk."""
    taken: set[int] = set()
    for place, given in enumerate(rows):
        names = set(identities(given))
        if names & taken:
            return rows[:place], given.line
        taken |= names
    return rows, None
