"""Questionnaires and surveys: what is asked, and whether."""

from django.urls import path
from django.urls.resolvers import URLPattern

from surveys.views import asking, papers

urlpatterns: list[URLPattern] = [
    path("", asking.surveys, name="surveys"),
    path("<int:pk>/", asking.survey, name="survey"),
    path("<int:pk>/stop/", asking.survey_stop, name="survey_stop"),
    path("start/<str:kind>/", asking.survey_start, name="survey_start"),
    path("questionnaires/", asking.questionnaire_list, name="questionnaires"),
    path("questionnaires/add/", asking.questionnaire_add, name="questionnaire_add"),
    path("questionnaires/<slug:code>/", asking.questionnaire, name="questionnaire"),
    path("questionnaires/<slug:code>/<int:number>/", asking.questionnaire, name="questionnaire_version"),
    path("questionnaires/<slug:code>/edit/", asking.questionnaire_edit, name="questionnaire_edit"),
    path("questionnaires/<slug:code>/retire/", asking.questionnaire_retire, name="questionnaire_retire"),
    path("questionnaires/<slug:code>/restore/", asking.questionnaire_restore, name="questionnaire_restore"),
    path("invitations/<int:pk>/ask/", asking.invitation_ask, name="survey_invitation_ask"),
    path("invitations/<int:pk>/paper.pdf", papers.invitation_paper, name="survey_invitation_paper"),
]
