"""What the product's own text must not hold: each rule a small function over one file (threats of T19).

A rule gives the lines on which a file breaks it. ``ALLOWED`` names the files that may, each with its reason. Rules
that ruff or import-linter already have (S, DTZ, DJ, layers) are not said again here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "feedback_system", "reports", "surveys", "returns", "cases", "customers", "regulations", "documents",
    "notifications", "organization", "audit",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One file of the product: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    @property
    def is_page(self) -> bool:
        return self.path.endswith((".html", ".svg"))

    @property
    def is_template(self) -> bool:
        return self.is_page or self.path.endswith(".txt")

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    def is_in(self, *parts: str) -> bool:
        """Whether the file is one of these modules of a room, or lies in a package of that name."""
        names = Path(self.path).with_suffix("").parts
        return any(part in names[1:] for part in parts)


Lines = Iterator[int]
Rule = Callable[[Source], Lines]
RULES: dict[str, Rule] = {}


def rule(check: Rule) -> Rule:
    """Add a rule under its function's name."""
    RULES[check.__name__] = check
    return check


def files_of_the_product() -> Iterator[Source]:
    """Every module of the rooms, migrations too, and every template."""
    for room in ROOMS:
        yield from (_read(path) for path in sorted((ROOT / room).rglob("*.py")))
    for kind in ("*.html", "*.txt", "*.svg"):
        yield from (_read(path) for path in sorted((ROOT / "templates").rglob(kind)))


def _read(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text())


def _calls(source: Source, *names: str) -> Iterator[ast.Call]:
    """Calls of functions or methods of these names, whatever stands before the dot."""
    if source.is_python:
        for node in source.nodes:
            if isinstance(node, ast.Call) and _name_of(node.func) in names:
                yield node


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


# --- What reaches a browser ---------------------------------------------------------------------------------


@rule
def only_written_text_is_trusted(source: Source) -> Lines:
    """Nothing but a constant is marked as safe, and nothing but a constant is a pattern of HTML."""
    for call in _calls(source, "mark_safe", "SafeString", "SafeText", "format_html", "format_html_join", "Markup"):
        pattern = call.args[1:2] if _name_of(call.func) == "format_html_join" else call.args[:1]
        if not pattern or not _is_text(pattern[0]):
            yield call.lineno


@rule
def forms_are_never_exempt(source: Source) -> Lines:
    """No page takes a form without its token."""
    if source.is_python:
        for node in source.nodes:
            named = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if named == "csrf_exempt" or (isinstance(node, ast.alias) and node.name == "csrf_exempt"):
                yield getattr(node, "lineno", 1)


_TRUSTING = re.compile(r"\|\s*(?:safe|safeseq)\b|\{%-?\s*autoescape\s+off\b")


@rule
def templates_escape_everything(source: Source) -> Lines:
    """No ``|safe`` and no ``autoescape off``, but in mails of plain text, which have nothing to escape for."""
    if source.is_page:
        for n, line in enumerate(source.text.splitlines(), start=1):
            if _TRUSTING.search(line):
                yield n


class _Tags(HTMLParser):
    """The tags of a template with their lines; what Django writes counts as one letter each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[int, str, dict[str, str | None]]] = []
        plain = re.sub(r"\{#.*?#\}|\{%\s*comment\b.*?endcomment\s*%\}", _spaces, text, flags=re.DOTALL)
        plain = re.sub(r"\{%.*?%\}", _spaces, plain, flags=re.DOTALL)
        self.feed(re.sub(r"\{\{.*?\}\}", _letters, plain, flags=re.DOTALL))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((self.getpos()[0], tag, dict(attrs)))

    handle_startendtag = handle_starttag


def _spaces(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _letters(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "x", match[0])


def _tags(source: Source) -> list[tuple[int, str, dict[str, str | None]]]:
    return _Tags(source.text).found if source.is_page else []


@rule
def pages_have_no_style_of_their_own(source: Source) -> Lines:
    """No style attribute and no style element: the policy of the pages does not run them."""
    for line, tag, attributes in _tags(source):
        if tag == "style" or "style" in attributes:
            yield line
    if source.is_python:
        for node in source.nodes:
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.search(r"<\w[^>]*\sstyle=", node.value)
            ):
                yield node.lineno


@rule
def pages_have_no_script_of_their_own(source: Source) -> Lines:
    """A script is a file of ours; no handler stands in a tag, and no address is a script."""
    for line, tag, attributes in _tags(source):
        data = attributes.get("type") in {"application/json", "importmap", "speculationrules"}
        inline = tag == "script" and "src" not in attributes and not data
        handler = any(re.fullmatch(r"on[a-z]+|hx-on.*", name) for name in attributes)
        address = any((value or "").strip().lower().startswith(("javascript:", "js:")) for value in attributes.values())
        if inline or handler or address:
            yield line


# --- What reaches the database --------------------------------------------------------------------------------

_ASKING = (
    "filter", "exclude", "get", "Q", "annotate", "alias", "aggregate", "order_by", "values", "values_list",
    "get_or_create", "update_or_create",
)  # fmt: skip
_OF_A_REQUEST = frozenset({"request", "GET", "POST", "query_params", "data", "params", "querydict"})


@rule
def a_request_chooses_no_field(source: Source) -> Lines:
    """What somebody sent is never expanded into a question, nor an order (CVE-2025-64459, threat of class H)."""
    for call in _calls(source, *_ASKING):
        spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
        spread += [arg.value for arg in call.args if isinstance(arg, ast.Starred)]
        if _name_of(call.func) == "order_by":
            spread += call.args
        if any(_names_in(value) & _OF_A_REQUEST for value in spread):
            yield call.lineno


def _names_in(node: ast.AST) -> set[str]:
    return {_name_of(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}


@rule
def a_question_names_its_fields(source: Source) -> Lines:
    """``**`` in a question only with fields that are written there: a literal, or a name given one in the function."""
    for function in _functions(source):
        written = _literals(function)
        for call in _own_calls(function):
            if _name_of(call.func) in {"filter", "exclude", "get", "Q", "annotate", "alias", "aggregate"}:
                for keyword in call.keywords:
                    if keyword.arg is None and not _is_written(keyword.value, written):
                        yield call.lineno


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(source: Source) -> Iterator[Function]:
    if source.is_python:
        yield from (node for node in source.nodes if isinstance(node, Function))


def _own_calls(function: Function) -> Iterator[ast.Call]:
    """The calls of a function, without those of functions within it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, Function):
            waiting += ast.iter_child_nodes(node)


