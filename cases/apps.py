"""The room ``cases``: the product."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    """Intake, classification, assignment, handling, reply, closing; clocks."""

    name = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        """Register the profile part, the clocks, the messages, who may be told of a case, where words stand, and that
        cases follow their customer into another file.
        """
        from cases import notices, policy, ties, traces
        from cases.queries.browse import PART_OF_A_CUSTOMER
        from customers.merging import register as register_part_of_customer
        from organization.ties import register as register_ties
        from organization.traces import register as register_traces
        from regulations.document import register_clock, register_part

        register_part("cases", policy.CasesPart)
        for name, shape in policy.CLOCKS.items():
            register_clock(name, shape)
        notices.register()
        register_ties(ties.reasons)
        register_traces("cases", traces.TRACES)
        register_part_of_customer(PART_OF_A_CUSTOMER)
