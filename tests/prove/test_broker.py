"""Redis in trouble: customers hardly notice, and messages go out when it is over (threats 51, 84)."""

from __future__ import annotations

import pytest

from .broker import TROUBLES
from .judging import proof

SEED = 20261121
#: A customer may wait so much longer than usual while the broker does not answer.
MOST_S = 2.5
DELIVERED_S = 60.0


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_a_broker_in_trouble_delays_no_form_and_no_message_for_long() -> None:
    found = proof("broker", "--seed", SEED)
    assert found["lost"] == []
    assert found["odd"] == []
    for trouble in TROUBLES:
        seen = found[trouble.name]
        assert seen["forms"] > 0, trouble.name
        assert seen["sent more than once"] == 0, trouble.name
        assert seen["longest s"] < found["usual"]["longest s"] + MOST_S, trouble.name
        assert seen["delivered after s"] <= DELIVERED_S, trouble.name
