"""The room ``customers``: whom we serve."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers, their contact points and consents."""

    name = "customers"
    verbose_name = _("Customers")
