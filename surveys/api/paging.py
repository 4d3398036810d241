"""Paging by key where rows are ordered by a day, or by their number alone; see ``organization.api.paging.ByTime``."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_date
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from organization import bounds
from organization.api.paging import ByTime
from organization.requests import number


class LatestResponseFirst(ByTime):
    """What was answered last comes first."""

    ordering = ("-submitted_at", "-id")


class ByDue(CursorPagination):
    """What is due first comes first. A cursor that names no day is none."""

    ordering = ("due_on", "id")
    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"
    #: Within one day a cursor counts rows: a busy day may have more than the library's thousand.
    offset_cutoff = 100_000

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of a request, its day checked."""
        cursor: Any = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        try:
            day = parse_date(cursor.position)
        except ValueError:
            day = None
        if day is None or not bounds.is_day(day):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class NewestFirst(CursorPagination):
    """By number, the newest first. A cursor that names no number is none."""

    ordering = ("-id",)
    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of a request, its number checked."""
        cursor: Any = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and number(cursor.position) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor
