"""Addresses: lists of cases, saved views, acts on several cases, overdue by department."""

from django.urls import URLPattern, URLResolver, path

from cases.views import browse, bulk, story

urlpatterns: list[URLPattern | URLResolver] = [
    path("", browse.listing, name="case_list"),
    path("print/", browse.printed, name="case_list_print"),
    path("conditions/", browse.conditions, name="case_conditions"),
    path("overdue/", browse.late, name="overdue"),
    path("of-communication/<int:pk>/", browse.of_communication, name="cases_of_communication"),
    path("of-customer/<int:pk>/", browse.of_customer, name="customer_cases"),
    path("of-customer/<int:pk>/story/", story.customer_story, name="customer_story"),
    path("views/", bulk.save_view, name="view_save"),
    path("views/<int:pk>/delete/", bulk.delete_view, name="view_delete"),
    path("bulk/acknowledge/", bulk.acknowledge, name="bulk_acknowledge"),
    path("bulk/verify/", bulk.verify, name="bulk_verify"),
    path("bulk/<int:pk>/", bulk.progress, name="bulk_act"),
    path("bulk/dispatch/", bulk.dispatch, name="bulk_dispatch"),
]
