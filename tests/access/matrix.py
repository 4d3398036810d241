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

HUB_HEADS = frozenset({"hub_head"})
#: Who may know of customers; who opens files and changes cards (CUS-29).
WITH_CUSTOMERS = STAFF - {"auditor", "administrator"}
COLLECTING = frozenset({"agent", "agent2", "hub_head", "sales_head", "sales_handler"})
#: Who names custodians and sets the secrecy, and so brings in whole tables.
HEADING_FILES = frozenset({"hub_head", "general_manager"})
#: Who sees how customers are reached (SEC-08).
SERVING = COLLECTING | {"manager", "general_manager"}
#: Who decides, and so names a deputy.
HEADS = frozenset(
    {
        "hub_head", "production_head", "quality_head", "sales_head", "manager", "general_manager", "representative",
    }
)  # fmt: skip

# The case of the matrix: a complaint received by production's head; agent2 (of the hub) and the
# general manager are accused, so they must find nothing at all.
ACCUSED = frozenset({"agent2", "general_manager"})
HUB = frozenset({"agent", "hub_head"})
QUALITY = frozenset({"quality_head", "quality_handler", "representative"})
#: The manager heads the department above production, so what lies under it is also his.
PRODUCTION = frozenset({"production_head", "production_handler", "manager"})
READERS = HUB | QUALITY | PRODUCTION | {"manager", "auditor"}
HANDLERS = HUB | PRODUCTION

#: What may be done on that case, by whom; the word is permission, address and audit verb.
ACTS: dict[str, frozenset[str]] = {
    "read": READERS,
    "acknowledge": HUB,
    "decline": HUB,
    "ask_completion": HANDLERS,
    "complete": HANDLERS,
    "verify": HUB,
    "classify": HUB,
    "correct": HUB | {"production_head"},
    "agree_date": HUB,
    "dispatch": HUB,
    "add_department": HANDLERS,
    "receive": PRODUCTION,
    "return_to_hub": PRODUCTION,
    "pass_on": frozenset({"production_head", "manager"}),
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
    "settle": HUB,
    "close": HUB,
    "reopen": HUB,
    "archive": HUB,
    "give_breach_reason": HANDLERS,
    "decide_approval": frozenset({"representative"}),
    "withdraw_approval": HANDLERS | QUALITY,
    "history": HUB | QUALITY | {"manager", "auditor"},
    "print": READERS,
    "fill_in": READERS - {"auditor"},
}

#: Who sets surveys up, and who reads how they go.
MANAGING_SURVEYS = frozenset({"quality_head", "representative", "manager", "general_manager"})
SURVEYING = MANAGING_SURVEYS | {"quality_handler", "hub_head", "auditor"}

# The return of the matrix belongs to that case, so whoever is accused finds no return either. The hub opened it,
# quality, whose reason it is, confirmed it, finance paid. Of the returns desk, the warehouse, inspection, repair and
# the callback desk nobody works in this world: ``tests/returns/test_access.py`` walks as them.
RETURNS_DESK = HUB
OWNING_HEADS = frozenset({"quality_head", "representative"})
FINANCE = frozenset({"finance_handler"})
RETURN_READERS = HUB | QUALITY | FINANCE | {"manager", "auditor"}
NOBODY: frozenset[str] = frozenset()
#: Who has the menu entry: every function that a step of a return may come to, and who reads them all.
WITH_RETURNS = (
    HUB | QUALITY | FINANCE | {"agent2", "sales_head", "sales_handler", "manager", "general_manager", "auditor"}
)

