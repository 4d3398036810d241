"""The composition root: the only place that knows every room."""

from django.apps import AppConfig


class FeedbackSystemConfig(AppConfig):
    """Wires the rooms together at start-up."""

    name = "feedback_system"

    def ready(self) -> None:
        """Load the Celery application, so that ``shared_task`` binds to it, the checks and the alarms."""
        from feedback_system import account_adapter, alarms, celery, checks, handover_run, invitations  # noqa: F401

        alarms.register()
        account_adapter.register()
        invitations.register()
        handover_run.register()
