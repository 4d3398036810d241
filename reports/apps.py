"""The room ``reports``: installed, empty until its own work begins."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """No models and no pages yet."""

    name = "reports"
