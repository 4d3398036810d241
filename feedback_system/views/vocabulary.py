"""Categories with their keywords; kinds and channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Actor
from audit.exceptions import DomainError, StaleRecord
from cases.actions import vocabulary as actions
from cases.forms.vocabulary import CategoryForm, ChannelForm, WordForms, rows_of
from cases.models import Category, Channel, Kind
from organization import access
from organization.forms import refusals
from organization.requests import number, person
from organization.trees import forest


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    """The tree of categories."""
    access.administrator(person(request))
    show_retired = request.GET.get("retired") == "1"
    rows = Category.objects.all() if show_retired else Category.objects.active()
    retired = Category.objects.filter(retired_at__isnull=False).count()
    context = {"forest": forest(rows), "show_retired": show_retired, "retired_count": retired}
    return render(request, "settings/categories.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def category_new(request: HttpRequest) -> HttpResponse:
    """Add a category."""
    by = access.administrator(person(request))
    under = number(request.GET.get("under"))
    parent = Category.objects.active().filter(pk=under, parent=None).first() if under else None
    form = CategoryForm(request.POST if request.method == "POST" else None, under=parent)
    if form.is_bound and form.is_valid():
        try:
            row = actions.create_category(form.words(), by=by, parent=form.cleaned_data["parent"])
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("“%(name)s” was added.") % {"name": row})
            return redirect("categories")
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def category(request: HttpRequest, pk: int) -> HttpResponse:
    """One category: name, keywords, place."""
    by = access.administrator(person(request))
    row = access.row(Category, pk)
    form = CategoryForm(request.POST if request.method == "POST" else None, row=row)
    if form.is_bound and form.is_valid():
        try:
            data = form.cleaned_data
            actions.change_category(row, form.words(), by=by, parent=data["parent"], base=data["base"])
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("categories")
    return _page(request, form, row)


def _page(request: HttpRequest, form: CategoryForm, row: Category | None) -> HttpResponse:
    reasons = actions.retire_reasons(row) if row is not None and not row.is_retired else []
    context = {"form": form, "row": row, "reasons": reasons}
    return render(request, "settings/category.html", context, status=form.status)


def _act(request: HttpRequest, pk: int, act: Callable[..., Category], said: str) -> HttpResponse:
    by = access.administrator(person(request))
    row = access.row(Category, pk)
    try:
        act(row, by=by)
        messages.success(request, said % {"name": row})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("category", pk)


@require_POST
def category_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a category out of choice."""
    said = _("“%(name)s” can no longer be chosen; old records keep it.")
    return _act(request, pk, actions.retire_category, said)


@require_POST
def category_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a category be chosen again."""
    return _act(request, pk, actions.restore_category, _("“%(name)s” can be chosen again."))


@require_http_methods(["GET", "HEAD", "POST"])
def vocabulary(request: HttpRequest) -> HttpResponse:
    """Kinds and channels: names and order."""
    by = access.administrator(person(request))
    data = request.POST if request.method == "POST" else None
    return _words_page(request, data, by, ChannelForm(prefix="new"))


def _words_page(request: HttpRequest, data: Any, by: Actor, new: ChannelForm) -> HttpResponse:
    kinds = WordForms(data, initial=rows_of(Kind), prefix="kinds")
    channels = WordForms(data, initial=rows_of(Channel), prefix="channels")
    refused, status = "", 422 if data is not None or new.is_bound else 200
    if data is not None and kinds.is_valid() and channels.is_valid():
        try:
            with transaction.atomic():  # the page is one change
                actions.change_words(Kind, _words(kinds, Kind), by=by)
                actions.change_words(Channel, _words(channels, Channel), by=by)
        except StaleRecord as error:
            refused, status = refusals.changed([kinds.empty_form.label_of(name) for name in error.changed]), 409
        except DomainError as error:
            refused = error.message
        else:
            messages.success(request, _("Saved. Forms and lists show it from now on."))
            return redirect("vocabulary")
    context: dict[str, Any] = {"kinds": kinds, "channels": channels, "refused": refused, "new": new}
    return render(request, "settings/vocabulary.html", context, status=status)


@require_POST
def channel_new(request: HttpRequest) -> HttpResponse:
    """Add a channel."""
    by = access.administrator(person(request))
    form = ChannelForm(request.POST, prefix="new")
    if form.is_valid():
        try:
            row = actions.create_channel(form.cleaned_data["name"], name_en=form.cleaned_data["name_en"], by=by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("“%(name)s” was added.") % {"name": row})
            return redirect("vocabulary")
    return _words_page(request, None, by, form)


def _words(formset: Any, model: type[Kind] | type[Channel]) -> list[actions.Word]:
    known = set(model.objects.values_list("pk", flat=True))
    return [form.word() for form in formset if form.cleaned_data["pk"] in known]
