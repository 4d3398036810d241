"""Responses, results and follow-ups."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
