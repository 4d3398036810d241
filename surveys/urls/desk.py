"""The callback desk, and answers filled in on behalf."""

from django.urls import path
from django.urls.resolvers import URLPattern

from surveys.views import desk, records

urlpatterns: list[URLPattern] = [
    path("callbacks/", desk.desk, name="callback_desk"),
    path("callbacks/next/", desk.next_call, name="callback_next"),
    path("callbacks/<int:pk>/", desk.call, name="callback"),
    path("callbacks/<int:pk>/take/", desk.take, name="callback_take"),
    path("quota/", records.quota, name="callback_quota"),
    path("quota/exports/<str:number>/", records.export_file, name="callback_record_file"),
    path("quota/<int:year>/<int:number>/", records.records, name="callback_records"),
    path("quota/<int:year>/<int:number>/exports/", records.exports, name="callback_record_exports"),
    path("fill-in/<str:number>/", desk.fill_in, name="survey_fill_in"),
]
