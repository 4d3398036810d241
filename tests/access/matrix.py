"""Who may do what, written by hand: every address, every person, apart from the code that decides it.

A new address fails ``test_every_address_stands_in_the_matrix`` until it is listed here.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Everybody who works in the world of the tests.
STAFF = frozenset(
    {
        "agent", "agent2", "hub_head", "production_head", "production_handler", "workshop_handler", "quality_head",
        "quality_handler", "sales_head", "sales_handler", "finance_handler", "manager", "general_manager",
        "representative", "auditor", "administrator",
    }
)  # fmt: skip
ADMINISTRATOR = frozenset({"administrator"})
#: All but the auditor, who only reads, register feedback (INT-02).
REGISTRARS = STAFF - {"auditor"}

# The case of the matrix: a complaint received by production's head; agent2 (of the hub) and the
# general manager are accused, so they must find nothing at all.
ACCUSED = frozenset({"agent2", "general_manager"})
HUB = frozenset({"agent", "hub_head"})
QUALITY = frozenset({"quality_head", "quality_handler", "representative"})
PRODUCTION = frozenset({"production_head", "production_handler"})
READERS = HUB | QUALITY | PRODUCTION | {"manager", "auditor"}
HANDLERS = HUB | PRODUCTION

#: What may be done on that case, by whom; the word is permission, address and audit verb.
ACTS: dict[str, frozenset[str]] = {
    "read": READERS,
    "acknowledge": HUB,
    "decline": HUB,
    "ask_completion": HANDLERS,
    "verify": HUB,
    "classify": HUB,
    "correct": HUB | {"production_head"},
    "dispatch": HUB,
    "add_department": HANDLERS,
    "receive": PRODUCTION,
    "return_to_hub": PRODUCTION,
    "pass_on": frozenset({"production_head"}),
    "take": PRODUCTION,
    "answer": PRODUCTION,
    "cancel_assignment": HANDLERS,
    "ask_extension": PRODUCTION,
    "decide_extension": HUB,
    "record_contact": HANDLERS,
    "note": HANDLERS | QUALITY | {"manager"},
    "attach": HANDLERS | QUALITY,
    "recuse": HUB | {"manager"},
    "plan_visit": HANDLERS,
    "record_visit": HANDLERS,
    "cancel_visit": HANDLERS,
    "investigate": HANDLERS | QUALITY,
    "act": HANDLERS | QUALITY,
    "plan_measure": PRODUCTION | QUALITY,
    "complete_measure": HANDLERS | QUALITY,
    "cancel_measure": PRODUCTION | QUALITY,
    "verify_measure": QUALITY | {"hub_head"},
    "ask_waiver": HANDLERS | QUALITY,
    "reply": HANDLERS,
    "send_progress": HANDLERS,
    "ask_opinion": HUB,
    "record_opinion": HUB,
    "escalate": HANDLERS,
    "answer_escalation": frozenset({"manager", "hub_head", "production_head", "quality_head", "representative"}),
    "ask_explained": HUB,
    "close": HUB,
    "reopen": HUB,
    "archive": HUB,
    "give_breach_reason": HANDLERS,
}


@dataclass(frozen=True)
class Rule:
    """What an address asks: ``public``, ``login``, or some ``people``; of a ``case`` who reads and who acts.

    ``refuses`` is what somebody gets who may know that the address exists, but not use it.
    """

    sort: str
    people: frozenset[str] = STAFF
    refuses: frozenset[int] = frozenset({403, 404})


def public() -> Rule:
    """Answers without a login."""
    return Rule("public")


def login() -> Rule:
    """Own things of everybody who is logged in."""
    return Rule("login")


def people(who: frozenset[str]) -> Rule:
    """A page of some people."""
    return Rule("people", who)


def case(act: str) -> Rule:
    """Something about one case."""
    return Rule("case", ACTS[act])


ADDRESSES: dict[str, Rule] = {
    # --- public
    **{
        name: public()
        for name in (
            "healthz", "readyz", "set_language", "feedback_form", "feedback_challenge", "feedback_privacy",
            "feedback_receipt", "track", "track_leave", "track_case", "track_case_of", "track_supplement",
            "track_opinion", "track_demand", "track_file", "track_link", "account_login", "account_signup",
            "account_inactive", "account_reset_password", "account_reset_password_done",
            "account_reset_password_from_key", "account_reset_password_from_key_done", "account_confirm_email",
            "account_confirm_login_code", "account_email_verification_sent", "mfa_authenticate", "account_logout",
            "schema", "docs", "api-login", "invitation", "invitation_accept",
        )
    },
    # --- one's own
    **{
        name: login()
        for name in (
            "account_reauthenticate", "account_email", "account_change_password", "account_set_password", "mfa_index",
            "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "usersessions_list", "desk", "counters",
            "inbox", "inbox_read", "profile_page", "profile_language", "token_issue", "api-logout", "case_search",
        )
    },
    # --- things of somebody else, always absent
    "token_revoke": people(frozenset()),
    "inbox_open": people(frozenset()),
    "desk_telephoned": people(frozenset()),
    "view_delete": people(frozenset()),
    # --- registering
    **{
        name: people(REGISTRARS)
        for name in (
            "case_log", "case_log_caller", "case_log_card", "case_log_due", "case_log_suggest", "case_draft_save",
            "case_drafts",
        )
    },
    "case_draft_discard": people(frozenset()),
    "case_add": case("record_contact"),
    "case_logged": case("read"),
}  # fmt: skip

ADDRESSES |= {
    # --- looking
    **{name: login() for name in ("case_list", "case_conditions", "view_save")},
    "case_list_print": people(STAFF - {"administrator"}),
    "overdue": people(frozenset({"manager", "general_manager", "auditor", "hub_head"})),
    "customer_cases": people(STAFF),
    "customer_list": people(STAFF - {"auditor", "administrator"}),
    "customer": people(STAFF - {"auditor", "administrator"}),
    "bulk_acknowledge": people(HUB | {"agent2"}),
    "bulk_dispatch": people(HUB | {"agent2"}),
    **{
        name: people(REGISTRARS)
        for name in ("product_options", "site_options", "department_options", "people_options")
    },
    # --- the API
    "api-case-list": login(),
    **{
        f"api-case-{name.replace('_', '-')}": case(act)
        for name, act in {
            "detail": "read", "files": "read", "file": "read", "measures": "read",
            **{act: act for act in (
                "acknowledge", "decline", "verify", "classify", "dispatch", "ask_completion", "receive", "return_to_hub",
                "pass_on", "take", "answer", "ask_extension", "decide_extension", "investigate", "act",
                "complete_measure", "verify_measure", "record_contact", "note", "reply", "send_progress", "ask_opinion",
                "record_opinion", "close", "reopen", "archive",
            )},
        }.items()
    },
}  # fmt: skip
