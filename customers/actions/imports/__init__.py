"""Customers from tables: upload, columns, check, import (SEC-13, CUS-29)."""

from customers.actions.imports.running import pending, work_on
from customers.actions.imports.traces import erase_person_traces
from customers.actions.imports.uploads import (
    Meaning,
    choose_sheet,
    discard_import,
    forget_imports,
    map_columns,
    open_import,
    open_local,
    start_import,
)

__all__ = [
    "Meaning",
    "choose_sheet",
    "discard_import",
    "erase_person_traces",
    "forget_imports",
    "map_columns",
    "open_import",
    "open_local",
    "pending",
    "start_import",
    "work_on",
]
