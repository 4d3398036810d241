"""Making two files one, with a preview; and two again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.exceptions import DomainError
from customers import merging
from customers.access import CustomerAccess, get_customer, get_merge
from customers.actions.merging import Undone, merge_customers, unmerge_customers
from customers.forms.merging import ApartForm, MergeForm, labels_of
from customers.models import FileGrant
from customers.queries.card import cards_of
from customers.queries.duplicates import resemblance_of
from customers.queries.merging import against_merging, against_undoing, followers_lost
from customers.views.duplicates import both
from organization.forms import refusals
from organization.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Both side by side: what is kept, what moves, what stands against it; ``pk`` is the one that stays."""
    kept, merged = both(request, pk, other)
    allowed = kept.merges_with(merged)
    posted = request.POST if request.method == "POST" else None
    form = MergeForm(posted, kept=kept, merged=merged)
    if posted is not None:
        kept.require(allowed)
        if form.is_valid():
            try:
                done = merge_customers(
                    kept.customer, merged.customer, taken=form.taken(), by=kept.user, base=form.cleaned_data["base"]
                )
            except DomainError as error:
                refusals.show(form, error)
            else:
                messages.success(request, _("Merged. It can be undone here."))
                return redirect("customer_merged", pk, done.pk)
    context = _preview(kept, merged) | {"form": form, "allowed": allowed, "apart_form": ApartForm()}
    return render(request, "customers/merge.html", context, status=form.status)


@require_GET
def merged(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """One merge: who, when, what moved, and taking it back."""
    access = get_customer(person(request), pk)
    access.require(access.finds_duplicates)
    row = get_merge(access, part)
    context = {
        "customer": access.customer,
        "row": row,
        "moved": merging.moved_to(access.customer, row.moved, access.who),
        "reasons": against_undoing(row),
        "allowed": access.takes_apart(row.merged),
    }
    return render(request, "customers/merged.html", context)


@require_POST
def unmerge(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """Take a merge back."""
    access = get_customer(person(request), pk)
    row = get_merge(access, part)
    access.require(access.takes_apart(row.merged))
    try:
        undone = unmerge_customers(row, by=access.user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("customer_merged", pk, part)
    messages.success(request, _("Undone: they are two customers again."))
    for sentence in _stayed(undone):
        messages.warning(request, sentence)
    return redirect("customer", row.merged_id)


def _preview(kept: CustomerAccess, merged: CustomerAccess) -> dict[str, Any]:
    one, other = kept.customer, merged.customer
    grants = FileGrant.objects.running(kept.now).filter(customer__in=[one, other])
    reasons = against_merging(one, other)
    return {
        "kept": kept,
        "merged": merged,
        "cards": cards_of([one, other], kept.who),
        "found": resemblance_of(one, other),
        "reasons": reasons,
        "codes": {reason.code for reason in reasons},
        "moves": merging.counts(other, kept.who),
        "grants": grants.count(),
        "lost": followers_lost(one, other),
    }


def _stayed(undone: Undone) -> list[str]:
    """What could not go back, as sentences."""
    found = []
    if undone.fields:
        names = pgettext("between names", ", ").join(labels_of(undone.fields))
        found.append(_("Somebody changed this since; it stays as it is: %(names)s.") % {"names": names})
    if undone.rows:
        sentence = ngettext(
            "%(n)d entry that had moved is not there any more.", "%(n)d entries that had moved are not there any more.",
            undone.rows,
        )  # fmt: skip
        found.append(sentence % {"n": undone.rows})
    return found
