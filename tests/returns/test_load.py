"""Generated returns stand as the actions would have left them: numbers, turns, readers, what is searched."""

from __future__ import annotations

import pytest
from django.db import connection

from feedback_system.load.returns import write_returns
from organization.models.units import Function
from returns import readers
from returns.lifecycle import State
from returns.models import Refund, RepairOrder, ReturnSlip
from tests.privacy.people import known
from tests.returns import trade as t
from tests.world import World, client_of

pytestmark = pytest.mark.django_db


def test_generated_returns_stand_as_actions_leave_them(trade: World) -> None:
    known(trade)
    write_returns(300, seed=7, days=200, say=lambda line: None)
    slips = list(ReturnSlip.objects.order_by("pk"))
    assert len(slips) == 300
    assert len({slip.number for slip in slips}) == 300
    assert {slip.turn for slip in slips} - {"", *Function.NUMBERS} == set()
    waiting = [slip for slip in slips if slip.state != State.ENDED]
    assert waiting
    assert [slip.number for slip in waiting if slip.turn != readers.turn_of(slip)] == []
    assert [slip.number for slip in waiting if Function.NUMBERS[slip.turn] not in slip.readers] == []
    assert Refund.objects.count() == ReturnSlip.objects.filter(outcome="refunded").count()
    assert RepairOrder.objects.count() >= ReturnSlip.objects.filter(outcome="repaired").count()
    newest = slips[-1]
    assert newest.number in client_of(trade, "desk_clerk").get("/returns/book/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM returns_returnslip WHERE search IS NULL OR search = ''::tsvector")
        assert cursor.fetchone()[0] == 0
    assert t.registered(trade).number > newest.number
