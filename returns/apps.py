"""The room ``returns``: goods that come back."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReturnsConfig(AppConfig):
    """Acceptance slips, confirmation, refund, repair, callback; the account book."""

    name = "returns"
    verbose_name = _("Returns")

    def ready(self) -> None:
        """Register the profile part, the clocks, the messages, the words of the histories, what follows a customer into
        another file, where words about people stand, and who worked on the goods of a case.
        """
        from cases.queries.beside import register as register_beside
        from cases.queries.hands import register as register_hands
        from cases.verbs import register as register_verbs
        from customers.merging import register as register_part_of_customer
        from organization.traces import register as register_traces
        from regulations.document import register_clock, register_part
        from returns import notices, policy, traces, verbs
        from returns.queries.hands import HANDS
        from returns.queries.panels import PART_OF_A_CUSTOMER, for_customer

        for name, shape in policy.CLOCKS.items():
            register_clock(name, shape)
        register_part("returns", policy.ReturnsPart)
        notices.register()
        register_verbs({verb: label for verb, label in verbs.LABELS.items() if verb not in verbs.OF_CASES})
        register_traces("returns", traces.TRACES)
        register_part_of_customer(PART_OF_A_CUSTOMER)
        register_beside(for_customer)
        register_hands(*HANDS)
