"""`make trace`: which requirements no test shows yet.

Ids come from docs/requirements.md (CAP-03, S17, F41, gate 9: in bold at the start of a list item, or the first cell
of a table row), marks from the collected tests, `prove` ones included. Ends with 1 when a test names an id that the
page does not know.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "requirements.md"
_ID = r"(?P<id>[A-Z]+-\d+[a-z]?|[SF]\d+|gate \d+)"
_ROW = re.compile(rf"^(?:\| *|- (?=\*\*))\**{_ID}\**(?: *\| *| )(?P<text>[^|〔\n]*)", re.MULTILINE)
_MARKS = ("req", "system", "form", "gate")


def read_requirements(text: str) -> dict[str, str]:
    """Id -> its sentence, in the page's order."""
    return {row["id"]: row["text"].strip() for row in _ROW.finditer(text)}


def names_in(marks: Iterable[Any]) -> Iterator[str]:
    """The ids in pytest's marks, as the page writes them."""
    for mark in marks:
        for argument in mark.args:
            yield f"gate {argument}" if mark.name == "gate" else str(argument)


class Collected:
    """A pytest plugin that remembers which test shows what."""

    def __init__(self) -> None:
        self.shown: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_finish(self, session: Any) -> None:
        for item in session.items:
            for kind in _MARKS:
                for name in names_in(item.iter_markers(kind)):
                    self.shown[name].append(item.nodeid)


def report(requirements: dict[str, str], shown: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """Lines for people, and the ids that tests name although the page does not have them."""
    unknown = sorted(set(shown) - set(requirements))
    missing = [name for name in requirements if name not in shown]
    lines = [f"{name:8} {requirements[name]}" for name in missing]
    lines.append(f"{len(requirements) - len(missing)} of {len(requirements)} ids are shown by at least one test.")
    lines += [f"{name}: named by {shown[name][0]}, absent from {PAGE.name}" for name in unknown]
    return lines, unknown


def main() -> int:
    """Print the list; 0 when every name in a test is known."""
    import pytest

    if not PAGE.exists():
        print(f"{PAGE} is not there: nothing to compare with.", file=sys.stderr)
        return 1
    found = Collected()
    # The options of pyproject.toml belong to the terminal plugin, which would print the whole collection.
    quiet = ["-p", "no:terminal", "-o", "addopts=--import-mode=importlib"]
    code = pytest.main([*quiet, "--collect-only", "-m", ""], plugins=[found])
    if code:
        print("The tests could not be collected: run pytest --collect-only to see why.", file=sys.stderr)
        return int(code)
    lines, unknown = report(read_requirements(PAGE.read_text(encoding="utf-8")), found.shown)
    print("\n".join(lines))
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
