"""Addresses of the pages that only the composition root can show: desk, inbox, search, one's own account."""

from django.urls import URLPattern, URLResolver, path

from feedback_system.views import counters, desk, inbox, me, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("", desk.desk, name="desk"),
    path("telephoned/<int:pk>/", desk.telephoned, name="desk_telephoned"),
    path("counters/", counters.counters, name="counters"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read, name="inbox_read"),
    path("inbox/<int:pk>/", inbox.open_message, name="inbox_open"),
    path("search/", search.search, name="case_search"),
    path("me/", me.me, name="profile_page"),
    path("me/language/", me.language, name="profile_language"),
    path("me/tokens/", me.issue_token, name="token_issue"),
    path("me/tokens/<int:pk>/revoke/", me.revoke_token, name="token_revoke"),
]
