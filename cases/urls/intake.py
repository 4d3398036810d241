"""Addresses: logging feedback, drafts, what is offered while typing."""

from django.urls import URLPattern, URLResolver, path

from cases.views import contacts, drafts, intake, lookup

urlpatterns: list[URLPattern | URLResolver] = [
    path("log/", intake.log, name="case_log"),
    path("log/caller/", lookup.caller, name="case_log_caller"),
    path("log/card/", lookup.card, name="case_log_card"),
    path("log/due/", lookup.due, name="case_log_due"),
    path("log/suggest/", lookup.suggest, name="case_log_suggest"),
    path("log/draft/", drafts.save, name="case_draft_save"),
    path("log/drafts/", drafts.listing, name="case_drafts"),
    path("log/drafts/<uuid:pk>/discard/", drafts.discard, name="case_draft_discard"),
    path("log/add/<str:number>/", contacts.add, name="case_add"),
    path("log/done/<str:number>/", intake.logged, name="case_logged"),
    path("options/products/", lookup.products, name="product_options"),
    path("options/sites/", lookup.sites, name="site_options"),
    path("options/departments/", lookup.departments, name="department_options"),
    path("options/people/", lookup.people, name="people_options"),
]
