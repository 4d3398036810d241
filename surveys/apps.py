"""The room ``surveys``: installed, empty until its own work begins."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """No models and no pages yet."""

    name = "surveys"
