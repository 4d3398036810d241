"""The words by which cells are understood: people, kinds, products, and the choices of the card in every language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from customers.fields import CARD, FILE, fields_for
from customers.models import CustomerKind, CustomerType, Secrecy, Tier
from organization.models import Product, User
from organization.sheets.columns import spellings
from organization.text import fold

Row = TypeVar("Row")
#: What people write for the choices of the card, beside their labels.
_MORE: Mapping[str, str] = MappingProxyType(
    {
        CustomerType.PERSON: "个人 自然人 人员 个人客户",
        CustomerType.ORGANISATION: "单位 组织 企业 公司 机构 法人 单位客户 企业客户 company organization",
        Secrecy.INTERNAL: "内部 一般 普通",
        Secrecy.CONFIDENTIAL: "秘密 保密",
        Secrecy.SECRET: "机密 绝密",
        Tier.KEY: "重要 重点",
        Tier.STABLE: "稳定",
        Tier.GENERAL: "一般 普通",
        Tier.POTENTIAL: "潜在",
    }
)


#: Few words stand in many cells; folding one takes longer than finding it.
folded = lru_cache(maxsize=10_000)(fold)


class Named(Generic[Row]):
    """Rows by the words that name them; a word that two rows carry names neither."""

    def __init__(self, rows: Iterable[tuple[Row, Iterable[str]]]) -> None:
        self._rows: dict[str, Row] = {}
        self._several: set[str] = set()
        for row, words in rows:
            for word in {fold(word) for word in words} - {""}:
                if self._rows.setdefault(word, row) is not row:
                    self._several.add(word)

    def find(self, word: str) -> Row | None:
        """The row that is meant; None where nobody or several are."""
        key = folded(word)
        return None if key in self._several else self._rows.get(key)

    def are_several(self, word: str) -> bool:
        """Whether several carry this word."""
        return folded(word) in self._several


@dataclass(frozen=True)
class Words:
    """All of them, looked up once for a table; ``allowed`` are the fields of the file by type of customer."""

    kinds: Named[CustomerKind]
    people: Named[User]
    products: Named[Product]
    types: Mapping[str, str]
    secrecies: Mapping[str, str]
    tiers: Mapping[str, str]
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Words:
        """Read them; a handful of queries."""
        return cls(
            kinds=Named((row, (row.code, row.name, row.name_en)) for row in CustomerKind.objects.active()),
            people=Named((row, (row.username, row.name)) for row in User.objects.filter(is_active=True)),
            products=Named((row, (row.code, row.name, row.name_en)) for row in Product.objects.active()),
            types=_choices(CustomerType),
            secrecies=_choices(Secrecy),
            tiers=_choices(Tier),
            allowed={kind: frozenset(each.name for each in fields_for(kind, CARD, FILE)) for kind in CustomerType},
        )


def _choices(choices: Any) -> dict[str, str]:
    """Folded word -> value: the value itself, its label in every language, and what else people write."""
    found: dict[str, str] = {}
    for choice in choices:
        words = (choice.value, *spellings(choice.label), *_MORE.get(choice, "").split())
        found |= {fold(word): choice.value for word in words}
    return found
