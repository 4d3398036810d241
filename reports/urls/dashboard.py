"""The dashboard, and the cases behind its figures."""

from django.urls import path

from reports.views import dashboard

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("records/", dashboard.records, name="dashboard_records"),
]
