"""Addresses of the room, by subject; all of them ask for a login."""

from django.urls import include, path

urlpatterns = [
    path("", include("reports.urls.dashboard")),
    path("issued/", include("reports.urls.issued")),
    path("ledgers/", include("reports.urls.ledgers")),
]
