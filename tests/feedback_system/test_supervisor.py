"""`make run`: one sentence when it cannot start, everything ended when it ends, and nothing in the way of the next."""

import http.client
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from feedback_system.embedded import places
from feedback_system.supervisor import checks, processes
from feedback_system.supervisor.checks import Address, Refused

READY = "Ctrl-C ends it"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(folder: Path) -> list[psutil.Process]:
    """Every process that was started for this data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            about = [process.environ().get("HUIYIN_DATA"), *process.cmdline()]
            if any(str(folder) in (text or "") for text in about) or process.cwd().startswith(str(folder)):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


class Run:
    """One supervisor in a process of its own, as `make run` starts it."""

    def __init__(self, folder: Path, project: Path, port: int, stdin: int, **environment: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUIYIN_", "REDIS_", "DATABASE_", "DJANGO_"))}
        kept.pop("PYTEST_XDIST_WORKER", None)
        self.folder, self.port, self.text = folder, port, ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "feedback_system.supervisor"],
            cwd=project,
            env=kept | {"HUIYIN_DATA": str(folder), "PORT": str(port), "MAKELEVEL": ""} | environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.text += line

    def until(self, words: str, seconds: float = 240) -> "Run":
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert self.process.poll() is None or words in self.text, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)
        return self

    def ended(self, seconds: float = 120) -> int:
        code = self.process.wait(seconds)
        self._reader.join(10)
        return code

    def status(self, path: str = "/healthz") -> int:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            asked.request("GET", path)
            return asked.getresponse().status
        finally:
            asked.close()

    def answers_again(self, before: int) -> bool:
        """Whether another web server than that one answers; workers of a killed one still do for a moment."""
        try:
            return self.named("web").pid != before and self.status("/readyz") == 200
        except (OSError, http.client.HTTPException, AssertionError, psutil.Error):
            return False

    def named(self, name: str) -> psutil.Process:
        """The main process of web, clock, work, beat, postgres or redis."""
        words = {"web": "gunicorn", "clock": "clock@huiyin", "work": "work@huiyin", "beat": f"{self.folder}/beat/"}
        word = words.get(name, name)
        mine = [p for p in alive(self.folder) if p.ppid() == self.process.pid and any(word in a for a in p.cmdline())]
        assert len(mine) == 1, (name, mine)
        return mine[0]


Start = Callable[..., Run]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start(folder=..., port=..., DEMO="0")`; what still runs after the test is ended."""
    top = Path(tempfile.mkdtemp(prefix="huiyin-test-", dir="/tmp"))
    top.chmod(0o755)
    runs: list[Run] = []

    def go(folder: Path | None = None, port: int = 0, project: Path = places.PROJECT, **more: Any) -> Run:
        stdin = more.pop("stdin", subprocess.DEVNULL)
        runs.append(Run(folder or top / "a b" / "data", project, port or free_port(), stdin, **more))
        return runs[-1]

    yield go
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
        run.ended()
        for process in alive(run.folder):
            process.kill()
    with pytest.MonkeyPatch.context() as patch:
        for folder in {run.folder for run in runs}:
            patch.setenv("HUIYIN_DATA", str(folder))
            places.remove_socket_dir()
    shutil.rmtree(top)


def nothing_left(folder: Path) -> bool:
    deadline = time.monotonic() + 15
    while alive(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return alive(folder) == []


# --- What is refused before anything starts --------------------------------------------------------------------------


def test_a_port_in_use_is_said_before_anything_is_made(start: Start, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        run = start(port=other.getsockname()[1])
        assert run.ended() == 1
    assert run.text == f"Port {run.port} is in use by another program. Choose another: make run PORT={run.port + 1}\n"
    assert not (run.folder / "postgres").exists()


@pytest.mark.parametrize("port", ["", "abc", "0", "70000", "-1", "８０００x"])
def test_a_port_that_is_none_is_said(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Refused, match="is not a port number"):
        Address.from_environment()


def test_an_address_that_the_machine_does_not_have_is_said() -> None:
    with pytest.raises(Refused, match=r"has no address 192\.0\.2\.1"):
        checks.port_is_free(Address("192.0.2.1", 8000))


@pytest.mark.parametrize(
    ("host", "bind", "url"),
    [
        ("127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "0.0.0.0:8000", "http://127.0.0.1:8000/"),
        ("::", "[::]:8000", "http://[::1]:8000/"),
    ],
)
def test_the_address_is_written_for_programs_and_for_people(
    host: str, bind: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)
    assert (Address(host, 8000).bind, Address(host, 8000).url) == (bind, url)


def test_missing_libraries_for_pdf_are_named_as_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PDF_LIBRARIES", {"libabsent.so.0": "libabsent0"})
    assert checks.missing_pdf_packages() == ["libabsent0"]


# --- Keeping one process alive ---------------------------------------------------------------------------------------


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], processes.Child]]:
    monkeypatch.setattr(places, "log_dir", lambda: tmp_path)
    made: list[processes.Child] = []

    def make(code: str) -> processes.Child:
        made.append(processes.Child("name", [sys.executable, "-c", code], dict(os.environ)))
        made[-1].start()
        return made[-1]

    yield make
    processes.end_all(made, 5)


