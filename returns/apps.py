"""The room ``returns``: installed, empty until its own work begins."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """No models and no pages yet."""

    name = "returns"
