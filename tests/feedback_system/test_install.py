"""scripts/install.sh: what is wrong is said in one sentence, and what is done is not done again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from feedback_system.embedded import places

# Stands for the machine's Python: everything real, but venv and pip only pretend.
FAKE_PYTHON = f"""#!/bin/sh
echo "$*" >> calls
case "$*" in
    "-c import venv, ensurepip") [ ! -e no-venv ] ;;
    *version_info*) [ ! -e too-old ] ;;
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip "*) [ ! -e no-network ] ;;
    *) exec "{sys.executable}" "$@" ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder 回音"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(places.PROJECT / "scripts" / "install.sh", folder / "scripts")
    (folder / "requirements.txt").write_text("a==1\n")
    (folder / "requirements-dev.txt").write_text("b==1\n")
    (folder / "python").write_text(FAKE_PYTHON)
    (folder / "python").chmod(0o755)
    return folder


def install(project: Path, what: str = "run", **more: str) -> subprocess.CompletedProcess[str]:
    """From another folder, as `make -C` does not, but people do."""
    environment = os.environ | {"PYTHON": str(project / "python")} | more
    command = ["sh", str(project / "scripts" / "install.sh"), what]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


def installs(project: Path) -> int:
    calls = (project / "calls").read_text().splitlines()
    (project / "calls").write_text("")
    return sum(call.startswith("-m pip install") for call in calls)


def test_it_installs_once_for_the_same_requirements_and_python(project: Path) -> None:
    assert install(project).returncode == 0
    assert installs(project) == 1
    assert install(project).returncode == 0
    assert installs(project) == 0
    assert install(project, "dev").returncode == 0
    assert installs(project) == 1
    assert install(project).returncode == install(project, "dev").returncode == 0
    assert installs(project) == 0


@pytest.mark.parametrize("what", ["run", "dev"])
def test_changed_requirements_are_installed_again(project: Path, what: str) -> None:
    install(project, what)
    installs(project)
    (project / "requirements.txt").write_text("a==2\n")
    install(project, what)
    assert installs(project) >= 1


def test_a_moved_project_gets_a_new_environment_because_the_old_one_knows_its_old_path(project: Path) -> None:
    install(project)
    moved = project.with_name("moved")
    project.rename(moved)
    installs(moved)
    (moved / ".venv" / "of the old place").touch()
    assert install(moved).returncode == 0
    assert installs(moved) == 1
    assert not (moved / ".venv" / "of the old place").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("no-venv", "apt-get install python3-venv"),
        ("no-network", "there is no way to the package index"),
        ("too-old", "Install Python 3.11 or later"),
    ],
)
def test_what_is_missing_is_said_and_the_next_try_works(project: Path, wrong: str, sentence: str) -> None:
    (project / wrong).touch()
    failed = install(project)
    assert failed.returncode == 1
    assert sentence in failed.stderr
    (project / wrong).unlink()
    assert install(project).returncode == 0


def test_no_python_at_all_is_said(project: Path) -> None:
    failed = install(project, PYTHON="python-that-is-not-there")
    assert failed.returncode == 1
    assert "There is no python-that-is-not-there here" in failed.stderr


def test_an_install_that_was_killed_does_not_block_the_next_one(project: Path) -> None:
    (project / ".venv.lock").mkdir()
    (project / ".venv.lock" / "pid").write_text("4194305\n")  # above the largest pid
    assert install(project).returncode == 0
    assert not (project / ".venv.lock").exists()
