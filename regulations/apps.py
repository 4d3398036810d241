"""The room ``regulations``: what the 制度 demands."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegulationsConfig(AppConfig):
    """Profile versions, the clock base, approvals."""

    name = "regulations"
    verbose_name = _("Regulations")

    def ready(self) -> None:
        """Say where this room keeps words about people."""
        from organization.traces import register
        from regulations.traces import TRACES

        register("regulations", TRACES)
