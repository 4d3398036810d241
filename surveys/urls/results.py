"""Responses, results and follow-ups."""

from django.urls import path
from django.urls.resolvers import URLPattern

from surveys.views import follow_ups, panels, responses, results

urlpatterns: list[URLPattern] = [
    path("of-case/<str:number>/", panels.of_case, name="surveys_of_case"),
    path("results/", results.results, name="survey_results"),
    path("responses/", responses.responses, name="survey_responses"),
    path("responses/<int:pk>/", responses.response, name="survey_response"),
    path("responses/<int:pk>/check/", responses.check, name="survey_response_check"),
    path("responses/<int:pk>/correct/<int:answer>/", responses.correct, name="survey_response_correct"),
    path("follow-ups/", follow_ups.follow_ups, name="follow_ups"),
    path("follow-ups/<int:pk>/", follow_ups.follow_up, name="follow_up"),
    *(
        path(f"follow-ups/<int:pk>/{name}/", follow_ups.view_of(name), name=f"follow_up_{name}")
        for name in follow_ups.ACTS
    ),
]
