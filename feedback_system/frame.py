"""The frame around every page: menu, views, who is logged in. Counters come in a lazy request of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases import rights
from cases.models import SavedView
from customers import rights as customers
from organization.models import Role, User
from organization.queries import Identity, identity_of, organisation
from reports import rights as reports
from returns import rights as returns
from surveys import rights as surveys


@dataclass(frozen=True)
class MenuItem:
    """One entry of the rail."""

    label: str
    url: str
    icon: str
    active: bool = False
    badge: str = ""


@dataclass(frozen=True)
class Frame:
    """What the base templates show around a page."""

    menu: list[MenuItem] = field(default_factory=list)
    views: list[MenuItem] = field(default_factory=list)
    admin_menu: list[MenuItem] = field(default_factory=list)
    counters_url: str = ""
    user_label: str = ""
    initial: str = ""
    organisation: str = ""
    hotline: str = ""
    hotline_hours: str = ""
    can_log: bool = False
    unread_url: str = ""
    search_url: str = ""
    demo: bool = False


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``frame`` on every page, worked out when a template first asks for it."""
    return {"frame": SimpleLazyObject(lambda: build_frame(request))}


def build_frame(request: HttpRequest) -> Frame:
    """The frame of one request; for strangers only the organisation's own facts."""
    ours = organisation()
    user = getattr(request, "user", None)
    common: dict[str, Any] = {
        "organisation": ours.short_name,
        "hotline": ours.hotline,
        "hotline_hours": ours.hotline_hours,
        "demo": ours.is_demo and settings.DEMO,
    }
    if not isinstance(user, User) or not user.is_authenticated:
        return Frame(**common)
    who = identity_of(user)
    permissions = rights.general_permissions(who)
    return Frame(
        **common,
        menu=_menu(request, who, permissions),
        views=_views(request, user) if reads_cases(who) else [],
        admin_menu=_admin_menu(request, who, permissions),
        counters_url=_counters_url(request),
        user_label=user.name,
        initial=user.name[:1],
        can_log="log" in permissions,
        unread_url=reverse("inbox"),
        search_url=reverse("case_search"),
    )


def _counters_url(request: HttpRequest) -> str:
    """The desk also asks for the figures of its cards, in the same request."""
    return reverse("counters") + ("?figures=1" if request.path == reverse("desk") else "")


def reads_cases(who: Identity) -> bool:
    """Whether the person sees cases beside the own entries; administrators do not by their role."""
    return any(person.role != Role.ADMINISTRATOR for person in who.acting)


#: Pages whose address lies below another item's.
_WITH_ITEMS_BELOW = {"case_list": ("overdue",), "customer_list": ("customer_requests", "customer_readings")}


def _item(request: HttpRequest, label: str, name: str, icon: str, badge: str = "") -> MenuItem:
    url = reverse(name)
    active = request.path == url if url == "/" else request.path.startswith(url)
    if name in _WITH_ITEMS_BELOW and any(request.path.startswith(reverse(other)) for other in _WITH_ITEMS_BELOW[name]):
        active = False  # that one has an item of its own
    return MenuItem(label, url, icon, active, badge)


def _menu(request: HttpRequest, who: Identity, permissions: frozenset[str]) -> list[MenuItem]:
    items = [_item(request, _("Desk"), "desk", "layout-dashboard", "desk")]
    if reads_cases(who):
        items.append(_item(request, _("Cases"), "case_list", "message-square-warning", "cases"))
        if any(person.role != Role.AUDITOR for person in who.acting):
            items.append(_item(request, _("Customers"), "customer_list", "users"))
    if returns.knows_returns(who):
        items.append(_item(request, _("Returns"), "return_board", "package", "returns"))
    items += _survey_menu(request, who)
    if sees_dashboard(who):
        found = _item(request, pgettext("dashboard", "Overview"), "dashboard", "gauge")
        below = request.path in {found.url, reverse("dashboard_records")}  # other pages of the room have own items
        items.append(replace(found, active=below))
    items += _report_menu(request, who)
    if "see_overdue" in permissions:
        items.append(_item(request, _("Overdue"), "overdue", "alarm-clock"))
    return items


def sees_dashboard(who: Identity) -> bool:
    """Whether there are cases that the overview counts for the person."""
    return any(reports.has(who, permission) for permission in ("see_house", "see_department", "see_own"))


def _survey_menu(request: HttpRequest, who: Identity) -> list[MenuItem]:
    """The desk that calls, and what customers think: its item stands for all pages of the room but the desk."""
    items = []
    if surveys.has(who, "call"):
        items.append(_item(request, _("Callbacks"), "callback_desk", "phone-outgoing", "callbacks"))
    if surveys.has(who, "results") or surveys.has(who, "own_results"):
        found = _item(request, _("Satisfaction"), "survey_results", "smile", "follow_ups")
        below = request.path.startswith(reverse("surveys")) and not any(item.active for item in items)
        items.append(replace(found, active=below))
    return items


def _report_menu(request: HttpRequest, who: Identity) -> list[MenuItem]:
    """One item stands for all pages of the room; it leads to the first of them that the person may open."""
    reads, holds = reports.has(who, "read_reports"), reports.has(who, "read_ledgers")
    if not (reads or holds):
        return []
    first = "report_list" if reads else "ledger_list"
    found = _item(request, _("Reports and ledgers"), first, "chart-column")
    return [replace(found, active=request.path.startswith(("/reports/issued/", "/reports/ledgers/")))]


def _views(request: HttpRequest, user: User) -> list[MenuItem]:
    rows = SavedView.objects.filter(owner=user) | SavedView.objects.filter(shared=True)
    here = request.get_full_path()
    return [
        MenuItem(view.name, url, "pin", url == here)
        for view in rows.filter(pinned=True).order_by("position", "id")[:12]
        for url in [f"{reverse('case_list')}?{view.query}"]
    ]


def _control_menu(request: HttpRequest, who: Identity, permissions: frozenset[str]) -> list[MenuItem]:
    """What is decided and reviewed apart from the cases."""
    items = []
    if customers.is_general_manager(who):
        items.append(_item(request, _("Requests to read files"), "customer_requests", "key-round"))
    if customers.reviews_readings(who):
        items.append(_item(request, _("Who read what"), "customer_readings", "eye"))
    if customers.heads_the_files(who) or who.role == Role.AUDITOR:
        items.append(_item(request, _("Requests about personal data"), "privacy_requests", "shield-check"))
    if "see_messages" in permissions:
        items.append(_item(request, _("Outgoing messages"), "messages", "mail"))
    return items


def _admin_menu(request: HttpRequest, who: Identity, permissions: frozenset[str]) -> list[MenuItem]:
    if who.role != Role.ADMINISTRATOR:
        return _control_menu(request, who, permissions)
    running = _item(request, _("What is running"), "running", "server")
    # It lies below the settings by its address, not by its place in the menu.
    everything = _item(request, _("Settings"), "settings", "settings")
    if running.active:
        everything = replace(everything, active=False)
    return [everything, running]