def test_a_process_that_ends_is_started_again_and_its_orphans_are_not(child: Callable[[str], processes.Child]) -> None:
    one = child(
        "import subprocess, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); time.sleep(60)"
    )
    assert one.process is not None
    deadline = time.monotonic() + 20
    while not one.log.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.02)
    orphan = psutil.Process(int(one.log.read_text()))
    before = one.process
    before.kill()
    before.wait()
    assert one.revive()
    assert one.process is not before
    orphan.wait(5)


def test_a_process_that_cannot_start_is_given_up(child: Callable[[str], processes.Child]) -> None:
    one = child("raise SystemExit(3)")
    for _ in range(processes._FAILED_STARTS - 1):
        assert one.process is not None
        one.process.wait()
        assert one.revive()
    assert one.process is not None
    one.process.wait()
    assert not one.revive()


def test_a_process_that_lived_long_has_its_failures_forgiven(child: Callable[[str], processes.Child]) -> None:
    one = child("raise SystemExit(3)")
    one.failed_starts = processes._FAILED_STARTS - 1
    one.started_at -= 3600
    assert one.process is not None
    one.process.wait()
    assert one.revive()
    assert one.failed_starts == 0


def test_whoever_does_not_listen_is_ended(child: Callable[[str], processes.Child]) -> None:
    deaf = "import signal, time; [signal.signal(n, 1) for n in (15, 3)]; print(1, flush=True); time.sleep(60)"
    both = [child(deaf), child(deaf)]
    deadline = time.monotonic() + 20
    while both[0].log.read_text().count("1") < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    processes.end_all(both, 0.1, 0.1)
    assert [one.process.returncode for one in both if one.process] == [-signal.SIGKILL] * 2


# --- The whole, once: what a person does ----------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_one_command_starts_everything_and_ctrl_c_ends_everything(start: Start) -> None:
    run = start(DEMO="0").until(READY)  # without the demonstration, which takes longer to fill
    assert f"http://127.0.0.1:{run.port}/" in run.text
    assert run.status() == 200
    names = ["web", "clock", "work", "beat", "postgres", "redis"]
    before = {name: run.named(name).pid for name in names}

    second = start(folder=run.folder, DEMO="0")
    assert second.ended() == 1
    assert f"It already runs for the data folder {run.folder}, at http://127.0.0.1:{run.port}/" in second.text

    for name in ("web", "postgres"):
        psutil.Process(before[name]).kill()
        run.until({"web": "'web' ended by itself", "postgres": "Postgres ended by itself"}[name], 20)
    deadline = time.monotonic() + 30
    while not (came_back := run.answers_again(before["web"])) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert came_back

    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 0
    assert run.text.endswith("Ended. The data stay.\n")
    assert nothing_left(run.folder)
    assert (run.folder / "postgres" / "PG_VERSION").exists()


