"""Addresses for people without an account; everything else asks for a login."""

from django.urls import URLPattern, URLResolver, path, re_path

from cases.views import public, tracking

urlpatterns: list[URLPattern | URLResolver] = [
    path("feedback/", public.feedback_form, name="feedback_form"),
    path("feedback/challenge/", public.feedback_challenge, name="feedback_challenge"),
    path("feedback/privacy/", public.feedback_privacy, name="feedback_privacy"),
    path("feedback/receipt/<str:signed>/", public.feedback_receipt, name="feedback_receipt"),
    path("track/", tracking.track, name="track"),
    path("track/leave/", tracking.track_leave, name="track_leave"),
    path("track/case/", tracking.track_case, name="track_case"),
    path("track/case/<str:number>/", tracking.track_case, name="track_case_of"),
    path("track/case/<str:number>/supplement/", tracking.track_supplement, name="track_supplement"),
    path("track/case/<str:number>/opinion/", tracking.track_opinion, name="track_opinion"),
    path("track/case/<str:number>/demand/", tracking.track_demand, name="track_demand"),
    path("track/case/<str:number>/files/<int:pk>/", tracking.track_file, name="track_file"),
    # With or without the slash: a redirect to add it would leave the secret in the browser's cache.
    re_path(r"^track/(?P<token>[^/]+)/?$", tracking.track_link, name="track_link"),
]
