"""The schema that programs are written from: valid, without a warning, with names that stay."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

#: Method, address without its beginning -> the name by which generated programs call it.
OF_CUSTOMERS = {
    "get ": "list",
    "post ": "create",
    "get {id}/": "retrieve",
    "patch {id}/": "partial_update",
    "get {id}/communications/": "communications_list",
    "post {id}/communications/": "communications_create",
    "get {id}/communications/{part}/": "communications_retrieve",
    "get {id}/holdings/": "holdings_list",
    "post {id}/holdings/": "holdings_create",
    "patch {id}/holdings/{part}/": "holdings_partial_update",
    "post {id}/holdings/{part}/remove/": "holdings_remove_create",
}
NAMED_CHOICES = {
    "AssignmentState", "CaseState", "CommunicationKind", "ContactType", "CustomerType", "FindingSeverity",
    "HoldingInKindEnum", "HoldingKind", "MeasureState", "Outcome", "Secrecy", "Severity", "Tier", "TypeEnum",
    "VisitClass", "Way",
    "Difference", "InspectionPurpose", "RefundVia", "RefundWay", "RepairNoteKind", "RepairPlace",
    "ReturnHandling", "ReturnOutcome", "ReturnSatisfaction", "ReturnSource", "ReturnState",
    "WarrantyExclusion",
    "CallResult", "CallWithoutAnswers", "CallbackState", "FollowUpReason", "FollowUpState", "InvitationState",
    "InvitationWhy", "ItemKind", "OnBehalfSource", "ResponseBand", "ResponseGenuine", "ResponseSource",
    "ResponseVerdict", "SurveyKind",
}  # fmt: skip
#: Addresses of returns that are no act of a page's own word.
OF_RETURNS = {
    "get ": "list",
    "post ": "create",
    "get {number}/": "retrieve",
    "get {number}/files/": "files_list",
    "post {number}/files/": "files_create",
    "get {number}/files/{id}/": "files_retrieve",
    "post {number}/lines/{id}/explain/": "lines_explain_create",
    "post {number}/clocks/{id}/give_breach_reason/": "clocks_give_breach_reason_create",
    "post {number}/correct/": "correct_create",
}

#: Everything that programs ask and do about surveys; what is not here is done on the pages.
OF_SURVEYS = {
    "get ": "list",
    "get {id}/": "retrieve",
    "get {id}/invitations/": "invitations_list",
    "get questionnaires/": "questionnaires_list",
    "get questionnaires/{code}/": "questionnaires_retrieve",
    "get questionnaires/{code}/versions/{version}/": "questionnaires_versions_retrieve",
    "get responses/": "responses_list",
    "get responses/{id}/": "responses_retrieve",
    "post responses/{id}/check/": "responses_check_create",
    "post responses/{id}/answers/{part}/correct/": "responses_answers_correct_create",
    "get fill-in/{number}/": "fill_in_retrieve",
    "post fill-in/{number}/": "fill_in_create",
    "get callbacks/": "callbacks_list",
    "post callbacks/next/": "callbacks_next_create",
    "get callbacks/{id}/": "callbacks_retrieve",
    "post callbacks/{id}/take/": "callbacks_take_create",
    "post callbacks/{id}/attempt/": "callbacks_attempt_create",
    "post callbacks/{id}/answer/": "callbacks_answer_create",
    "get follow-ups/": "follow_ups_list",
    "get follow-ups/{id}/": "follow_ups_retrieve",
    "post follow-ups/{id}/finish/": "follow_ups_finish_create",
    "post follow-ups/{id}/hand_on/": "follow_ups_hand_on_create",
    "post follow-ups/{id}/propose_reopening/": "follow_ups_propose_reopening_create",
    "post follow-ups/{id}/decide_reopening/": "follow_ups_decide_reopening_create",
    "get results/": "results_list",
}

#: Everything that programs ask and do about issued reports.
OF_REPORTS = {
    "get ": "list",
    "post ": "create",
    "get {number}/": "retrieve",
    "post {number}/correct/": "correct_create",
    "post {number}/approve/": "approve_create",
    "post {number}/send/": "send_create",
    "get {number}/records/": "records_retrieve",
}


@pytest.fixture
def schema(db: None) -> dict[str, Any]:
    found: dict[str, Any] = APIClient().get("/api/schema/?format=json").json()
    return found


def test_the_schema_is_valid_and_made_without_a_warning(db: None) -> None:
    reset_generator_stats()
    made = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS, GENERATOR_STATS.emit_summary()
    validate_schema(made)


def test_addresses_of_customers_keep_their_names(schema: dict[str, Any]) -> None:
    found = {
        f"{method} {path.removeprefix('/api/v1/customers/')}": operation["operationId"]
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/customers/")
        for method, operation in methods.items()
    }
    assert found == {place: f"v1_customers_{name}" for place, name in OF_CUSTOMERS.items()}


def test_addresses_of_returns_keep_their_names(schema: dict[str, Any]) -> None:
    from returns.views.acts import SHEETS

    found = {
        f"{method} {path.removeprefix('/api/v1/returns/')}": operation["operationId"]
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/returns/")
        for method, operation in methods.items()
    }
    acts = {f"post {{number}}/{name}/": f"{name}_create" for name in SHEETS if name != "attach"}
    assert found == {place: f"v1_returns_{name}" for place, name in (OF_RETURNS | acts).items()}


def test_addresses_of_surveys_keep_their_names(schema: dict[str, Any]) -> None:
    found = {
        f"{method} {path.removeprefix('/api/v1/surveys/')}": operation
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/surveys/")
        for method, operation in methods.items()
    }
    names = {place: operation["operationId"] for place, operation in found.items()}
    assert names == {place: f"v1_surveys_{name}" for place, name in OF_SURVEYS.items()}
    assert {tuple(operation["tags"]) for operation in found.values()} == {("surveys",)}


def test_addresses_of_reports_keep_their_names(schema: dict[str, Any]) -> None:
    found = {
        f"{method} {path.removeprefix('/api/v1/reports/')}": operation["operationId"]
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/reports/")
        for method, operation in methods.items()
    }
    assert found == {place: f"v1_reports_{name}" for place, name in OF_REPORTS.items()}


def test_a_page_of_figures_is_one_thing_not_a_list_of_them(schema: dict[str, Any]) -> None:
    for place, name in (("results", "ResultsOut"), ("callbacks", "CallbackQueue")):
        answer = schema["paths"][f"/api/v1/surveys/{place}/"]["get"]["responses"]["200"]
        assert answer["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{name}"}


def test_choices_have_names_of_their_own(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]
    assert shapes.keys() >= NAMED_CHOICES
    assert shapes["TypeEnum"]["enum"] == ["correction", "corrective", "preventive"]
    assert shapes["HoldingInKindEnum"]["enum"] == ["product", "vehicle", "project"]


@pytest.mark.req("CUS-18")
def test_the_schema_says_that_the_whole_file_is_not_there(schema: dict[str, Any]) -> None:
    (tag,) = [tag for tag in schema["tags"] if tag["name"] == "customers"]
    assert "whole file" in tag["description"]
    told = schema["components"]["schemas"]["CustomerDetail"]["properties"].keys()
    assert not told & {"credit", "finances", "contracts", "orders", "amount"}
