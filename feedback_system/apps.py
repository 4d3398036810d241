"""The composition root: the only place that knows every room."""

from django.apps import AppConfig


class FeedbackSystemConfig(AppConfig):
    """Wires the rooms together at start-up."""

    name = "feedback_system"

    def ready(self) -> None:
        """Load the Celery application, so that ``shared_task`` binds to it; make known what the root knows itself."""
        from cases import verbs
        from customers.queries import updates
        from feedback_system import account_adapter, alarms, celery, checks, handover_run, invitations  # noqa: F401
        from feedback_system.privacy import moving, notices, policy, rooms
        from feedback_system.privacy.verbs import WORDS
        from regulations.document import register_part

        register_part("retention", policy.RetentionPart)
        rooms.register_own()
        moving.register()
        notices.register()
        verbs.register(WORDS)
        updates.register(WORDS)
        alarms.register()
        account_adapter.register()
        invitations.register()
        handover_run.register()
