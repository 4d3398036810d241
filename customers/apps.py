"""The room ``customers``: whom we serve."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers, their contact points and consents, their files and who may read them."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register the profile part, the messages, who is told of a customer, what moves, and where words stand."""
        from customers import merging, notices, policy, traces
        from organization.traces import register as register_traces
        from regulations.document import register_part

        register_part("customers", policy.CustomersPart)
        register_traces("customers", traces.TRACES)
        notices.register()
        merging.register_own()
