"""What a web process reads before its first request, so that nobody waits for it.

With gunicorn's ``--preload`` it is read once, before the workers are forked, and they share the memory.
"""

from __future__ import annotations

from pathlib import Path

from django.template import Engine
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation


def warm_up() -> None:
    """Compile our templates, import every view, read the catalogues; asks neither the database nor the cache."""
    for name in own_templates():
        get_template(name)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            reverse("healthz")


def own_templates() -> list[str]:
    """The names of the templates in our own folders; those of libraries are compiled when they are asked for."""
    folders = [Path(folder) for folder in Engine.get_default().dirs]
    return sorted(path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*.html"))
