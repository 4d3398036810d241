"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from customers.views import (
    browse,
    card,
    classes,
    communications,
    duplicates,
    export,
    file,
    grants,
    holdings,
    imports,
    merging,
)
from customers.views.following import following

urlpatterns: list[URLPattern | URLResolver] = [
    path("", browse.listing, name="customer_list"),
    path("new/", card.new, name="customer_new"),
    path("offers/", browse.offers, name="customer_offers"),
    path("requests/", grants.requests, name="customer_requests"),
    path("duplicates/", duplicates.listing, name="customer_duplicates"),
    path("export/", export.export, name="customer_export"),
    path("classes.pdf", export.classes_pdf, name="customer_classes_pdf"),
    path("imports/", imports.listing, name="customer_imports"),
    path("imports/template/", imports.template, name="customer_import_template"),
    path("imports/<int:pk>/", imports.page, name="customer_import"),
    path("imports/<int:pk>/columns/", imports.columns, name="customer_import_columns"),
    path("imports/<int:pk>/sheet/", imports.sheet, name="customer_import_sheet"),
    path("imports/<int:pk>/run/", imports.run, name="customer_import_run"),
    path("imports/<int:pk>/refused/", imports.refused, name="customer_import_refused"),
    path("imports/<int:pk>/discard/", imports.discard, name="customer_import_discard"),
    path("readings/", file.reading_list, name="customer_readings"),
    path("grants/<int:pk>/decide/", grants.decide, name="customer_grant_decide"),
    path("grants/<int:pk>/revoke/", grants.revoke, name="customer_grant_revoke"),
    path("<int:pk>/", browse.card, name="customer"),
    path("<int:pk>/edit/", card.edit, name="customer_edit"),
    path("<int:pk>/duplicates/", duplicates.of_one, name="customer_duplicates_of"),
    path("<int:pk>/apart/<int:other>/", duplicates.apart, name="customer_tell_apart"),
    path("<int:pk>/apart/<int:other>/again/", duplicates.again, name="customer_propose_again"),
    path("<int:pk>/merge/<int:other>/", merging.merge, name="customer_merge"),
    path("<int:pk>/merges/<int:part>/", merging.merged, name="customer_merged"),
    path("<int:pk>/merges/<int:part>/undo/", merging.unmerge, name="customer_unmerge"),
    path("<int:pk>/file/", file.file, name="customer_file"),
    path("<int:pk>/file/edit/", file.edit, name="customer_file_edit"),
    path("<int:pk>/ask/", grants.ask, name="customer_ask"),
    path("<int:pk>/grants/", grants.listing, name="customer_grants"),
    path("<int:pk>/class/", classes.page, name="customer_class"),
    path("<int:pk>/class/standing/", classes.standing, name="customer_standing"),
    path("<int:pk>/communications/new/", communications.new, name="customer_communication_new"),
    path("<int:pk>/communications/<int:part>/", communications.one, name="customer_communication"),
    path("<int:pk>/communications/<int:part>/edit/", communications.edit, name="customer_communication_edit"),
    path("<int:pk>/communications/<int:part>/done/", communications.followed_up, name="customer_communication_done"),
    path("<int:pk>/communications/<int:part>/slip.pdf", communications.slip_pdf, name="customer_communication_pdf"),
    path("<int:pk>/holdings/new/<str:kind>/", holdings.new, name="customer_holding_new"),
    path("<int:pk>/holdings/<int:part>/", holdings.edit, name="customer_holding"),
    path("<int:pk>/holdings/<int:part>/remove/", holdings.remove, name="customer_holding_remove"),
]

for address in urlpatterns:
    if isinstance(address, URLPattern):  # every page of one customer: an old address leads to the one that stays
        address.callback = following(address.callback)