def _literals(function: Function) -> dict[str, bool]:
    """Names of a function, and whether all that they are given are dictionaries with written keys."""
    found: dict[str, bool] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    found[target.id] = found.get(target.id, True) and _is_written(node.value, {})
    return found


def _is_written(node: ast.expr, names: dict[str, bool]) -> bool:
    if isinstance(node, ast.Name):
        return names.get(node.id, False)
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_text(key) for key in node.keys)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _is_written(node.left, names) and _is_written(node.right, names)
    return isinstance(node, ast.IfExp) and _is_written(node.body, names) and _is_written(node.orelse, names)


_ONE_ROW = frozenset({"get", "aget", "first", "last", "latest", "earliest", "in_bulk"})
#: What somebody may be forbidden to see; the way from a reference to one of these is access.py.
_GUARDED = frozenset(
    {
        "Case", "Assignment", "Extension", "Measure", "Visit", "CaseClock", "Escalation", "Approval", "CaseFile", "File",
        "Contact", "Draft", "Reply", "Opinion", "Note", "Round", "Hold", "Customer", "Message", "SavedView", "Import",
    }
)  # fmt: skip


@rule
def pages_take_objects_from_access(source: Source) -> Lines:
    """In views and the API a reference becomes an object only through ``access.py``: absent and forbidden are alike.

    A question that begins with what the person may see, or asks for the person's own rows, has asked already.
    """
    if not source.is_in("views", "api", "admin") or source.is_in("actions"):
        return
    for call in _calls(source, "get_object_or_404", "get_list_or_404", "aget_object_or_404"):
        yield call.lineno
    for call in _calls(source, *_ONE_ROW):
        root: ast.expr = call
        chain, asked = set(), set()
        while isinstance(root, ast.Attribute | ast.Call):
            if isinstance(root, ast.Call):
                asked |= {keyword.arg for keyword in root.keywords}
                root = root.func
            else:
                chain.add(root.attr)
                root = root.value
        own = "visible_to" in chain or asked & {"user", "owner", "first_asked"}
        if "objects" in chain and isinstance(root, ast.Name) and root.id in _GUARDED and not own:
            yield call.lineno


@rule
def forms_name_their_fields(source: Source) -> Lines:
    """No form and no serializer takes every field of a table, nor all but some (mass assignment, class I)."""
    if source.is_python:
        for node in source.nodes:
            if (
                isinstance(node, ast.ClassDef)
                and node.name == "Meta"
                and source.is_in("forms", "views", "api", "admin")
            ):
                yield from (line for name, line, value in _assigned(node) if name == "exclude")
            if isinstance(node, ast.Constant) and node.value == "__all__":
                yield node.lineno


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, int, ast.expr]]:
    for line in node.body:
        if isinstance(line, ast.Assign):
            yield from ((_name_of(target), line.lineno, line.value) for target in line.targets)


# --- How the house is built -------------------------------------------------------------------------------------

_QUEUEING = ("delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit", "si", "signature")


@rule
def nobody_else_calls_the_broker(source: Source) -> Lines:
    """The database is the queue: a fact is saved, and a sweep or the outbox's poke moves it along."""
    for call in _calls(source, *_QUEUEING):
        if isinstance(call.func, ast.Attribute):
            yield call.lineno


_CLOCKS = frozenset({"timezone.now", "datetime.now", "dt.datetime.now", "date.today", "dt.date.today", "time.time"})
_CLOCKS_OF_NOTHING = frozenset({"timezone.localdate", "timezone.localtime"})


