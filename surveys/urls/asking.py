"""Questionnaires and surveys: what is asked, and whether."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
