"""Models of the room ``surveys``."""

from surveys.models.callback import Attempt, Callback, Draw
from surveys.models.follow_up import FollowUp
from surveys.models.questionnaire import Questionnaire, QuestionnaireVersion
from surveys.models.record_export import RecordExport
from surveys.models.response import Answer, Response, Tally
from surveys.models.survey import Invitation, Survey, thread_of

__all__ = [
    "Answer",
    "Attempt",
    "Callback",
    "Draw",
    "FollowUp",
    "Invitation",
    "Questionnaire",
    "QuestionnaireVersion",
    "RecordExport",
    "Response",
    "Survey",
    "Tally",
    "thread_of",
]
