"""Addresses of the pages that only the composition root can show: desk, inbox, search, what is running."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
