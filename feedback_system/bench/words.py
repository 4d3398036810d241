"""Twenty words to search for: common, middling and rare ones of this database's own texts, and absent ones."""

from __future__ import annotations

from collections import Counter

from cases.models import Case
from organization.text import bigrams

COMMON, MIDDLING, RARE, ABSENT = 7, 5, 5, 3
_SAMPLE = 4000
_NEVER_SAID = ("龘靐", "麤鱻", "爨齉")


def search_words() -> list[tuple[str, str]]:
    """(sort, word), the same for the same texts."""
    newest = Case.objects.order_by("-received_at").values_list("text", flat=True)[:_SAMPLE]
    often = Counter(word for said in newest for word in bigrams(said) if len(word) == 2 and not word.isascii())
    ranked = sorted(often, key=lambda word: (-often[word], word))
    middle = len(ranked) // 20
    rare = [word for word in reversed(ranked) if often[word] == 1][:: max(1, len(ranked) // 50)][:RARE]
    return [
        *(("common", word) for word in ranked[:COMMON]),
        *(("middling", word) for word in ranked[middle : middle + MIDDLING]),
        *(("rare", word) for word in rare),
        *(("absent", word) for word in _NEVER_SAID[:ABSENT]),
    ]
