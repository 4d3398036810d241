"""Addresses of the pages that only the composition root can show: desk, inbox, search, one's own account."""

from django.urls import URLPattern, URLResolver, path

from feedback_system.views import counters, desk, inbox, me, search
from feedback_system.views.privacy import destructions, person, requests

urlpatterns: list[URLPattern | URLResolver] = [
    path("", desk.desk, name="desk"),
    path("telephoned/<int:pk>/", desk.telephoned, name="desk_telephoned"),
    path("counters/", counters.counters, name="counters"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read, name="inbox_read"),
    path("inbox/<int:pk>/", inbox.open_message, name="inbox_open"),
    path("search/", search.search, name="case_search"),
    path("privacy/", requests.listing, name="privacy_requests"),
    path("privacy/requests/<int:pk>/", requests.one, name="privacy_request"),
    path("privacy/requests/<int:pk>/identity/", requests.identity, name="privacy_identity"),
    path("privacy/requests/<int:pk>/answer/", requests.answer, name="privacy_answer"),
    path("privacy/requests/<int:pk>/copy/", requests.copy, name="privacy_copy"),
    path("privacy/requests/<int:pk>/erasure/", requests.ask_erasure, name="privacy_ask_erasure"),
    path("privacy/requests/<int:pk>/decide/", requests.decide, name="privacy_decide"),
    path("privacy/destructions/", destructions.overview, name="privacy_destructions"),
    path("privacy/destructions/list/<str:type>/", destructions.make_list, name="privacy_list_due"),
    path("privacy/destructions/<str:number>/", destructions.one, name="privacy_destruction"),
    path("privacy/destructions/<str:number>/decide/", destructions.decide, name="privacy_destruction_decide"),
    path("privacy/destructions/<str:number>/certificate.pdf", destructions.certificate, name="privacy_certificate"),
    path("privacy/holds/<int:pk>/lift/", destructions.lift, name="privacy_hold_lift"),
    path("customers/<int:pk>/rights/", person.page, name="customer_rights"),
    path("customers/<int:pk>/rights/ask/", person.ask, name="customer_rights_ask"),
    path("customers/<int:pk>/rights/agree/", person.agree, name="customer_rights_agree"),
    path("customers/<int:pk>/rights/consents/<int:part>/withdraw/", person.withdraw, name="customer_consent_withdraw"),
    path("customers/<int:pk>/rights/hold/", person.hold, name="customer_rights_hold"),
    path("customers/<int:pk>/rights/use/", person.use_again, name="customer_rights_use"),
    path("me/", me.me, name="profile_page"),
    path("me/language/", me.language, name="profile_language"),
    path("me/tokens/", me.issue_token, name="token_issue"),
    path("me/tokens/<int:pk>/revoke/", me.revoke_token, name="token_revoke"),
]
