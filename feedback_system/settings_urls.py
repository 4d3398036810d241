"""Addresses of the settings' pages that only the composition root can show, under /settings/."""

from django.urls import URLPattern, URLResolver, path

from customers.views import file
from feedback_system.views import calendar, handover, messages, profile, running, settings, sheets, vocabulary
from feedback_system.views.privacy import rules, texts

urlpatterns: list[URLPattern | URLResolver] = [
    path("", settings.settings, name="settings"),
    path("users/invite/", settings.users_invite, name="users_invite"),
    path("users/<int:pk>/invite/", settings.user_invite, name="user_invite"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/weekly/", calendar.calendar_weekly, name="calendar_weekly"),
    path("calendar/days/", calendar.calendar_days, name="calendar_days"),
    path("calendar/list/", calendar.calendar_list, name="calendar_list"),
    path("calendar/clear/", calendar.calendar_clear, name="calendar_clear"),
    path("calendar/confirm/", calendar.calendar_confirm, name="calendar_confirm"),
    path("customer-fields/", file.field_rules, name="customer_fields"),
    path("customer-rules/", rules.customer_rules, name="customer_rules"),
    path("consent-texts/", texts.consent_texts, name="consent_texts"),
    path("categories/", vocabulary.categories, name="categories"),
    path("categories/new/", vocabulary.category_new, name="category_new"),
    path("categories/<int:pk>/", vocabulary.category, name="category"),
    path("categories/<int:pk>/retire/", vocabulary.category_retire, name="category_retire"),
    path("categories/<int:pk>/restore/", vocabulary.category_restore, name="category_restore"),
    path("vocabulary/", vocabulary.vocabulary, name="vocabulary"),
    path("vocabulary/channels/new/", vocabulary.channel_new, name="channel_new"),
    path("routing/", profile.routing, name="routing"),
    path("profile/", profile.profile, name="profile"),
    path("profile/<slug:code>/<int:version>/", profile.profile_version, name="profile_version"),
    path("import/", sheets.sheets, name="sheets"),
    path("import/<slug:what>/template/", sheets.sheet_template, name="sheet_template"),
    path("import/<slug:what>/check/", sheets.sheet_check, name="sheet_check"),
    path("import/checked/<int:pk>/", sheets.sheet_checked, name="sheet_checked"),
    path("import/checked/<int:pk>/errors/", sheets.sheet_errors, name="sheet_errors"),
    path("handover/", handover.handover, name="handover"),
    path("handover/<int:pk>/", handover.handover_one, name="handover_one"),
    path("running/", running.running, name="running"),
    path("messages/", messages.messages_page, name="messages"),
    path("messages/<int:pk>/resend/", messages.message_resend, name="message_resend"),
    path("messages/<int:pk>/telephoned/", messages.message_telephoned, name="message_telephoned"),
]
