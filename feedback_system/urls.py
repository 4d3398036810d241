"""All addresses. Public ones are few and stand together; everything else asks for a login."""

from django.urls import include, path

from feedback_system.views import health

PUBLIC = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("cases.urls.public")),
]

urlpatterns = [
    *PUBLIC,
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("cases/", include("cases.urls")),
    path("customers/", include("customers.urls")),
    path("settings/", include("organization.urls")),
    path("", include("feedback_system.pages")),
    path("api/", include("feedback_system.api")),
]