#: What may be done with that return, by whom.
RETURN_ACTS: dict[str, frozenset[str]] = {
    "read": RETURN_READERS,
    "print": RETURN_READERS,
    "correct": RETURNS_DESK,
    "link": RETURNS_DESK,
    "detach": RETURNS_DESK,
    "cancel": RETURNS_DESK,
    "deliver": RETURNS_DESK,
    "decline_repair": RETURNS_DESK,
    "call_back": RETURNS_DESK,
    "give_breach_reason": RETURNS_DESK,
    "attach": RETURNS_DESK | QUALITY,
    "record_contact": RETURNS_DESK | QUALITY,
    "told": RETURNS_DESK,
    "open_case": RETURNS_DESK | QUALITY,
    "ask_inspection": QUALITY,
    "record_inspection": QUALITY,
    "inspect": QUALITY,
    "name_liable": QUALITY,
    "confirm": OWNING_HEADS,
    "refuse": OWNING_HEADS,
    "pay": FINANCE,
    "amend_refund": FINANCE,
    # The general manager is accused; the others are not of this world.
    **dict.fromkeys(
        (
            "decide_refund", "receive", "explain", "release", "redirect", "accept", "schedule", "change_place", "start",
            "note_work", "finish",
        ),
        NOBODY,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """What an address asks: ``public``, ``login``, or some ``people``; of a ``case`` or a ``return`` who reads and who
    acts.

    Somebody who may know that the address exists, but not use it, gets 403 or 404.
    """

    sort: str
    people: frozenset[str] = STAFF
    #: Who may write, where that is not who may read.
    writers: frozenset[str] | None = None
    #: Writing to one that exists is taken from its writers whether or not they may see it.
    unseen: bool = False

    def of(self, method: str) -> frozenset[str]:
        """Who may use the address with this method."""
        return self.people if method == "get" or self.writers is None else self.writers


def public() -> Rule:
    """Answers without a login."""
    return Rule("public")


def secret() -> Rule:
    """A customer's own case, opened by link or code in this browser: nobody has opened one in the walk."""
    return Rule("secret")


def login() -> Rule:
    """Own things of everybody who is logged in."""
    return Rule("login")


def people(who: frozenset[str]) -> Rule:
    """A page of some people."""
    return Rule("people", who)


def case(act: str, *, post: str = "") -> Rule:
    """Something about one case; ``post`` names the act where writing asks more than reading."""
    return Rule("case", ACTS[act], ACTS[post] if post else None)


def returned(act: str, *, unseen: bool = False) -> Rule:
    """Something about one return."""
    return Rule("return", RETURN_ACTS[act], unseen=unseen)


ADDRESSES: dict[str, Rule] = {
    # --- public
    **{
        name: public()
        for name in (
            "healthz", "readyz", "set_language", "feedback_form", "feedback_return", "feedback_challenge", "feedback_privacy",
            "feedback_receipt", "survey_answer", "track", "track_leave", "track_case",
            "track_link", "account_login", "account_signup",
            "account_inactive", "account_reset_password", "account_reset_password_done",
            "account_reset_password_from_key", "account_reset_password_from_key_done", "account_confirm_email",
            "account_confirm_login_code", "account_email_verification_sent", "mfa_authenticate", "account_logout",
            "schema", "docs", "api-login", "invitation_link", "invitation",
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
    # --- surveys: what is asked, what was answered. Nobody of the callback desk works in this world:
    # ``tests/surveys`` walks as its people, and before rows of one's own and of others.
    **dict.fromkeys(("surveys", "survey", "questionnaires", "questionnaire", "questionnaire_version"), people(SURVEYING)),
    **{
        name: people(MANAGING_SURVEYS)
        for name in (
            "survey_start", "survey_stop", "questionnaire_add", "questionnaire_edit", "questionnaire_retire",
            "questionnaire_restore", "survey_invitation_ask", "survey_invitation_paper",
        )
    },
    **dict.fromkeys(("callback_desk", "callback_next", "callback", "callback_take"), people(NOBODY)),
    **dict.fromkeys(("callback_quota", "callback_records"), people(SURVEYING - HUB_HEADS)),
    "callback_record_exports": people(MANAGING_SURVEYS),
    "callback_record_file": people(NOBODY),  # one's own, and nobody has one here
    # --- ledgers: each holds what its reader may see
    **dict.fromkeys(("ledger_list", "ledger", "ledger_pdf"), people(STAFF - {"administrator"})),
    "ledger_exports": people(HEADS | {"auditor"}),
    "ledger_export_file": people(NOBODY),  # one's own, and nobody has one here
    "survey_results": people(SURVEYING | HEADS),
    # --- the overview: of the house, of one's departments, or of one's own cases
    **dict.fromkeys(("dashboard", "dashboard_records"), people(STAFF - ADMINISTRATOR)),
    "survey_responses": people(STAFF - {"administrator"}),
    **{
        name: people(STAFF)  # one's own alone: any other is absent
        for name in (
            "survey_response", "survey_response_check", "survey_response_correct", "follow_up", "follow_up_finish",
            "follow_up_hand_on", "follow_up_propose_reopening", "follow_up_decide_reopening",
        )
    },
    "follow_ups": people(STAFF - {"administrator"}),
    "surveys_of_case": case("read"),
    "survey_fill_in": case("fill_in"),
    # --- reports: the list is everybody's, with what one may read; of a report that one may not, nothing is said.
    # ``tests/reports`` reads, approves, sends and looks behind figures.
    "report_list": login(),
    "report_ask": people(frozenset({"manager", "general_manager", "hub_head", "quality_head", "representative"})),
    **{
        name: people(STAFF)
        for name in (
            "report", "report_again", "report_correct", "report_approve", "report_send", "report_records", "report_pdf", "report_xlsx",
        )
    },
    "customer_cases": people(STAFF),
    "customer_story": people(WITH_CUSTOMERS),
    **{name: people(WITH_CUSTOMERS) for name in ("customer_list", "customer", "customer_offers", "customer_ask")},
    "cases_of_communication": people(STAFF),
    **{
        name: people(SERVING)
        for name in (
            "customer_communication", "customer_communication_new", "customer_communication_done",
            "customer_communication_pdf",
        )
    },
    "customer_communication_edit": people(frozenset({"agent"})),
    **{
        name: people(COLLECTING)
        for name in (
            "customer_new", "customer_edit", "customer_file_edit", "customer_holding_new", "customer_holding",
            "customer_holding_remove", "customer_class", "customer_standing",
        )
    },
    **{
        name: people(frozenset({"general_manager"}))
        for name in (
            "customer_file", "customer_grants", "customer_requests", "customer_grant_decide", "customer_grant_revoke",
        )
    },
    # Duplicates are for who collects and sees both in the clear, and the head of the files; see CustomerAccess.merges_with.
    **{
        name: people(COLLECTING | {"general_manager"})
        for name in (
            "customer_duplicates", "customer_duplicates_of", "customer_merge", "customer_tell_apart",
            "customer_propose_again", "customer_merged", "customer_unmerge",
        )
    },
    # A table may open, change and classify thousands of cards and name custodians: who heads the files (CUS-17, CUS-29).
    **{
        name: people(HEADING_FILES)
        for name in (
            "customer_imports", "customer_import_template", "customer_import", "customer_import_columns",
            "customer_import_sheet", "customer_import_run", "customer_import_refused", "customer_import_discard",
        )
    },
    # Lists leave the house by the heads of who collects (SEC-13).
    **{name: people(HEADING_FILES | {"sales_head"}) for name in ("customer_export", "customer_classes_pdf")},
    "customer_readings": people(frozenset({"general_manager", "auditor"})),
    "customer_fields": people(frozenset({"administrator"})),
    # --- personal data: who answers and who approves; the auditor reads
    **{
        name: people(frozenset({"hub_head", "general_manager", "auditor"}))
        for name in (
            "privacy_requests", "privacy_request", "privacy_destructions", "privacy_destruction", "privacy_certificate",
        )
    },
    **{
        name: people(frozenset({"hub_head", "general_manager"}))
        for name in (
            "privacy_identity", "privacy_answer", "privacy_copy", "privacy_ask_erasure", "privacy_list_due",
            "privacy_hold_lift", "customer_rights_hold", "customer_rights_use",
        )
    },
    "privacy_decide": people(frozenset({"general_manager"})),
    "privacy_destruction_decide": people(frozenset({"general_manager"})),
    **{
        name: people(COLLECTING | {"general_manager"})
        for name in ("customer_rights", "customer_rights_ask", "customer_rights_agree", "customer_consent_withdraw")
    },
    "consent_texts": people(ADMINISTRATOR),
    "customer_rules": people(ADMINISTRATOR),
    "bulk_acknowledge": people(HUB | {"agent2"}),
    "bulk_verify": people(HUB | {"agent2"}),
    "bulk_act": people(frozenset()),
    "bulk_dispatch": people(HUB | {"agent2"}),
    **{
        name: login() for name in ("product_options", "site_options", "department_options", "people_options")
    },
    # --- the API
    "api-case-list": Rule("people", STAFF, REGISTRARS),
    **{
        name: Rule("people", WITH_CUSTOMERS, COLLECTING)
        for name in ("api-customer-list", "api-customer-detail", "api-customer-holdings")
    },
    **{name: people(COLLECTING) for name in ("api-customer-holding", "api-customer-remove-holding")},
    **{name: people(SERVING) for name in ("api-customer-communications", "api-customer-communication")},
    **{
        f"api-case-{name.replace('_', '-')}": case(act)
        for name, act in {
            "detail": "read", "file": "read",
            **{act: act for act in (
                "acknowledge", "decline", "verify", "classify", "dispatch", "ask_completion", "receive",
                "return_to_hub",
                "pass_on", "take", "answer", "ask_extension", "decide_extension", "investigate", "act",
                "complete_measure", "verify_measure", "record_contact", "agree_date", "withdraw_approval", "note", "reply", "send_progress", "ask_opinion",
                "record_opinion", "close", "reopen", "archive", "complete", "correct", "recuse", "add_department",
                "cancel_assignment", "settle", "plan_visit", "record_visit", "cancel_visit", "give_breach_reason",
                "cancel_measure", "ask_waiver", "ask_explained", "decide_approval", "escalate", "answer_escalation",
            )},
        }.items()
    },
}  # fmt: skip

#: Acts on one of the case's parts; the matrix's case has one of each.
PARTS = (
    "receive", "take", "answer", "return_to_hub", "pass_on", "ask_extension", "cancel_assignment", "decide_extension",
    "record_visit", "cancel_visit", "complete_measure", "verify_measure", "cancel_measure", "decide_approval",
    "withdraw_approval",
    "give_breach_reason",
)  # fmt: skip
WHOLE = (
    "record_contact", "note", "settle", "acknowledge", "decline", "verify", "ask_completion", "complete", "classify",
    "correct", "agree_date", "dispatch", "add_department", "plan_visit", "investigate", "act", "plan_measure", "ask_waiver",
    "send_progress", "reply", "ask_opinion", "record_opinion", "escalate", "ask_explained", "close", "reopen", "archive",
    "attach", "recuse",
)  # fmt: skip

ADDRESSES |= {
    # --- one case
    "case": case("read"),
    "case_history": case("history"),
    "case_slip": case("print"),
    "case_slip_pdf": case("print"),
    "case_people": case("read"),
    "case_customers": case("correct"),
    **{name: case("read") for name in ("case_file", "case_file_thumb", "case_file_picture")},
    **{f"case_{act}": case(act) for act in (*PARTS, *WHOLE)},
    "case_answer_escalation": case("answer_escalation"),
    # --- settings: the administrators' own
    "settings": people(ADMINISTRATOR),
    "running": people(ADMINISTRATOR),
    "messages": people(ADMINISTRATOR | HUB_HEADS),
    **{name: people(ADMINISTRATOR | HUB_HEADS) for name in ("message_resend", "message_telephoned")},
    "deputies": people(HEADS | ADMINISTRATOR),
    "deputy_end": people(frozenset()),
    **{
        name: people(ADMINISTRATOR)
        for name in (
            "users", "user", "user_new", "users_invite", "user_invite", "user_deactivate", "user_reactivate",
            "user_end_sessions", "user_reset_factor", "organisation", "calendar", "calendar_weekly", "calendar_days",
            "calendar_list", "calendar_clear", "calendar_confirm", "categories", "category_new", "category",
            "category_retire", "category_restore", "vocabulary", "channel_new", "functions", "routing", "profile", "profile_version", "sheets",
            "sheet_template", "sheet_check", "sheet_checked", "sheet_errors", "handover", "handover_one",
            *(
                f"{what}{tail}"
                for what in ("departments", "sites", "products")
                for tail in ("", "_new", "_one", "_retire", "_restore")
            ),
        )
    },
}  # fmt: skip

ADDRESSES |= {
    # --- returns
    "return_board": people(WITH_RETURNS),
    "return_book": people(WITH_RETURNS),
    "return_new": people(HUB | {"agent2"}),
    # The book leaves the house by the heads of who accepts and pays, and the general manager (SEC-13).
    "return_exports": people(HEADING_FILES),
    "return_export_file": people(NOBODY),  # one's own, and nobody has one here
    "return_refunds": Rule("people", FINANCE | {"manager", "general_manager", "auditor"}, FINANCE),
    "returns_of_case": case("read"),
    "returns_of_customer": people(WITH_CUSTOMERS),
    # --- one return
    "return": returned("read"),
    **{name: returned("read") for name in ("return_file", "return_file_thumb", "return_file_picture")},
    **{name: returned("print") for name in ("return_slip_pdf", "return_repair_pdf", "return_tags_pdf")},
    **{f"return_{act}": returned(act) for act in RETURN_ACTS if act not in {"read", "print", "pay"}},
    # Who pays may try any slip: the gate refuses what is not confirmed, and the refusal is kept (RET-09).
    "return_pay": returned("pay", unseen=True),
}
ADDRESSES["api-case-files"] = case("read", post="attach")
ADDRESSES["api-case-measures"] = case("read", post="plan_measure")
ADDRESSES |= {
    name: secret()
    for name in ("track_case_of", "track_supplement", "track_opinion", "track_demand", "track_file", "track_data")
}

# --- returns by the API: what may be done with the return is the same as on its pages
ADDRESSES |= {
    "api-return-list": Rule("people", WITH_RETURNS, HUB | {"agent2"}),
    "api-return-detail": returned("read"),
    "api-return-file": returned("read"),
    "api-return-files": Rule("return", RETURN_ACTS["read"], RETURN_ACTS["attach"]),
    "api-return-pay": returned("pay", unseen=True),
    **{
        f"api-return-{act.replace('_', '-')}": returned(act)
        for act in set(RETURN_ACTS) - {"read", "print", "pay", "attach", "told"}
    },
}

# --- surveys by the API: as on the pages
ADDRESSES |= {
    "api-report-list": Rule("people", STAFF, frozenset({"manager", "general_manager", "hub_head", "quality_head", "representative"})),
    **{f"api-report-{name}": people(STAFF) for name in ("detail", "correct", "approve", "send", "records")},
    **{f"api-questionnaire-{name}": people(SURVEYING) for name in ("list", "detail", "version")},
    **{f"api-survey-{name}": people(SURVEYING) for name in ("list", "detail", "invitations")},
    **{
        f"api-callback-{name}": people(NOBODY)
        for name in ("list", "detail", "next", "take", "attempt", "answer")
    },
    **{f"api-{name}-list": people(STAFF - {"administrator"}) for name in ("survey-response", "follow-up")},
    # One's own alone: any other is absent.
    **{f"api-survey-response-{name}": people(STAFF) for name in ("detail", "check", "correct")},
    **{
        f"api-follow-up-{name}": people(STAFF)
        for name in ("detail", "finish", "hand-on", "propose-reopening", "decide-reopening")
    },
    "api-survey-result-list": people(SURVEYING | HEADS),
    "api-survey-fill-in": case("fill_in"),
}  # fmt: skip
