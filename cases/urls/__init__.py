"""Addresses of the cases room, one file for each part of the work; order matters before ``<number>``."""

from django.urls import URLPattern, URLResolver

from cases.urls import browse, case, intake

urlpatterns: list[URLPattern | URLResolver] = [*intake.urlpatterns, *browse.urlpatterns, *case.urlpatterns]
