"""Old addresses of customers who became part of another."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from customers.access import WasMerged

View = Callable[..., HttpResponse]


def following(view: View) -> View:
    """Lead whoever opens an old address to the one that stays; what was written is refused, with its name."""

    @wraps(view)
    def follow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except WasMerged as moved:
            if request.method not in {"GET", "HEAD"}:
                raise
            return redirect(new_address(request, kwargs, moved))

    return follow


def new_address(request: HttpRequest, kwargs: dict[str, Any], moved: WasMerged) -> str:
    """The same address of the one that stays."""
    found = {key: moved.kept.pk if key in {"pk", "other"} and str(value) == str(moved.asked) else value
             for key, value in kwargs.items()}  # fmt: skip
    match = request.resolver_match
    if match is None or match.url_name is None or found.get("other") == found["pk"]:
        return reverse("customer", args=[moved.kept.pk])
    query = request.META.get("QUERY_STRING", "")
    return reverse(match.url_name, kwargs=found) + (f"?{query}" if query else "")
