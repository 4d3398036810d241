"""What customers open without a login."""

from django.urls import re_path
from django.urls.resolvers import URLPattern

from surveys.views import public

urlpatterns: list[URLPattern] = [
    # With or without the slash: a redirect to add it would leave the secret in the browser's cache.
    re_path(r"^(?P<token>[^/]+)/?$", public.survey_answer, name="survey_answer"),
]
