"""Running a proof in a process of its own, and saying what is wrong with what it found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

from feedback_system.embedded import places
from feedback_system.embedded.children import die_with_parent

from .chaos import UNSENT_LIMIT_S


def proof(*arguments: object) -> dict[str, Any]:
    """The figures of `python -m tests.prove ARGUMENTS`; its progress goes where pytest shows it.

    A process of its own: the test run's settings, its locks on the network and its servers are not those of the proof.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.prove", *map(str, arguments)],
        cwd=places.PROJECT,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509
    )
    try:
        out, _nothing = process.communicate()
    except BaseException:
        process.send_signal(signal.SIGTERM)  # it ends what it started
        process.wait(60)
        raise
    assert process.returncode == 0, f"the proof ended with {process.returncode}"
    print(out.decode())
    found: dict[str, Any] = json.loads(out)
    return found


def complaints(found: dict[str, Any]) -> list[str]:
    """What is wrong, as sentences; empty when all that was promised was kept."""
    return [*_about_cases(found), *_about_messages(found), *_about_the_rest(found)]


def _about_cases(found: dict[str, Any]) -> list[str]:
    cases, numbers = found["cases"], found["numbers"]
    wrong = {
        "acknowledged and lost": len(cases["lost"]),
        "doubled": len(cases["doubled"]),
        "told another number": len(cases["told another number"]),
        "never acknowledged": found["given up"],
        "cases more or less than forms": cases["cases"] - found["submissions"],
        "years with gaps": len(numbers["years not contiguous"]),
        "counter wrong": not numbers["counter is right"],
    }
    return _said(wrong)


def _about_messages(found: dict[str, Any]) -> list[str]:
    messages = found["messages"]
    names = (
        "in the program wrong",
        "mails missing",
        "mails nobody wrote",
        "repeated with another text",
        "repeated without a blow",
        "not final",
        "failed",
    )
    late = found["oldest unsent s, two minutes after"] >= UNSENT_LIMIT_S
    return _said({name: messages[name] for name in names} | {"still not quiet": found["quiet after s"] is None or late})


def _about_the_rest(found: dict[str, Any]) -> list[str]:
    """Clocks, files, history, limits; and answers that nobody should ever see."""
    limits, files = found["limits"], found["files"]
    wrong = {
        "clocks missing": found["clocks"]["clocks missing"],
        "cases without due time": found["clocks"]["cases without due time"],
        "files missing or doubled": files["files missing or doubled"],
        "rows without bytes": files["rows without bytes"],
        "bytes changed": files["bytes changed"],
        "history altered": found["audit"]["verify_audit"],
        "openings missing": found["audit"]["openings missing"],
        "cases without a spent proof": limits["proofs spent"] != limits["cases"],
        "limits were off": not (limits["total counted"] and limits["addresses counted"]),
        "a part takes no work": not found["heartbeats"] or max(found["heartbeats"].values()) > UNSENT_LIMIT_S,
        "strange answers": len(found["odd"]),
    }
    return _said(wrong)


def _said(wrong: dict[str, Any]) -> list[str]:
    return [f"{name}: {int(count)}" for name, count in wrong.items() if count]
