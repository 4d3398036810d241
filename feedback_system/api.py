"""The router of the JSON API: schema, offline documentation, version 1."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from cases.api.views import CaseViewSet
from customers.api.views import CustomerViewSet
from organization.api.login import LoginView, LogoutView
from returns.api.views import ReturnViewSet

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
router.register("customers", CustomerViewSet, basename="api-customer")
router.register("returns", ReturnViewSet, basename="api-return")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", login_not_required(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", login_not_required(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="docs"),
    path("v1/login/", LoginView.as_view(), name="api-login"),
    path("v1/logout/", LogoutView.as_view(), name="api-logout"),
    path("v1/", include(router.urls)),
]
