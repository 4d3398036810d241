"""What customers open without a login."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
