"""A box in which one types, and picks from what the server offers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse


class LookupWidget(forms.Widget):
    """A text in which one types, with offers from the server, and the hidden id of what was picked.

    ``arguments`` are those of the address that makes the offers; the form that knows them sets them."""

    template_name = "components/lookup_widget.html"

    def __init__(self, url_name: str) -> None:
        super().__init__()
        self.url_name = url_name
        self.arguments: list[object] = []

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str]:
        """What was picked and what was typed."""
        return data.get(name, ""), data.get(f"{name}_text", "")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Either of the two is enough."""
        return name not in data and f"{name}_text" not in data

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Both values, and where the offers come from."""
        context = super().get_context(name, None, attrs)
        picked, typed = value if isinstance(value, tuple | list) else (getattr(value, "pk", "") or "", str(value or ""))
        url = reverse(self.url_name, args=self.arguments)
        context["widget"] |= {"picked": picked, "typed": typed, "url": url}
        return context
