"""All addresses. Public ones are few and stand together; everything else asks for a login."""

from django.urls import include, path

from feedback_system.views import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
]
