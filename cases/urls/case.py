"""Addresses of one case: its page, every act on it, its parts and files.

One scheme: ``<number>/<act>/`` and ``<number>/<part>/<id>/<act>/``. The word of the address is the word
of the right, the action and the audit trail, and the name is ``case_<act>``.
"""

from collections.abc import Callable
from types import ModuleType

from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path

from cases.queries.moves import ACTS, PART_ACTS
from cases.views import assignment, case, clocks, closure, files, internal, investigation, measures, reply, slip

_VIEWS: tuple[ModuleType, ...] = (assignment, investigation, measures, reply, closure, internal, clocks, files)


def _view(act: str) -> Callable[..., HttpResponseBase]:
    """The view that carries the act's name."""
    found: Callable[..., HttpResponseBase] = next(getattr(module, act) for module in _VIEWS if hasattr(module, act))
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:number>/", case.case, name="case"),
    path("<str:number>/history/", case.history, name="case_history"),
    path("<str:number>/slip/", slip.slip, name="case_slip"),
    path("<str:number>/slip.pdf", slip.slip_pdf, name="case_slip_pdf"),
    path("<str:number>/people/", internal.people, name="case_people"),
    path("<str:number>/customers/", internal.customers, name="case_customers"),
    path("<str:number>/files/<int:pk>/", files.original, name="case_file"),
    path("<str:number>/files/<int:pk>/thumb/", files.thumb, name="case_file_thumb"),
    path("<str:number>/files/<int:pk>/picture/", files.picture, name="case_file_picture"),
    *(path(f"<str:number>/{act}/", _view(act), name=f"case_{act}") for act in ACTS),
    *(
        path(f"<str:number>/{part}/<int:pk>/{act}/", _view(act), name=f"case_{act}")
        for act, (part, _label, _icon) in PART_ACTS.items()
    ),
]
