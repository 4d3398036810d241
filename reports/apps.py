"""The room ``reports``: what it all adds up to."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Issued reports with their facts, the dashboard, the ledgers. Reads every room below, writes only its own rows."""

    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        """Register the messages and the words of the histories."""
        from cases.verbs import register as register_verbs
        from organization.traces import register as register_traces
        from reports import notices, traces, verbs

        notices.register()
        register_verbs(verbs.LABELS)
        register_traces("reports", traces.TRACES)
