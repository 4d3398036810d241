"""Each statement of an import is kept by itself: its rows, their history and the progress in no common transaction."""

from contextlib import nullcontext
from typing import Any

from django.apps import AppConfig


class Switch(AppConfig):
    name = "tests.prove.switches.no_chunk"

    def ready(self) -> None:
        from django.db import transaction

        from customers.actions.imports import chunks, running, writing

        class Apart:
            """In the place of django.db.transaction."""

            @staticmethod
            def atomic() -> Any:
                return nullcontext()

        load = chunks.load_known
        chunks.transaction = running.transaction = Apart
        chunks.load_known = lambda keys, *, lock: load(keys, lock=False)
        writing.record_many, running.record = (
            transaction.atomic(writing.record_many),
            transaction.atomic(running.record),
        )
