"""The room ``cases``: the product."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    """Intake, classification, assignment, handling, reply, closing; clocks."""

    name = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        """Register the profile part, the clocks, the messages, who may be told of a case, and where words stand."""
        from cases import notices, policy, ties, traces
        from organization.ties import register as register_ties
        from organization.traces import register as register_traces
        from regulations.document import register_clock, register_part

        register_part("cases", policy.CasesPart)
        for name, shape in policy.CLOCKS.items():
            register_clock(name, shape)
        notices.register()
        register_ties(ties.reasons)
        register_traces("cases", traces.TRACES)
