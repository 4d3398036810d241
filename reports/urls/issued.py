"""Issued reports: the list, asking for one, reading, approving, sending, and the records behind a figure."""

from django.urls import path

from reports.views import issued, papers

urlpatterns = [
    path("", issued.reports, name="report_list"),
    path("new/", issued.ask, name="report_ask"),
    path("<str:number>/", issued.report, name="report"),
    path("<str:number>/again/", issued.again, name="report_again"),
    path("<str:number>/correct/", issued.correct, name="report_correct"),
    path("<str:number>/approve/", issued.approve, name="report_approve"),
    path("<str:number>/send/", issued.send, name="report_send"),
    path("<str:number>/records/", issued.records, name="report_records"),
    path("<str:number>/report.pdf", papers.report_pdf, name="report_pdf"),
    path("<str:number>/report.xlsx", papers.report_xlsx, name="report_xlsx"),
]
