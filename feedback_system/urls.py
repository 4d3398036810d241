"""All addresses. Public ones are few and stand together; everything else asks for a login."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from feedback_system.views import health
from feedback_system.views.privacy import public
from organization.views import invitations
from returns.views.public import return_form

PUBLIC = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Customers change the language too.
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("accounts/invitation/", invitations.invitation, name="invitation"),
    path("accounts/invitation/<str:token>/", invitations.invitation_link, name="invitation_link"),
    path("feedback/return/", return_form, name="feedback_return"),
    path("", include("cases.urls.public")),
    path("survey/", include("surveys.urls.public")),
    path("track/case/<str:number>/data/", public.track_data, name="track_data"),
]

urlpatterns = [
    *PUBLIC,
    path("accounts/", include("allauth.urls")),
    path("cases/", include("cases.urls")),
    path("customers/", include("customers.urls")),
    path("returns/", include("returns.urls")),
    path("surveys/", include("surveys.urls")),
    path("reports/", include("reports.urls")),
    path("settings/", include("feedback_system.settings_urls")),
    path("settings/", include("organization.urls")),
    path("", include("feedback_system.pages")),
    path("api/", include("feedback_system.api")),
]

handler400 = "feedback_system.views.faults.bad_request"
handler500 = "feedback_system.views.faults.server_error"
