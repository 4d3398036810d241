"""Ledgers: the list, each on screen and on paper, and its workbooks."""

from django.urls import path

from reports.views import ledgers

urlpatterns = [
    path("", ledgers.ledgers, name="ledger_list"),
    path("exports/<str:number>/", ledgers.export_file, name="ledger_export_file"),
    path("<slug:code>/", ledgers.ledger, name="ledger"),
    path("<slug:code>/ledger.pdf", ledgers.ledger_pdf, name="ledger_pdf"),
    path("<slug:code>/exports/", ledgers.exports, name="ledger_exports"),
]
