"""The room ``customers``: whom we serve."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers, their contact points and consents, their files and who may read them."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register the profile part, the message templates, who is told of a customer, what moves in a merge."""
        from customers import merging, notices, policy
        from regulations.document import register_part

        register_part("customers", policy.CustomersPart)
        notices.register()
        merging.register_own()
