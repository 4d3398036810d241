"""All ledgers by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reports.queries.ledgers import Ledger
from reports.queries.ledgers_of_cases import COMPLAINTS, REGISTER
from reports.queries.ledgers_of_work import ASSIGNMENTS, MEASURES

LEDGERS: Mapping[str, Ledger] = MappingProxyType(
    {ledger.code: ledger for ledger in (REGISTER, COMPLAINTS, ASSIGNMENTS, MEASURES)}
)
