"""Colleagues: who may change whom, what ends with a departure, and what is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove
from audit.models import Event
from audit.queries import changes_of
from notifications.models import Message
from organization.actions import deputies, invitations, people
from organization.actions.people import Person, Place
from organization.models import Deputy, Invitation, Role, User
from organization.queries import identity_of
from organization.tokens import find, issue
from tests.world import PASSWORD, World


def form_of(user: User, **changes: object) -> dict[str, object]:
    """What the page of a colleague sends when somebody saves it."""
    places = list(user.memberships.order_by("-is_main", "pk"))
    data: dict[str, object] = {
        "username": user.username, "name": user.name, "role": user.role, "email": user.email, "phone": user.phone,
        "functions": [f.code for f in user.functions.all()],
        "places-TOTAL_FORMS": len(places) + 2, "places-INITIAL_FORMS": len(places),
    }  # fmt: skip
    for n, place in enumerate(places):
        data[f"places-{n}-department"] = place.department_id
        if place.is_head:
            data[f"places-{n}-is_head"] = "on"
    return data | changes


def person(user: User, **changes: str) -> Person:
    values = {"username": user.username, "name": user.name, "role": user.role, "email": user.email, "phone": user.phone}
    return Person(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.req("ORG-02", "SEC-09")
def test_a_colleague_is_added_with_departments_head_mark_and_functions(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {
        "username": "ma.lin", "name": "马林", "role": "head", "email": "malin@huiyin.example", "phone": "13800000000",
        "functions": ["management_representative"], "second_factor": "on",
        "places-TOTAL_FORMS": 2, "places-INITIAL_FORMS": 0,
        "places-0-department": world.sales.pk, "places-0-is_head": "on", "places-1-department": world.repair.pk,
    }  # fmt: skip
    response = client.post(reverse("user_new"), data)
    user = User.objects.get(username="ma.lin")
    assert response.headers["Location"] == reverse("user", args=[user.pk])
    assert [(m.department_id, m.is_head, m.is_main) for m in user.memberships.order_by("-is_main")] == [
        (world.sales.pk, True, True),
        (world.repair.pk, False, False),
    ]
    assert user.must_prove_second_factor
    assert not user.has_usable_password()
    assert user.initials == "ml"
    event = Event.objects.get(thread=f"user:{user.pk}", verb="create")
    assert event.changes["departments"][1] == ["repair", "sales"]
    assert "马林" not in str(event.changes)
    assert {change.field for change in changes_of(event) if change.personal} == {"name", "email", "phone"}


def test_the_list_finds_by_name_initials_login_name_and_department(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    for query, found in {
        "q=林晓": "林晓",
        "q=lx": "林晓",
        "q=agent2": "苏晴",
        f"department={world.production.pk}": "郑凯",  # of a workshop that lies under it
        "role=auditor": "沈静",
    }.items():
        page = client.get(f"{reverse('users')}?{query}").content.decode()
        assert f">{found}</a>" in page, query
    assert "没有找到用户" in client.get(reverse("users"), {"q": "不存在的人"}).content.decode()


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_forty(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("users"), {"q": "agent"})
    for n in range(40):
        people.create_user(
            Person(f"many{n}", f"多人{n}", Role.HANDLER), by=world.actor("administrator"), places=[Place(world.sales)]
        )
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("users"), {"state": "all"})
    assert len(many) <= len(few) + 1


@pytest.mark.req("SEC-09")
def test_a_change_of_rights_acts_at_once_and_is_written_down(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = form_of(world.production_handler, role="head", **{"places-0-is_head": "on"})
    assert client.post(reverse("user", args=[world.production_handler.pk]), data).status_code == 302
    assert world.workshop.pk in identity_of(User.objects.get(username="production_handler")).headed
    event = Event.objects.get(thread=f"user:{world.production_handler.pk}", verb="update")
    assert event.changes == {"role": ["handler", "head"], "heads": [[], ["production"]]}


def test_saving_without_a_change_writes_nothing_down(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    assert client.post(reverse("user", args=[world.agent.pk]), form_of(world.agent)).status_code == 302
    assert not Event.objects.filter(thread=f"user:{world.agent.pk}").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "AGENT"}, "username"),
        ({"username": "有 空格"}, "username"),
        ({"email": "AGENT@huiyin.example"}, "email"),
        ({"role": "emperor"}, "role"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(world: World, changes: dict[str, str], field: str) -> None:
    values = {"username": "neu", "name": "新人", "role": "agent", "email": ""} | changes
    with pytest.raises(InvalidInput) as refused:
        people.create_user(Person(**values), by=world.actor("administrator"))
    assert refused.value.field == field


def test_the_database_itself_keeps_addresses_apart(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=world.agent2.pk).update(email=world.agent.email.upper())


def test_nobody_changes_the_own_role(world: World) -> None:
    with pytest.raises(Blocked):
        people.update_user(
            world.administrator, person(world.administrator, role="manager"), by=world.actor("administrator"), places=[]
        )
    assert User.objects.get(username="administrator").role == "administrator"


def test_there_is_always_an_administrator(world: World) -> None:
    other = people.create_user(Person("second", "另一位", Role.ADMINISTRATOR), by=world.actor("administrator"))
    people.deactivate_user(world.administrator, by=Actor.staff(other))
    with pytest.raises(Blocked):
        people.deactivate_user(other, by=world.actor("manager"))
    with pytest.raises(Blocked):
        people.update_user(other, person(other, role="agent"), by=world.actor("manager"), places=[])


def test_nobody_deactivates_himself(world: World, client: Client) -> None:
    people.create_user(Person("second", "另一位", Role.ADMINISTRATOR), by=world.actor("administrator"))
    client.force_login(world.administrator)
    client.post(reverse("user_deactivate", args=[world.administrator.pk]))
    assert User.objects.get(username="administrator").is_active


@pytest.mark.req("SEC-01", "SEC-09")
def test_with_a_departure_sessions_keys_and_links_end_at_once(world: World, client: Client) -> None:
    theirs = Client()
    theirs.login(username="agent", password=PASSWORD)
    assert theirs.get(reverse("inbox")).status_code == 200
    _token, key = issue(world.agent, name="表格", by=world.actor("agent"))
    link = invitations.invite(world.agent, by=world.actor("administrator"))
    client.force_login(world.administrator)
    client.post(reverse("user_deactivate", args=[world.agent.pk]))
    assert theirs.get(reverse("inbox")).status_code == 302
    assert find(key, now=timezone.now()) is None
    assert invitations.find_invitation(link, now=timezone.now()) is None
    assert Event.objects.get(thread=f"user:{world.agent.pk}", verb="deactivate").changes == {"active": [True, False]}
    with pytest.raises(InvalidMove):
        invitations.invite(User.objects.get(username="agent"), by=world.actor("administrator"))
    assert world.agent.name in client.get(reverse("users"), {"state": "inactive"}).content.decode()


def test_who_comes_back_needs_a_new_password(world: World, client: Client) -> None:
    people.deactivate_user(world.agent, by=world.actor("administrator"))
    client.force_login(world.administrator)
    client.post(reverse("user_reactivate", args=[world.agent.pk]))
    user = User.objects.get(username="agent")
    assert user.is_active
    assert not user.has_usable_password()
    assert not Client().login(username="agent", password=PASSWORD)


def test_signing_out_everywhere_ends_every_session(world: World, client: Client) -> None:
    devices = [Client(), Client()]
    for device in devices:
        device.post(reverse("account_login"), {"login": "agent", "password": PASSWORD})
        assert device.get(reverse("inbox")).status_code == 200
    client.force_login(world.administrator)
    client.post(reverse("user_end_sessions", args=[world.agent.pk]))
    assert [device.get(reverse("inbox")).status_code for device in devices] == [302, 302]


def test_a_lost_phone_costs_the_second_factor_only(world: World, client: Client) -> None:
    Authenticator.objects.create(user=world.agent, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(world.administrator)
    client.post(reverse("user_reset_factor", args=[world.agent.pk]))
    assert not Authenticator.objects.filter(user=world.agent).exists()
    assert User.objects.get(username="agent").has_usable_password()
    assert Event.objects.filter(thread=f"user:{world.agent.pk}", verb="reset_second_factor").exists()


# --- Deputies ----------------------------------------------------------------------------------


def appoint(world: World, client: Client, **given: object) -> object:
    now = timezone.localtime()
    data = {
        "deputy": world.quality_handler.pk,
        "starts_at": now.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
    }
    return client.post(reverse("deputies"), data | given)


@pytest.mark.req("ORG-15")
def test_a_head_names_a_deputy_for_himself(world: World, client: Client) -> None:
    client.force_login(world.quality_head)
    assert appoint(world, client).status_code == 302  # type: ignore[attr-defined]
    row = Deputy.objects.get()
    assert (row.principal, row.deputy) == (world.quality_head, world.quality_handler)
    assert [p.user_id for p in identity_of(world.quality_handler).acting][1:] == [world.quality_head.pk]
    assert Event.objects.filter(thread=f"user:{world.quality_head.pk}", verb="appoint_deputy").exists()


@pytest.mark.req("ORG-15", "SEC-01")
def test_a_head_names_no_deputy_for_somebody_else(world: World, client: Client) -> None:
    client.force_login(world.quality_head)
    appoint(world, client, principal=world.manager.pk)
    assert not Deputy.objects.filter(principal=world.manager).exists()


@pytest.mark.req("ORG-15")
def test_the_administrator_names_deputies_for_everybody(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    assert appoint(world, client, principal=world.manager.pk).status_code == 302  # type: ignore[attr-defined]
    assert Deputy.objects.get().principal == world.manager


@pytest.mark.req("SEC-01")
def test_nobody_takes_somebodys_rights_by_naming_himself_the_deputy(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    response = appoint(world, client, principal=world.manager.pk, deputy=world.administrator.pk)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert not Deputy.objects.exists()


@pytest.mark.parametrize(("starts", "ends"), [(2, 1), (-5, -1), (0, 400)])
def test_a_deputyship_has_an_end_that_lies_ahead_within_a_year(world: World, starts: int, ends: int) -> None:
    now = timezone.now()
    with pytest.raises(InvalidInput):
        deputies.appoint_deputy(
            world.manager, world.hub_head, by=world.actor("administrator"),
            starts_at=now + timedelta(days=starts), ends_at=now + timedelta(days=ends),
        )  # fmt: skip


@pytest.mark.req("ORG-15")
def test_a_deputyship_ends_early_by_either_side_and_by_nobody_else(world: World, client: Client) -> None:
    now = timezone.now()
    row = deputies.appoint_deputy(
        world.quality_head, world.quality_handler, by=world.actor("quality_head"),
        starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    client.force_login(world.sales_head)
    assert client.post(reverse("deputy_end", args=[row.pk])).status_code == 404
    client.force_login(world.quality_handler)
    client.post(reverse("deputy_end", args=[row.pk]))
    assert identity_of(world.quality_handler).deputised == ()
    assert Deputy.objects.get().ends_at <= timezone.now()


# --- Invitations as an administrator makes them -----------------------------------------------------


def test_the_link_is_shown_once_and_mailed_where_there_is_an_address(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    User.objects.filter(pk=world.agent2.pk).update(email="")
    page = client.post(reverse("users_invite"), {"ids": [world.agent.pk, world.agent2.pk]}).content.decode()
    assert page.count("/accounts/invitation/") == 4  # each in a field and in its copy button
    assert "没有电子邮箱" in page
    message = Message.objects.get(kind="invitation")
    assert (message.user, message.channel) == (world.agent, "email")
    assert "/accounts/invitation/" in message.context["link"]
    assert Invitation.objects.filter(used_at=None).count() == 2
    assert "/accounts/invitation/" not in client.get(reverse("user", args=[world.agent.pk])).content.decode()


def test_inviting_nobody_says_so(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    page = client.post(reverse("users_invite"), {"ids": ["x", "9" * 40]}, follow=True).content.decode()
    assert "没有选择人员" in page
