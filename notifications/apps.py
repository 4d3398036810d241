from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where this room keeps words about people."""
        from notifications.traces import TRACES
        from organization.traces import register

        register("notifications", TRACES)
