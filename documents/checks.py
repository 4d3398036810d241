"""What `manage.py check` says about the store and about the paper forms."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name

#: Debian's packages, and the library of each that must load. Without the last one a page takes seconds.
PDF_LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}


def missing_packages() -> list[str]:
    """Debian packages whose library does not load here."""
    return [package for package, library in PDF_LIBRARIES.items() if not _loads(library)]


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Chinese; without one a paper shows empty squares."""
    try:
        library = ctypes.CDLL("libfontconfig.so.1")
    except OSError:
        return False
    library.FcNameParse.restype = library.FcObjectSetBuild.restype = library.FcFontList.restype = ctypes.c_void_p
    library.FcNameParse.argtypes = [ctypes.c_char_p]
    library.FcFontList.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.FcPatternDestroy.argtypes = library.FcObjectSetDestroy.argtypes = [ctypes.c_void_p]
    library.FcFontSetDestroy.argtypes = [ctypes.c_void_p]
    pattern = library.FcNameParse(b":lang=zh-cn")
    wanted = library.FcObjectSetBuild(ctypes.c_char_p(b"family"), None)
    found = library.FcFontList(None, pattern, wanted)
    count = ctypes.cast(found, ctypes.POINTER(ctypes.c_int))[0] if found else 0
    if found:
        library.FcFontSetDestroy(found)
    library.FcObjectSetDestroy(wanted)
    library.FcPatternDestroy(pattern)
    return count > 0


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@register(Tags.compatibility)
def check_paper(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn where papers cannot be made, or would be unreadable."""
    found: list[CheckMessage] = []
    missing = missing_packages()
    if missing:
        found.append(
            Warning(
                "Papers (PDF) cannot be made, or only very slowly: system libraries are missing.",
                hint=f"Install the packages {' '.join(missing)} (names as in Debian and Ubuntu).",
                id="documents.W001",
            )
        )
    elif not has_chinese_font():
        found.append(
            Warning(
                "No Chinese font is installed: papers (PDF) would show empty squares.",
                hint="Install the package fonts-noto-cjk, or put a Chinese font into ~/.fonts.",
                id="documents.W002",
            )
        )
    return found


@register(Tags.security)
def check_store(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a store inside a folder that is served to everybody."""
    store = Path(settings.MEDIA_ROOT).resolve()
    served: list[Any] = [settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    for each in served:
        # A folder may be given as a pair of prefix and folder.
        folder = Path(each[1] if isinstance(each, list | tuple) else each or "/nowhere").resolve()
        if store.is_relative_to(folder) or folder.is_relative_to(store):
            return [
                Error(
                    f"The store of private files ({store}) and a folder that is served to everybody ({folder}) "
                    f"lie in each other.",
                    hint="Give MEDIA_ROOT a folder of its own.",
                    id="documents.E001",
                )
            ]
    return []
