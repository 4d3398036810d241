import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from audit.exceptions import Blocked, InvalidInput, NotAllowed, Reason, StaleRecord


def test_a_gate_that_is_not_passed_lists_all_reasons() -> None:
    reasons = [Reason("no_reply", "尚未答复。"), Reason("no_opinion", "尚未征求客户意见。")]
    error = Blocked(reasons)
    assert error.reasons == reasons
    assert all(str(reason) in error.message for reason in reasons)


def test_a_reason_may_be_translated_later() -> None:
    assert str(Reason("x", _("Staff")))
    assert Reason("x", "y").kind == "missing"


def test_a_wrong_value_names_its_field() -> None:
    error = InvalidInput("phone", "电话号码位数不对。")
    assert (error.field, error.message) == ("phone", "电话号码位数不对。")


@pytest.mark.parametrize("error", [StaleRecord, NotAllowed])
def test_every_refusal_says_something_to_a_person_in_chinese(error: type[StaleRecord | NotAllowed]) -> None:
    with translation.override("zh-hans"):
        message = error().message
    assert message.endswith("。")


def test_a_stale_record_names_what_changed() -> None:
    assert StaleRecord(["summary"]).changed == ["summary"]
