"""Addresses of the organisation's settings, under /settings/."""

from django.urls import URLPattern, URLResolver, path

from organization.views import deputies, functions, organisation, units, users

urlpatterns: list[URLPattern | URLResolver] = [
    path("users/", users.users, name="users"),
    path("users/new/", users.user_new, name="user_new"),
    path("users/<int:pk>/", users.user, name="user"),
    path("users/<int:pk>/deactivate/", users.user_deactivate, name="user_deactivate"),
    path("users/<int:pk>/reactivate/", users.user_reactivate, name="user_reactivate"),
    path("users/<int:pk>/end-sessions/", users.user_end_sessions, name="user_end_sessions"),
    path("users/<int:pk>/reset-second-factor/", users.user_reset_factor, name="user_reset_factor"),
    path("functions/", functions.functions, name="functions"),
    path("deputies/", deputies.deputies, name="deputies"),
    path("deputies/<int:pk>/end/", deputies.deputy_end, name="deputy_end"),
    path("organisation/", organisation.organisation, name="organisation"),
]
for what in units.SORTS:
    one = {"what": what}
    urlpatterns += [
        path(f"{what}/", units.units, one, name=what),
        path(f"{what}/new/", units.unit_new, one, name=f"{what}_new"),
        path(f"{what}/<int:pk>/", units.unit, one, name=f"{what}_one"),
        path(f"{what}/<int:pk>/retire/", units.unit_retire, one, name=f"{what}_retire"),
        path(f"{what}/<int:pk>/restore/", units.unit_restore, one, name=f"{what}_restore"),
    ]
