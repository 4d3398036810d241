"""What every test gets: a PostgreSQL and a Redis of this run alone, templates that refuse unknown names, no network.

Settings are read after this module has chosen the data folder, so DJANGO_SETTINGS_MODULE is set here and not in
pyproject.toml.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no reason to fail: the first example may load a dictionary.
settings.register_profile("huiyin", deadline=None)
settings.load_profile("huiyin")

SETTINGS = "feedback_system.settings"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
FOLDER_PREFIX = "huiyin-test-"
IN_USE = "in-use.lock"


def _choose_data_folder() -> None:
    """One folder, and so one cluster, for each run: two runs in one checkout do not meet. Workers inherit it."""
    if WORKER:
        return
    for old in Path("/tmp").glob(FOLDER_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if _was_killed(old):
                shutil.rmtree(old, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir="/tmp")
    Path(folder).chmod(0o711)  # as root, the servers' account walks through
    fcntl.flock(os.open(f"{folder}/{IN_USE}", os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)  # until this process is gone
    os.environ["HUIYIN_DATA"] = folder
    os.environ["HUIYIN_PROFILE"] = "test"


def _was_killed(folder: Path) -> bool:
    """Does nobody hold this folder's lock any more? One without a lock is given a day."""
    if not (folder / IN_USE).exists():
        return time.time() - folder.stat().st_mtime > 86_400
    with (folder / IN_USE).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _choose_redis_database() -> None:
    """A database of its own for each worker, because clearing a cache empties the whole database."""
    from feedback_system import embedded

    number = 2 + int(WORKER.removeprefix("gw") or 0) if WORKER else 1
    given = os.environ.get("HUIYIN_TEST_REDIS_URL") or os.environ.get("REDIS_URL")
    if given:
        os.environ["HUIYIN_TEST_REDIS_URL"] = given
        os.environ["REDIS_URL"] = f"{given.rstrip('/')}/{number}"
    elif url := embedded.redis_url(number):
        os.environ["HUIYIN_TEST_REDIS_EMBEDDED"] = "1"
        os.environ["REDIS_URL"] = url


def _forbid_network() -> None:
    """A test that would talk to another machine fails with a sentence instead."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo
    allowed = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "", None}

    def checked_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in allowed:
            raise AssertionError(f"A test wanted to talk to {address[0]}: tests have no network.")
        return connect(self, address)

    def checked_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in allowed and name not in external:
            raise AssertionError(f"A test wanted the address of {name}: tests have no network.")
        return look_up(host, *args, **kwargs)

    external = _external_hosts()
    allowed.update(info[4][0] for name in external for info in look_up(name, None))
    socket.socket.connect = checked_connect  # type: ignore[method-assign]
    socket.getaddrinfo = checked_look_up


def _external_hosts() -> set[str]:
    """PostgreSQL and Redis of a build machine, when they are given."""
    from urllib.parse import urlsplit

    given = (os.environ.get(name, "") for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "HUIYIN_TEST_REDIS_URL"))
    return {host for url in given if (host := urlsplit(url).hostname) and not host.startswith("%2f")}


if "DJANGO_SETTINGS_MODULE" in os.environ and not WORKER:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: tests choose a data folder before settings are read.")
_choose_data_folder()
if os.environ.get("HUIYIN_TEST_REDIS_EMBEDDED"):
    os.environ.pop("REDIS_URL", None)
_choose_redis_database()
_forbid_network()
os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS

from tests.browser import answering, browser, chromium, open_page, page, phone  # noqa: E402, F401
from tests.strict_templates import strict_templates  # noqa: E402, F401


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, in the first process only, and end them with the run."""
    if not hasattr(config, "workerinput"):
        _start_servers(config)
    import django

    django.setup()  # pytest-django does it only when settings were read before


def _start_servers(config: pytest.Config) -> None:
    from feedback_system import embedded
    from feedback_system.catalogues import compile_catalogues
    from feedback_system.embedded import places

    running = contextlib.ExitStack()
    folder = embedded.data_dir()

    def end() -> None:
        running.close()
        places.remove_socket_dir()
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(end)
    compile_catalogues()
    if config.option.collectonly or config.option.help or config.option.markers:
        return
    running.enter_context(
        embedded.services(
            "test",
            postgres="DATABASE_URL" not in os.environ,
            redis="HUIYIN_TEST_REDIS_URL" not in os.environ,
        )
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the browser and of the real texts say why they cannot run here."""
    texts = os.environ.get("HUIYIN_TEXTS", "")
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker("e2e")
        if item.get_closest_marker("texts") and not Path(texts or "/absent").is_file():
            item.add_marker(pytest.mark.skip(reason="HUIYIN_TEXTS names no file with the real texts"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Browser tests that did not run must not pass for tests that passed."""
    from tests.browser import NO_CHROMIUM

    missed = [r for r in terminalreporter.getreports("skipped") if NO_CHROMIUM in str(r.longrepr)]
    if missed:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(missed)} tests: {NO_CHROMIUM}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """After the migrations, the application's role gets its rights, as at every start."""
    from django.core.management import call_command, get_commands

    if "rights" in get_commands():
        with django_db_blocker.unblock():
            call_command("rights", verbosity=0)


@pytest.fixture
def as_application_role(db: None) -> Iterator[None]:
    """The rest of the test runs with the application's rights: no DDL, no change of the audit trail."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'huiyin'")
        if cursor.fetchone() is None:
            pytest.skip("this PostgreSQL has no role huiyin")
        cursor.execute("SET ROLE huiyin")
    yield
    with contextlib.suppress(Exception), connection.cursor() as cursor:  # a broken transaction resets it by itself
        cursor.execute("RESET ROLE")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Limits and lock-outs live in the cache, and so does the calendar: no test inherits those of another."""
    from django.conf import settings
    from django.core.cache import cache

    from organization.queries import _calendar_at

    _calendar_at.cache_clear()

    if "redis" in settings.CACHES["default"]["BACKEND"].lower():
        cache.clear()


@pytest.fixture(autouse=True)
def _chinese_again() -> None:
    """A request in English leaves its language in the thread: no test inherits it."""
    from django.conf import settings
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def recorded_world(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The rows of a world, built once in each process."""
    from tests.recording import record
    from tests.world import build_world

    with django_db_blocker.unblock():
        return record(build_world)


@pytest.fixture
def world(recorded_world: Any, db: None) -> Any:
    """A small organisation with one person for each part in a case."""
    from tests.recording import replay

    return replay(recorded_world)


@pytest.fixture(scope="session")
def recorded_trade(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The rows of a world in which goods come back, built once in each process."""
    from tests.recording import record
    from tests.returns.trade import people
    from tests.world import build_world

    with django_db_blocker.unblock():
        return record(lambda: people(build_world()))


@pytest.fixture
def trade(recorded_trade: Any, db: None) -> Any:
    """The same organisation with everybody whom a return needs."""
    from tests.recording import replay

    return replay(recorded_trade)


@pytest.fixture
def race() -> Iterator[Any]:
    """Two threads that begin together."""
    from tests.races import Race

    made = Race()
    yield made
    made.end()
