"""What the messages of the room say; ``notices`` knows when and to whom."""

from django.utils.translation import gettext_lazy as _

#: To the customer: subject, mail, SMS.
TO_CUSTOMER = {
    "case_opened": (
        _("We have your feedback {number}"),
        _(
            "We have received your feedback {number}: {subject}.\n"
            "We will let you know by {due} whether we take it on.\n"
            "Access code: {code}\nProgress: {url}"
        ),
        _("Your feedback {number} has arrived. Access code {code}. Progress: {url}"),
    ),
    "case_acknowledged": (
        _("Your feedback {number} has been accepted"),
        _("We have accepted your feedback {number}: {subject}.\nExpected to be answered by {due}.\nProgress: {url}"),
        _("Your feedback {number} has been accepted; answer expected by {due}. {url}"),
    ),
    "completion_asked": (
        _("We need more information on {number}"),
        _("To go on with your feedback {number} we need from you:\n{text}\nPlease add it here: {url}"),
        _("We need more information on your feedback {number}: {url}"),
    ),
    "progress_told": (
        _("Progress of your feedback {number}"),
        _("{text}\nProgress: {url}"),
        _("News on your feedback {number}: {url}"),
    ),
    "replied": (
        _("Answer to your feedback {number}"),
        _("{text}\nAre you satisfied? Please tell us here: {url}"),
        _("Your feedback {number} has been answered. Are you satisfied? {url}"),
    ),
    "opinion_asked": (
        _("Are you satisfied with our answer to {number}?"),
        _(
            "We have answered your feedback {number}: {subject}.\n"
            "Are you satisfied, or is it not solved yet? Please tell us here: {url}"
        ),
        _("Are you satisfied with our answer to {number}? {url}"),
    ),
    "extension_told": (
        _("Your feedback {number} takes longer"),
        _(
            "Your feedback {number} takes longer than planned."
            " It is now expected to be answered by {due}.\nProgress: {url}"
        ),
        _("Your feedback {number} takes longer, now expected by {due}. {url}"),
    ),
    "date_agreed": (
        _("A new date for your feedback {number}"),
        _("As agreed with you, your feedback {number} is expected to be answered by {due}.\nProgress: {url}"),
        _("As agreed, your feedback {number} is expected to be answered by {due}. {url}"),
    ),
    "case_closed": (
        _("Your feedback {number} has been closed"),
        _("Your feedback {number} has been closed.\n{text}\nDetails: {url}"),
        _("Your feedback {number} has been closed. {url}"),
    ),
    "case_reopened": (
        _("Your feedback {number} has been opened again"),
        _("Your feedback {number} has been opened again; we are working on it.\nProgress: {url}"),
        _("Your feedback {number} has been opened again. {url}"),
    ),
}

#: To colleagues: subject and body.
TO_STAFF = {
    "arrived": (_("{number} has arrived"), _("{subject}")),
    "customer_wrote": (_("{number}: the customer wrote"), _("{subject}")),
    "assignment_sent": (_("{number} was dispatched to {department}"), _("{subject}. Due {due}.")),
    "assignment_returned": (_("{number} was returned to the hub by {department}"), _("Reason: {text}")),
    "assignment_answered": (_("{number}: {department} has answered"), _("{subject}")),
    "passed_on": (_("{number} was passed on to you"), _("{person}: {text}")),
    "extension_asked": (_("{number}: {department} asks for more time"), _("Until {due}. Reason: {text}")),
    "extension_decided": (_("{number}: the request for more time was decided"), _("{text}")),
    "visit_planned": (_("{number}: you are to visit the customer"), _("{subject}. {text}")),
    "measure_planned": (_("{number}: a measure was given to you"), _("{text} Due {due}.")),
    "measure_done": (_("{number}: a measure is to be verified"), _("{text}")),
    "measure_not_effective": (_("{number}: a measure was not effective"), _("{text}")),
    "approval_asked": (_("{number} waits for your decision"), _("{text}")),
    "approval_decided": (_("{number}: your request was decided"), _("{text}")),
    "opinion_given": (_("{number}: the customer answered"), _("{text}")),
    "escalated": (_("{number}: the customer demands a higher level"), _("{text}")),
    "escalation_answered": (_("{number}: the demand for a higher level was answered"), _("{text}")),
    "overdue_by_reclassification": (_("{number} is overdue by reclassification"), _("{text}")),
    "clock_warning": (_("{number}: {clock} is due {due}"), _("{subject}")),
    "clock_breach": (_("{number}: {clock} was due {due}"), _("{subject}. Please say why, and what is done now.")),
    "handed_over": (
        _("Open work was handed over to you: {count}"),
        _("By {person}. What is due first stands on your desk."),
    ),
    "bulk_ended": (_("“{name}” is through: {count} cases done"), _("{text}")),
    "import_digest": (
        _("Import “{name}”: {count} records wait in the hub"),
        _("Acknowledge and dispatch them together in the case list."),
    ),
}
