"""The room ``surveys``: what customers think of what was done."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    """Questionnaires, invitations, the callback desk, scores, follow-ups."""

    name = "surveys"
    verbose_name = _("Surveys")

    def ready(self) -> None:
        """Register the profile part, the messages, the words of the histories."""
        from cases.verbs import register as register_verbs
        from customers.merging import register as register_part_of_customer
        from organization.traces import register as register_traces
        from regulations.document import register_part
        from surveys import notices, policy, traces, verbs
        from surveys.queries.parts import PART_OF_A_CUSTOMER

        register_part("surveys", policy.SurveysPart)
        notices.register()
        register_verbs(verbs.LABELS)
        register_traces("surveys", traces.TRACES)
        register_part_of_customer(PART_OF_A_CUSTOMER)
