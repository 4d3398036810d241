"""The room ``customers``: whom we serve."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers, their contact points and consents, their files and who may read them."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register the message templates, and who may be told of a customer."""
        from customers import notices

        notices.register()
