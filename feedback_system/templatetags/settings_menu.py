"""The menu beside every page of the settings: what this person may open there, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback_system.rights import reads_messages
from organization.access import appoints_deputies, is_administrator
from organization.models import User

register = template.Library()


@dataclass(frozen=True)
class Entry:
    """One page of the settings, with the sentence that its card says."""

    name: str
    label: str | Promise
    icon: str
    says: str | Promise


@dataclass(frozen=True)
class Group:
    """Pages that belong together."""

    label: str | Promise
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        _("People and units"),
        (
            Entry("users", _("Users"), "users", _("Add colleagues, invite them, give roles and functions.")),
            Entry(
                "departments", _("Departments"), "network", _("The tree of departments and the functions they carry.")
            ),
            Entry("functions", _("Functions"), "badge-check", _("What they are called, and who carries them.")),
            Entry("sites", _("Sites"), "map-pin", _("Stores, stations, plants and projects.")),
            Entry("products", _("Products"), "package", _("Product lines and products.")),
            Entry("deputies", _("Deputies"), "user-check", _("Who acts for whom, and when.")),
            Entry(
                "handover",
                _("Hand over work"),
                "arrow-right-left",
                _("Give all open work of a person or department to another."),
            ),
            Entry(
                "sheets",
                _("Import tables"),
                "file-spreadsheet",
                _("Users, departments and products from a spreadsheet."),
            ),
        ),
    ),
    Group(
        _("Rules"),
        (
            Entry("organisation", _("Organisation"), "building-2", _("Name, hotline, person on duty.")),
            Entry("calendar", _("Working calendar"), "calendar-days", _("Working hours, holidays and make-up days.")),
            Entry(
                "categories",
                _("Categories"),
                "folder-tree",
                _("What feedback is about, with the words that suggest it."),
            ),
            Entry("routing", _("Routing"), "route", _("Which department leads which category.")),
            Entry(
                "vocabulary", _("Kinds and channels"), "tags", _("What they are called and in which order they stand.")
            ),
            Entry(
                "customer_fields",
                _("Fields of the customer file"),
                "list-checks",
                _("What is collected of customers, and what for."),
            ),
            Entry(
                "customer_rules",
                _("Customer classes and retention"),
                "sliders-horizontal",
                _("Thresholds of the classes, and how long records are kept."),
            ),
            Entry(
                "consent_texts",
                _("Consent texts"),
                "signature",
                _("What people agree to, by purpose, with all earlier versions."),
            ),
            Entry(
                "profile",
                _("Regulation profile"),
                "scroll-text",
                _("Limits, kinds and gates in force, with their history."),
            ),
        ),
    ),
    Group(
        _("Operation"),
        (
            Entry("running", _("What is running"), "activity", _("Workers, messages, files, disk, backup.")),
            Entry("messages", _("Outgoing messages"), "mail", _("What was sent, what could not be sent, and why.")),
        ),
    ),
)


def groups_for(user: User) -> list[Group]:
    """The pages that this person may open."""
    allowed = {
        "deputies": appoints_deputies(user),
        "messages": reads_messages(user),
    }
    everything = is_administrator(user)
    found = []
    for group in GROUPS:
        entries = tuple(entry for entry in group.entries if allowed.get(entry.name, everything))
        if entries:
            found.append(Group(group.label, entries))
    return found


@register.inclusion_tag("settings/menu.html", takes_context=True)
def settings_menu(context: Context) -> dict[str, object]:
    """The menu; the page that is open is marked."""
    request = context["request"]
    groups = [
        (
            group.label,
            [(entry, url, request.path.startswith(url)) for entry in group.entries for url in [reverse(entry.name)]],
        )
        for group in groups_for(request.user)
    ]
    return {"groups": groups}
