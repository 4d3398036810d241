"""The texts that generated cases are made of: read from the user's file, prepared once."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from audit.exceptions import InvalidInput
from cases.actions.intake import LONGEST_TEXT, subject_of
from documents.sheets import as_text, read_table
from organization import text
from organization.copying import lexemes


@dataclass(frozen=True, slots=True)
class Said:
    """One text: its subject, its product line, and what it is found by, ready for COPY."""

    text: str
    subject: str
    product: str
    found_by: str


@dataclass
class Texts:
    """All texts, the complaints apart from the praise."""

    negative: list[Said] = field(default_factory=list)
    positive: list[Said] = field(default_factory=list)
    products: list[str] = field(default_factory=list)

    def pick(self, rng: random.Random, *, praise: bool) -> Said:
        """Any text of the right sort; of the other where the file has only one."""
        wanted, other = (self.positive, self.negative) if praise else (self.negative, self.positive)
        return rng.choice(wanted or other)


def read_texts(path: Path) -> Texts:
    """Columns ``text`` and, where there are any, ``sentiment`` (negative, positive) and ``product``.

    Raises ``InvalidInput`` when there is no column of texts or none in it.
    """
    table = read_table(path)
    if "text" not in table.header:
        raise InvalidInput("texts", f"{path} has no column “text”.")
    texts = Texts()
    for row in table.rows:
        values = dict(zip(table.header, (as_text(value) for value in row.values), strict=True))
        said = text.clean(values["text"]).strip()[:LONGEST_TEXT]
        if not said:
            continue
        product = text.clean_line(values.get("product", ""))[:100]
        subject = subject_of(said)
        words = lexemes(text.bigrams(f"{subject}\n{said}"))
        kept = Said(said, subject, product, words)
        (texts.positive if values.get("sentiment") == "positive" else texts.negative).append(kept)
        if product and product not in texts.products:
            texts.products.append(product)
    if not (texts.negative or texts.positive):
        raise InvalidInput("texts", f"{path} holds no texts.")
    return texts
