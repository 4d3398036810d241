"""The room ``organization``: who we are and when we work."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganizationConfig(AppConfig):
    """Users, departments, sites, products, functions, deputies, calendar, numbering."""

    name = "organization"
    verbose_name = _("Organisation")