# --- The long proofs -------------------------------------------------------------------------------------------------


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_every_death_leaves_a_start_that_takes_seconds(start: Start) -> None:
    run = start().until(READY)
    port, folder = run.port, run.folder
    run.process.terminate()
    run.ended()
    for victims in (["self"], ["postgres", "self"], ["self", "redis", "postgres"], ["self", "web", "clock", "beat"]):
        run = start(folder=folder, port=port).until(READY)
        pids = [run.process.pid if name == "self" else run.named(name).pid for name in victims]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        again = start(folder=folder, port=port).until(READY)
        assert time.monotonic() - began < 30
        again.process.terminate()
        assert again.ended() == 0
        assert nothing_left(folder)


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_each_process_comes_back_when_it_is_killed(start: Start) -> None:
    run = start().until(READY)
    for name in ("web", "clock", "work", "beat", "postgres", "redis"):
        old = run.named(name)
        old.kill()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if run.named(name).pid != old.pid and run.status("/readyz") == 200:
                    break
            except (AssertionError, OSError, http.client.HTTPException, psutil.Error):
                time.sleep(0.2)
        assert run.named(name).pid != old.pid, name
        assert run.status("/readyz") == 200, name


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_two_run_side_by_side_under_1_5_gb_each(start: Start, tmp_path: Path) -> None:
    first = start().until(READY)
    second = start(folder=first.folder.with_name("other")).until(READY)
    assert (first.status(), second.status()) == (200, 200)
    for run in (first, second):
        assert sum(p.memory_full_info().pss for p in alive(run.folder)) < 1.5e9
    first.process.terminate()
    first.ended()
    assert second.status() == 200


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_a_closed_terminal_ends_everything(start: Start) -> None:
    ours, theirs = pty.openpty()
    run = start(stdin=theirs).until(READY)
    os.close(theirs)
    os.close(ours)
    assert run.ended() == 0
    assert nothing_left(run.folder)


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_demo_and_real_data_never_share_a_folder_or_a_database(start: Start) -> None:
    demo = start().until(READY)
    demo.process.terminate()
    demo.ended()
    refused = start(folder=demo.folder, DEMO="0")
    assert refused.ended() == 1
    assert "belongs to a demo installation, and this start asks for a real one" in refused.text
    (demo.folder / "kind").unlink()
    refused = start(folder=demo.folder, DEMO="0")
    assert refused.ended() == 1
    assert "The database is that of a demo installation" in refused.text
    assert nothing_left(demo.folder)

    real = start(folder=demo.folder.with_name("real"), DEMO="0").until(READY)
    assert "/invitation/" in real.text
    real.process.terminate()
    real.ended()
    again = start(folder=real.folder, DEMO="0").until(READY)
    assert "/invitation/" not in again.text, "the link is shown once"


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_it_runs_from_a_copy_in_a_path_of_150_characters_with_spaces(start: Start, tmp_path: Path) -> None:
    top = Path(tempfile.mkdtemp(prefix="huiyin-test-", dir="/tmp"))
    top.chmod(0o755)
    project = top / "a folder 回音" / ("y" * (150 - len(str(top)) - 13))
    try:
        ignored = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache")
        shutil.copytree(places.PROJECT, project, ignore=ignored)
        assert len(str(project)) >= 150
        run = start(folder=project / "var", project=project).until(READY)
        assert run.status() == 200
        run.process.terminate()
        assert run.ended() == 0
        assert nothing_left(project / "var")
    finally:
        shutil.rmtree(top)


def test_the_environment_of_every_process_names_the_folder_by_its_full_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_DATA", "relative")
    environment = processes.base_environment(Address("127.0.0.1", 8000))
    assert Path(environment["HUIYIN_DATA"]).is_absolute()
    json.dumps(environment)  # text only


# --- Leaving root -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not places.IS_ROOT, reason="only root can leave root")
def test_root_says_why_the_application_cannot_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp(prefix="huiyin-test-", dir="/tmp"))
    try:
        left = dict(os.environ) | {"HUIYIN_LEFT_ROOT": "1"}
        with monkeypatch.context() as patch:
            patch.setattr(places, "PROJECT", closed)
            assert processes._hindrance(left) == f"cannot walk to {closed}"
        with monkeypatch.context() as patch:
            python = closed / "python"
            shutil.copy("/bin/true", python)
            patch.setattr(sys, "executable", str(python))
            assert processes._hindrance(left) == f"cannot execute {python}"
            closed.chmod(0o755)
            python.unlink()
            python.write_text("#!/bin/sh\nexit 3\n")
            python.chmod(0o755)
            assert processes._hindrance(left) == f"cannot write {places.data_dir()}"
            python.write_text("#!/bin/sh\nexit 1\n")
            assert processes._hindrance(left).startswith("cannot read all of")
            python.write_text('#!/bin/sh\n[ "$(id -u)" != 0 ]\n')
            assert processes._hindrance(left) == ""
    finally:
        shutil.rmtree(closed)


@pytest.mark.skipif(places.IS_ROOT, reason="root is asked above")
def test_an_ordinary_user_has_nothing_to_leave() -> None:
    assert processes.leave_root_if_possible({"A": "b"}) == ({"A": "b"}, "")


def test_a_signal_that_came_inside_a_destructor_is_heard_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    from feedback_system.supervisor import __main__ as supervisor

    monkeypatch.setattr(supervisor, "_asked_to_end", threading.Event())
    supervisor.stop_if_asked()
    with pytest.raises(supervisor.Stop):
        supervisor._on_signal(signal.SIGINT, None)
    supervisor._on_signal(signal.SIGINT, None)  # a second one does not disturb the order of ending
    with pytest.raises(supervisor.Stop):
        supervisor.stop_if_asked()
