"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from returns.views import acts, board, files, page, panels, papers

urlpatterns: list[URLPattern | URLResolver] = [
    path("", board.board, name="return_board"),
    path("new/", page.new, name="return_new"),
    path("book/", board.book, name="return_book"),
    path("book/exports/", board.exports, name="return_exports"),
    path("book/exports/<str:number>/", board.export_file, name="return_export_file"),
    path("refunds/", board.refunds, name="return_refunds"),
    path("of/case/<str:number>/", panels.of_case, name="returns_of_case"),
    path("of/customer/<int:pk>/", panels.of_customer, name="returns_of_customer"),
    path("<str:number>/", page.page, name="return"),
    path("<str:number>/correct/", page.correct, name="return_correct"),
    path("<str:number>/told/", page.told, name="return_told"),
    path("<str:number>/slip.pdf", papers.slip_pdf, name="return_slip_pdf"),
    path("<str:number>/repair.pdf", papers.repair_pdf, name="return_repair_pdf"),
    path("<str:number>/tags.pdf", papers.tags_pdf, name="return_tags_pdf"),
    path("<str:number>/files/<int:pk>/", files.original, name="return_file"),
    path("<str:number>/files/<int:pk>/thumb/", files.thumb, name="return_file_thumb"),
    path("<str:number>/files/<int:pk>/picture/", files.picture, name="return_file_picture"),
    path("<str:number>/lines/<int:pk>/explain/", acts.explain, name="return_explain"),
    path("<str:number>/clocks/<int:pk>/give_breach_reason/", acts.give_breach_reason, name="return_give_breach_reason"),
    *(path(f"<str:number>/{name}/", acts.view_of(name), name=f"return_{name}") for name in acts.SHEETS),
]
