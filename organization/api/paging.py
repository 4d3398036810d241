"""Paging by key: page 40 costs what page 1 costs."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from organization import bounds


class ByTime(CursorPagination):
    """Pages of what is ordered by a moment; ``ordering`` names it first.

    The library takes whatever a cursor says for a moment, and the database breaks on words, on the year 10000 and on an
    offset of 16 hours: such a cursor is none.
    """

    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of a request, its moment in UTC."""
        cursor: Any = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        try:
            moment = parse_datetime(cursor.position)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not bounds.is_time(moment):
            raise NotFound(self.invalid_cursor_message)
        return cursor._replace(position=str(moment.astimezone(UTC)))
