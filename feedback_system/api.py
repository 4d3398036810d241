"""The router of the JSON API: schema, offline documentation, version 1."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from cases.api.views import CaseViewSet
from customers.api.views import CustomerViewSet
from organization.api.login import LoginView, LogoutView
from reports.api.views import ReportViewSet
from returns.api.views import ReturnViewSet
from surveys.api.views.asking import QuestionnaireViewSet, SurveyViewSet
from surveys.api.views.desk import CallbackViewSet
from surveys.api.views.follow_ups import FollowUpViewSet
from surveys.api.views.responses import FillInViewSet, ResponseViewSet
from surveys.api.views.results import ResultViewSet

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
router.register("customers", CustomerViewSet, basename="api-customer")
router.register("returns", ReturnViewSet, basename="api-return")
router.register("surveys/questionnaires", QuestionnaireViewSet, basename="api-questionnaire")
router.register("surveys/responses", ResponseViewSet, basename="api-survey-response")
router.register("surveys/callbacks", CallbackViewSet, basename="api-callback")
router.register("surveys/follow-ups", FollowUpViewSet, basename="api-follow-up")
router.register("surveys/results", ResultViewSet, basename="api-survey-result")
router.register("reports", ReportViewSet, basename="api-report")
router.register("surveys", SurveyViewSet, basename="api-survey")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", login_not_required(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", login_not_required(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="docs"),
    path("v1/login/", LoginView.as_view(), name="api-login"),
    path("v1/logout/", LogoutView.as_view(), name="api-logout"),
    path(
        "v1/surveys/fill-in/<str:number>/",
        FillInViewSet.as_view({"get": "retrieve", "post": "create"}),
        name="api-survey-fill-in",
    ),
    path("v1/", include(router.urls)),
]
