"""Addresses of the room, by subject; all of them ask for a login."""

from django.urls import include, path

urlpatterns = [
    path("", include("surveys.urls.asking")),
    path("", include("surveys.urls.desk")),
    path("", include("surveys.urls.results")),
]
