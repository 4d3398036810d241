"""The room ``customers``: whom we serve."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers, their contact points and consents, their files and who may read them."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register the profile part, the message templates, and who may be told of a customer."""
        from customers import notices, policy
        from regulations.document import register_part

        register_part("customers", policy.CustomersPart)
        notices.register()
