"""Every address of the product that answers with a page, each with somebody who may open it.

The list is read from the URLconf: a new page is swept without a word here. What cannot be opened must be explained.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.urls.converters import IntConverter

from audit.actor import Actor
from cases.models import BulkAct, Case, Category, Draft
from cases.queries.moves import PART_ACTS
from cases.secrets import link_token
from customers.models import Candidate, Communication, CustomerImport, Holding, ImportState, Merge
from documents.actions import process_due
from feedback_system.models import DataRequest, Destruction, Handover
from organization.actions.invitations import invite
from organization.models import Product, SheetUpload, Site
from reports.models import Report
from surveys.models import Answer, Callback, Draw, FollowUp, Invitation, Response, Survey
from surveys.secrets import link_token as survey_token
from tests.access.matrix import ADDRESSES
from tests.access.walker import ABSENT_PK, PARTS_OF_RETURNS, is_of_return, names
from tests.cases import visitors
from tests.e2e.full_world import Full
from tests.e2e.payloads import PAYLOADS, fitting
from tests.security.addresses import who
from tests.world import PASSWORD

#: Addresses that never show a page, and what they do instead.
ELSEWHERE = {
    "account_confirm_login_code": "signing in by a code is switched off",
    "customer_communication_pdf": "gives a file, the paper of ``customer_communication``",
    "customer_classes_pdf": "gives a file, the paper of the list of classes",
    "customer_import_template": "gives a file",
    "customer_import_refused": "gives a file",
    "case_slip_pdf": "gives a file, the paper of ``case_slip``",
    **dict.fromkeys(
        ("return_slip_pdf", "return_repair_pdf", "return_tags_pdf"), "gives a file, the paper of ``return``"
    ),
    "return_export_file": "gives a file",
    "callback_record_file": "gives a file",
    "ledger_export_file": "gives a file",
    "ledger_pdf": "gives a file, the paper of ``ledger``",
    "survey_invitation_paper": "gives a file",
    "privacy_certificate": "gives a file, the paper of ``privacy_destruction``",
    "account_set_password": "everybody has a password already",
    "inbox_open": "leads to what the message is about",
    "invitation_link": "leads to the page without the secret in its address",
    "set_language": "leads back",
    "track_link": "leads to the page without the secret in its address",
}
#: Pages of visitors in a certain situation: who stands in it.
SITUATIONS = {
    "account_logout": "agent",
    "feedback_receipt": "customer",
    "invitation": "invited",
    "mfa_activate_totp": "signed_in",
    "mfa_authenticate": "half_signed_in",
    "usersessions_list": "signed_in",
    # Whose step they are; in the world of the access matrix nobody of these functions works.
    "return_decide_refund": "general_manager",
    **dict.fromkeys(("return_pay", "return_amend_refund"), "finance_handler"),
    **dict.fromkeys(("return_receive", "return_explain", "return_release"), "store_keeper"),
    **dict.fromkeys(
        (
            "return_accept", "return_schedule", "return_change_place", "return_start", "return_note_work",
            "return_finish", "return_redirect",
        ),
        "repair_head",
    ),
    **dict.fromkeys(("callback_desk", "callback_next", "callback", "callback_take", "callback_records"), "callback_agent"),
    **dict.fromkeys(
        (
            "survey_response", "survey_response_check", "survey_response_correct", "follow_up", "follow_up_finish",
            "follow_up_hand_on", "follow_up_propose_reopening", "survey_fill_in", "surveys_of_case",
            "callback_record_exports",
        ),
        "quality_head",
    ),
    "follow_up_decide_reopening": "hub_head",
    "report_approve": "general_manager",
    **dict.fromkeys(("ledger_list", "ledger", "ledger_exports"), "hub_head"),
    "survey_answer": "",
    **dict.fromkeys(("track_case", "track_case_of", "track_data", "track_file"), "customer"),
    **dict.fromkeys(
        (
            "mfa_deactivate_totp", "mfa_download_recovery_codes", "mfa_generate_recovery_codes", "mfa_reauthenticate",
            "mfa_view_recovery_codes",
        ),
        "two_factors",
    ),
}  # fmt: skip


#: Pages that show again what stands behind the question mark, and who opens them.
ASKED = {
    "/search/": "hub_head", "/returns/book/": "hub_head", "/reports/ledgers/register/": "hub_head", "/cases/": "hub_head", "/customers/": "hub_head", "/settings/users/": "administrator",
    "/track/": "", "/accounts/login/": "",
}  # fmt: skip
KEYS = ("q", "next", "number", "state", "show")


def is_of_survey(name: str) -> bool:
    """Whether the address belongs to the room of surveys."""
    return name.startswith(("survey", "questionnaire", "callback", "follow_up"))


@dataclass(frozen=True)
class Page:
    """An address and whose window it is opened in; "" is somebody who is not signed in."""

    name: str
    path: str
    person: str
    #: Whether htmx gets a part of a page for it.
    fragment: bool = False


@dataclass
class Doors:
    """Sessions of everybody who opens pages, and the words with which addresses are written."""

    full: Full
    receipt: str = ""
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, person: str) -> Client:
        """The visitor without a browser: the same session, quicker."""
        if person not in self._clients:
            name = self.full.text(200)  # browsers write their own name into the list of sessions
            self._clients[person] = client = Client(raise_request_exception=False, headers={"User-Agent": name})
            special: Callable[[Client], None] | None = getattr(self, f"_{person}", None) if person else None
            if special:
                special(client)
            elif person:
                client.force_login(self.full.world.users[person])
        return self._clients[person]

    def cookie(self, person: str) -> str:
        """The session of a visitor; "" before there is one."""
        found = self.client(person).cookies.get(settings.SESSION_COOKIE_NAME)
        return found.value if found else ""

    # --- Situations

    def _customer(self, client: Client) -> None:
        """Sent the form, and opened the links of other cases."""
        words = {"text": self.full.text(), "product_text": self.full.text(120), "name": self.full.text(100)}
        sent = visitors.send(client, **words, files=[visitors.picture(f"{self.full.text(40)}.png")])
        self.receipt = sent["Location"]
        self.full.cases["sent"] = Case.objects.get(number=visitors.number_in(sent))
        process_due(by=Actor.system("files"))
        for case in self.full.cases.values():
            client.get(f"/track/{link_token(case)}/")

    def _signed_in(self, client: Client) -> None:
        """Has just given the password once more."""
        _sign_in(client, "quality_handler")
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    def _two_factors(self, client: Client) -> None:
        """The same, and has set up all that there is."""
        user = self.full.world.finance_handler
        _sign_in(client, user.username)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(user)

    def _half_signed_in(self, client: Client) -> None:
        self.client("two_factors")
        _sign_in(client, "finance_handler")

    def _invited(self, client: Client) -> None:
        token = invite(self.full.world.workshop_handler, by=self.full.actor("administrator"))
        client.get(reverse("invitation_link", args=[token]))

    # --- Addresses

    def candidates(self, name: str, wanted: dict[str, type]) -> Iterator[str]:
        """The ways in which an address can be written; the first that answers with a page is taken."""
        if name == "feedback_receipt":
            yield self.receipt
            return
        if is_of_survey(name):
            yield from self._of_surveys(name, wanted)
            return
        if name.startswith("report_") or name == "report":
            row = Report.objects.filter(state="approved" if name == "report_send" else "draft").latest("pk")
            yield reverse(name, kwargs={"number": row.number} if "number" in wanted else {})
            return
        if name.startswith("ledger"):
            yield reverse(name, kwargs={"code": "register"} if "code" in wanted else {})
            return
        if is_of_return(name) and "number" in wanted:
            yield from self._of_returns(name, wanted)
            return
        for case in self.full.cases.values():
            for part in self._parts(name, case):
                given = {"number": case.number, "code": "manufacturing", "version": 2, "what": "users"} | part
                arguments = {key: given.get(key, _anything(converter)) for key, converter in wanted.items()}
                try:
                    yield reverse(name, kwargs=arguments)
                except NoReverseMatch:  # the router names some addresses twice, with and without a format
                    return
            if "number" not in wanted:
                return

    def _of_surveys(self, name: str, wanted: dict[str, type]) -> Iterator[str]:
        """An address of whatever it names: a survey, a questionnaire, a call, an answer, a follow-up, a closed case."""
        quarter, answer = Draw.objects.latest("pk").quarter, Answer.objects.exclude(option="").earliest("pk")
        about = {
            "follow_up": FollowUp.objects.filter(state="proposed" if "decide" in name else "open"),
            "callback": Callback.objects.filter(state="waiting"),
            "survey_response": Response.objects.filter(pk=answer.response_id),
            "survey_invitation": Invitation.objects.all(),
            "survey": Survey.objects.filter(stopped_at=None),
        }
        rows = next((found for start, found in about.items() if name.startswith(start)), Survey.objects.none())
        for pk in rows.values_list("pk", flat=True) if "pk" in wanted else [0]:
            link = Invitation.objects.filter(state="open").latest("pk")
            given: dict[str, Any] = {
                "pk": pk, "answer": answer.pk, "code": "five_level", "kind": "link", "year": quarter.year,
                "number": self.full.cases["closed"].number, "token": survey_token(link.case_id, link.round),
            }  # fmt: skip
            if wanted.get("number") is IntConverter:
                given["number"] = (quarter.month + 2) // 3 if name.startswith("callback_record") else 1
            yield reverse(name, kwargs={key: given[key] for key in wanted})

    def _of_returns(self, name: str, wanted: dict[str, type]) -> Iterator[str]:
        """An address of each return; where it names a part, of each of its parts."""
        for slip in self.full.slips.values():
            rows = {"line": slip.lines, "return_clock": slip.clocks, "return_file": slip.files}
            parts = rows[PARTS_OF_RETURNS[name]].values_list("pk", flat=True) if "pk" in wanted else [0]
            for pk in parts:
                yield reverse(name, kwargs={"number": slip.number} | ({"pk": pk} if "pk" in wanted else {}))

    def _parts(self, name: str, case: Case) -> list[dict[str, Any]]:
        act = name.removeprefix("case_")
        if act in PART_ACTS:
            return [{"pk": pk} for pk in _of_case(case, PART_ACTS[act][0])]
        if name.startswith("privacy_"):
            request, list_ = DataRequest.objects.latest("pk"), Destruction.objects.latest("pk")
            return [{"number": list_.number} if "destruction" in name else {"pk": request.pk}]
        if name.startswith("customer") and (parts := self._twins(name, case)):
            return parts
        if name.startswith("customer_import"):
            return [{"pk": row.pk} for row in CustomerImport.objects.filter(state=ImportState.CHECKED)]
        if name == "returns_of_customer":
            return [{"pk": case.customer_id}]
        if name.startswith("customer"):
            rows = Communication if "communication" in name else Holding
            parts = rows._default_manager.filter(
                customer=case.customer, **({"kind": "product"} if rows is Holding else {})
            )
            return [{"pk": row.customer_id, "part": row.pk, "kind": "product"} for row in parts] or [{}]
        if "file" in act:
            return [{"pk": row.pk} for row in case.files.all()] or [{}]
        sort = name.partition("_")[0].rstrip("s")
        rows: dict[str, Any] = {
            "user": self.full.world.agent,
            "category": Category.objects.filter(parent__isnull=False).first(),
            "department": self.full.world.workshop,
            "site": Site.objects.first(),
            "product": Product.objects.filter(parent__isnull=False).first(),
            "bulk": BulkAct.objects.first(),
            "handover": Handover.objects.first(),
            "sheet": SheetUpload.objects.filter(what="users").first(),
        }
        return [{"pk": rows[sort].pk}] if rows.get(sort) else [{}]

    def _twins(self, name: str, case: Case) -> list[dict[str, Any]]:
        """What the pages of duplicates and merges are about."""
        if name in {"customer_merged", "customer_unmerge"}:
            rows = Merge.objects.filter(kept=case.customer)
            return [{"pk": row.kept_id, "part": row.pk} for row in rows] or [{}]
        if name in {"customer_merge", "customer_tell_apart", "customer_propose_again"}:
            pairs = Candidate.objects.filter(low=case.customer)
            return [{"pk": row.low_id, "other": row.high_id} for row in pairs] or [{}]
        return []

    def pages(self) -> tuple[list[Page], dict[str, int]]:
        """Every page, and addresses that should be one and could not be opened, with what they answered."""
        found, unopened = [], {}
        self.client("customer")
        for name, wanted in sorted(names(), key=lambda entry: entry[0]):
            if name in ELSEWHERE or name.startswith("api-"):  # the API knows no form but JSON
                continue
            person = SITUATIONS.get(name) or (who(name) if name in ADDRESSES else "administrator")
            status = 0
            for path in self.candidates(name, wanted):
                answer = self.client(person).get(path, headers={"HX-Request": "true", "HX-Target": "sheet-body"})
                status = answer.status_code
                if answer.streaming:
                    answer.getvalue()  # to its end, which gives the file back
                if status in {200, 405}:
                    break
            if status == 200 and _is_page(answer):
                found.append(Page(name, path, person, fragment=b"<html" not in answer.content))
            elif status not in {200, 405}:
                unopened[name] = status
        return found, unopened

    def further(self) -> Iterator[Page]:
        """Pages that look different by what stands behind the question mark, or by who looks; and some that fail."""
        cases = self.full.cases
        for label in ("working", "asking", "closed", "returned", "declined"):
            yield Page(f"case {label}", f"/cases/{cases[label].number}/?all=1&order=oldest", "hub_head")
        yield Page("case as its first-asked", f"/cases/{cases['told'].number}/", "sales_handler")
        yield Page("case given back", f"/cases/{cases['returned'].number}/", "production_handler")
        yield Page("case of the accused", f"/cases/{cases['working'].number}/", "agent2")
        yield Page("draft", f"/cases/log/?draft={Draft.objects.filter(user=self.full.world.agent)[0].pk}", "agent")
        yield Page("list", "/cases/?state=all", "hub_head")
        for slip in self.full.slips.values():
            yield Page(f"return {slip.state}", f"/returns/{slip.number}/", "desk_clerk")
        yield Page("returns of all", "/returns/?turn=all", "manager")
        yield Page("book of returns", "/returns/book/?q=canary", "auditor")
        yield Page("return of a case", f"/returns/new/?case={cases['working'].number}", "hub_head")
        for code in ("complaints", "assignments", "measures"):
            yield Page(f"ledger of {code}", f"/reports/ledgers/{code}/", "manager")
        customer = cases["working"].customer_id
        for keeper in ("general_manager", "sales_handler"):
            self.client(keeper).post(f"/customers/{customer}/file/", {"purpose": self.full.text(200)})
            yield Page(f"file read by {keeper}", f"/customers/{customer}/file/", keeper)
        yield Page("file changed", f"/customers/{customer}/file/edit/", "sales_handler")
        yield Page("card changed", f"/customers/{customer}/edit/", "hub_head")
        yield Page("printed list", "/cases/print/?state=all", "hub_head")
        for label in ("asking", "incomplete", "closed"):
            yield Page(f"track {label}", f"/track/case/{cases[label].number}/", "customer")
        for key, row in (("giver", self.full.world.production_head), ("giver_department", self.full.world.production)):
            yield Page(f"handover {key}", f"/settings/handover/?{key}={row.pk}", "administrator")
        for n, (path, person) in enumerate(ASKED.items()):
            words = {key: fitting(n * 13 + step * 7, 190) for step, key in enumerate(KEYS)}
            yield Page(f"{path} with words", f"{path}?{urlencode(words)}", person)
        forged = f'{PAYLOADS[32]}\n{{"level": "INFO"}} \x9b31m \u2028 \u202e 13805126634'
        yield Page("nowhere", f"/nowhere/{quote(forged, safe='')}/", "agent")


def _is_page(answer: Any) -> bool:
    return bool(answer.headers.get("Content-Type", "").startswith("text/html"))


def _anything(converter: type) -> Any:
    """An argument that fits, and names nothing."""
    if "UUID" in converter.__name__:
        return uuid.UUID(int=1)
    return ABSENT_PK if "Int" in converter.__name__ else "x" * 20


def _sign_in(client: Client, login: str) -> None:
    client.post("/accounts/login/", {"login": login, "password": PASSWORD})


def _of_case(case: Case, part: str) -> list[int]:
    """The parts of a case, of a kind."""
    if part == "extensions":
        return [row.pk for assignment in case.assignments.all() for row in assignment.extensions.all()]
    if part == "approvals":
        from regulations.models import Approval

        return list(Approval.objects.filter(thread=case.thread).values_list("pk", flat=True))
    return list(getattr(case, part).values_list("pk", flat=True))