@rule
def an_action_reads_the_clock_once(source: Source) -> Lines:
    """Two readings of one action may fall on two sides of a limit, or of midnight."""
    if source.is_in("actions"):
        for function in _functions(source):
            readings = sorted(call.lineno for call in _own_calls(function) if _reads_the_clock(call))
            yield from readings[1:]


def _reads_the_clock(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return name in _CLOCKS or (name in _CLOCKS_OF_NOTHING and not call.args and not call.keywords)


@rule
def the_product_prints_nothing(source: Source) -> Lines:
    """What it has to say goes to the log; programs at a terminal excepted."""
    if not (source.is_in("management") or Path(source.path).stem == "__main__"):
        yield from (call.lineno for call in _calls(source, "print") if isinstance(call.func, ast.Name))


@rule
def rooms_do_not_signal(source: Source) -> Lines:
    """What follows from an action stands in the action: no signals, no handlers of them."""
    if source.is_python:
        for node in source.nodes:
            module = node.module if isinstance(node, ast.ImportFrom) else None
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if (
                (module or "").endswith("signals")
                or module == "django.dispatch"
                or any(name.endswith("signals") or name == "django.dispatch" for name in named)
            ):
                yield node.lineno  # type: ignore[attr-defined]


@rule
def rows_save_themselves_plainly(source: Source) -> Lines:
    """No row does something else while it is saved or deleted, and no form saves."""
    if source.is_python and not source.is_migration:
        for node in source.nodes:
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, Function) and method.name in {
                        "save",
                        "save_base",
                        "delete",
                        "asave",
                        "adelete",
                    }:
                        yield method.lineno


_DRAWERS = frozenset({"util", "utils", "common", "helper", "helpers", "core", "manager", "managers", "misc", "shared"})


@rule
def no_module_is_a_drawer(source: Source) -> Lines:
    """A module is called by what it holds."""
    if source.is_python and _DRAWERS & {*Path(source.path).with_suffix("").parts}:
        yield 1


@rule
def migrations_are_named_by_hand(source: Source) -> Lines:
    """Whoever reads the list of migrations reads what happened."""
    name = Path(source.path).stem
    by_hand = re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+", name) and "_auto_" not in name
    if source.is_migration and name != "__init__" and (not by_hand or re.search(r"_\d{8}_\d{4}$", name)):
        yield 1


@rule
def rows_of_migrations_are_asked_through_the_past(source: Source) -> Lines:
    """A migration that moves data uses the tables of its own time (``apps.get_model``), never today's models."""
    if source.is_migration:
        for node in source.nodes:
            if isinstance(node, ast.ImportFrom) and ".models" in f".{node.module}" and node.module not in _FIELDS:
                yield node.lineno


_FIELDS = frozenset({"django.db.models", "django.db.models.functions", "django.contrib.postgres.fields"})

#: rule -> file -> on how many lines it may, and why.
ALLOWED: dict[str, dict[str, tuple[int, str]]] = {
    "only_written_text_is_trusted": {
        "organization/templatetags/look.py": (1, "the one module of trusted text: attributes out of escaped parts"),
    },
    "a_question_names_its_fields": {
        "cases/forms/browse.py": (1, "the name of the form's own field, from the class"),
        "documents/queries.py": (1, "three columns, written in the line above"),
        "notifications/queries.py": (1, "the keys are written in the line above, the empty ones left out"),
        "reports/queries/dashboard_records.py": (2, "columns out of COUNTED and CUTS, asked for before"),
    },
    "pages_take_objects_from_access": {
        "cases/views/acts.py": (1, "the version of the case that access gave already"),
        "cases/views/public.py": (1, "a signed number, and the visitor's session has opened it"),
        "cases/views/tracking.py": (1, "the visitor's session has opened this number"),
        "feedback_system/views/desk.py": (1, "a message, followed by the question whether its case is visible"),
        "feedback_system/views/messages.py": (1, "a message, followed by the question whether its case is visible"),
    },
    "nobody_else_calls_the_broker": {
        "notifications/poke.py": (1, "the outbox's poke: speed only, with short timeouts, never raises"),
        "cases/tasks.py": (2, "a task enqueues its own next chunk; a sweep finds it if that is lost"),
        "customers/tasks.py": (1, "a task enqueues its own next chunk; a sweep finds it if that is lost"),
        "feedback_system/tasks.py": (3, "a task enqueues its own next chunk; a sweep finds it if that is lost"),
    },
    "an_action_reads_the_clock_once": {
        "cases/actions/calendar.py": (
            2,
            "many transactions: each chunk has its own reading, the others are the budget's",
        ),
        "cases/actions/sweep.py": (2, "many transactions: each chunk has its own reading, the others are the budget's"),
        "returns/actions/sweep.py": (
            2,
            "many transactions: each chunk has its own reading, the others are the budget's",
        ),
    },
    "the_product_prints_nothing": {
        "documents/pdf_child.py": (1, "a program of its own, whose parent reads what it says"),
        "feedback_system/healthcheck.py": (1, "a program of its own, for a container"),
    },
}


def findings(name: str, source: Source) -> list[str]:
    """Where a file breaks a rule, allowed or not."""
    return [f"{source.path}:{line}" for line in sorted(set(RULES[name](source)))]
