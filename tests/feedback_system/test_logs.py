"""A log line is one record, whatever is in it (threat 40)."""

from __future__ import annotations

import json
import logging

import pytest

from feedback_system.logs import LineFormatter


@pytest.mark.parametrize("strange", ["a\nb", "a\x9b31mb", "a\u2028b", "a\u202eb", "a\u2066b", "a\x7fb"])
def test_what_a_terminal_would_obey_is_written_out(strange: str) -> None:
    line = LineFormatter().format(logging.LogRecord("x", logging.INFO, "", 0, "漏水 %s", (strange,), None))
    assert json.loads(line)["message"] == f"漏水 {strange}"
    assert "漏水" in line
    assert strange[1] not in line
