"""The embedded PostgreSQL: made, started, given its roles, and ended."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import keys, places
from .binaries import POSTGRES_MAJOR, postgres_program
from .children import die_with_parent, end, open_log, plain_environment
from .places import EmbeddedError, Profile

_COMMON = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "log_timezone=UTC",
    "timezone=UTC",
    "jit=off",
    "random_page_cost=1.1",
]
_TUNING: dict[Profile, list[str]] = {
    "run": ["shared_buffers=192MB", "effective_cache_size=1GB", "work_mem=8MB", "max_wal_size=2GB"],
    # Loses the last commits when a process is killed, and everything when the power fails.
    "test": [
        "shared_buffers=128MB",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "autovacuum=off",
        "checkpoint_timeout=1h",
        "max_wal_size=4GB",
    ],
}

# The application may not hold the others up; the worker asks for longer by its connection's options.
_ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin') THEN CREATE ROLE huiyin; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin_owner') THEN CREATE ROLE huiyin_owner; END IF;
END $$;
ALTER ROLE huiyin LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %(huiyin)s;
ALTER ROLE huiyin_owner LOGIN NOSUPERUSER CREATEDB NOCREATEROLE PASSWORD %(huiyin_owner)s;
ALTER ROLE huiyin SET statement_timeout = '15s';
ALTER ROLE huiyin SET lock_timeout = '5s';
ALTER ROLE huiyin SET idle_in_transaction_session_timeout = '30s';
GRANT huiyin TO huiyin_owner;
"""
_DATABASE_RIGHTS = """
REVOKE ALL ON DATABASE huiyin FROM PUBLIC;
GRANT CONNECT ON DATABASE huiyin TO huiyin;
"""


class Postgres:
    """One cluster. Use it through `embedded.services`."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.port = places.port(profile)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return places.state_dir() / "postgres"

    def start(self, timeout_s: float = 60) -> None:
        """Returns when connections are answered and the roles and the database exist."""
        places.prepare_data_dir()
        run = places.make_socket_dir()
        data = self.data
        with (places.data_dir() / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a file kept open: unlike one with a pid it cannot become stale
            if not (data / "PG_VERSION").exists():
                self._make_cluster(data)
            self._check_version(data)
            deadline = time.monotonic() + timeout_s
            if self._adopt(deadline):
                return
            self._run_until_ready(data, run, deadline)
            self._make_roles()

    def stop(self) -> None:
        """End the server if we started it: fast, and if that takes half a minute, at once (the next start recovers)."""
        end(self.process, signal.SIGINT, signal.SIGQUIT, 30)
        self.process = None

    def _connect(self):  # type: ignore[no-untyped-def]  # psycopg2 is imported late: addresses must work without it
        import psycopg2

        return psycopg2.connect(
            host=str(places.socket_dir()),
            port=self.port,
            user="postgres",
            password=keys.read()["postgres"],
            dbname="postgres",
            connect_timeout=10,
        )

    def ready(self) -> bool:
        """Does it answer? By connecting, not by looking for a file."""
        import psycopg2

        try:
            self._connect().close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(
                    f"The database in {self.data} does not know the passwords in {keys.path()}: the file was replaced. "
                    "Bring back the file that belongs to this database."
                ) from error
            return False
        return True

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(places.socket_dir() / f".s.PGSQL.{self.port}"))
            return True
        return False

    def _adopt(self, deadline: float) -> bool:
        """A server that already runs for this folder is used; one that is starting or ending is waited for."""
        while time.monotonic() < deadline:
            if self.ready():
                return True
            if not self._listens():
                return False
            time.sleep(0.1)
        return False

    def _make_cluster(self, data: Path) -> None:
        """initdb beside the place, then a rename: an interrupted start never leaves half a cluster."""
        for old in data.parent.glob(".initdb-*"):
            shutil.rmtree(old, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=".initdb-", dir=data.parent))
        password = work / "password"
        password.touch(mode=0o600)
        password.write_text(keys.read()["postgres"], encoding="utf-8")
        for path in (work, password):
            places.give_to_account(path)
        command = [
            str(postgres_program("initdb")),
            *("-D", str(work / "new"), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-sync", "--no-instructions"),
        ]
        done = subprocess.run(command, env=plain_environment(), capture_output=True, check=False, **places.as_account())
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            shutil.rmtree(work, ignore_errors=True)
            raise EmbeddedError(f"A new database could not be made in {data.parent}: {reason[-1]}")
        (work / "new").rename(data)
        shutil.rmtree(work, ignore_errors=True)

    def _check_version(self, data: Path) -> None:
        found = (data / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != POSTGRES_MAJOR:
            raise EmbeddedError(
                f"PostgreSQL {found} made the database in {data}, this project brings PostgreSQL {POSTGRES_MAJOR}. "
                "Back it up with the older version, start with an empty data folder, and restore it there."
            )
        owner, me = data.stat().st_uid, places.account()
        if owner != (me.pw_uid if me else os.getuid()):
            raise EmbeddedError(
                f"The database in {data} belongs to another account (number {owner}). Start as that account, or set "
                "HUIYIN_DATA to a folder of your own."
            )

    def _run_until_ready(self, data: Path, run: Path, deadline: float) -> None:
        log = places.log_dir() / "postgres.log"
        while True:
            self._drop_stale_locks(data, run)
            position = log.stat().st_size if log.exists() else 0
            self.process = self._spawn(data, run, log)
            while time.monotonic() < deadline and self.process.poll() is None:
                if self.ready():
                    return
                time.sleep(0.05)
            if self.process.poll() is None:
                self.stop()
                raise EmbeddedError(f"PostgreSQL did not answer in time. The reason stands at the end of {log}.")
            with log.open("rb") as written:
                written.seek(position if log.stat().st_size >= position else 0)
                said = written.read()
            if b"already exists" not in said:
                raise EmbeddedError(f"PostgreSQL ended at once. The reason stands at the end of {log}.")
            time.sleep(0.3)  # the one before is still shutting down

    def _spawn(self, data: Path, run: Path, log: Path) -> subprocess.Popen[bytes]:
        options = [f"unix_socket_directories={run}", f"port={self.port}", *_COMMON, *_TUNING[self.profile]]
        command = [str(postgres_program("postgres")), "-D", str(data)]
        for option in options:
            command += ["-c", option]
        out = open_log(log)
        try:
            # SIGINT, not SIGTERM, when the parent is gone: SIGTERM waits for every client to leave.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=plain_environment(),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
                **places.as_account(),
            )
        finally:
            os.close(out)

    def _drop_stale_locks(self, data: Path, run: Path) -> None:
        """PostgreSQL refuses to start while the pid in its lock files exists, also when that is a zombie which nobody
        reaps or by now another program (containers restart with the same pids). A pid that is gone it handles itself.
        """
        for lock in (data / "postmaster.pid", run / f".s.PGSQL.{self.port}.lock"):
            with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
                pid = abs(int(lock.read_text(encoding="utf-8").splitlines()[0]))
                command = Path(f"/proc/{pid}/cmdline").read_bytes()  # empty for a zombie
                if str(data).encode() in command:
                    continue
                while _works_in(data):  # the children of a killed server end by themselves
                    time.sleep(0.1)
                lock.unlink()

    def _make_roles(self) -> None:
        """Idempotent; the superuser is used here and nowhere else."""
        connection = self._connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(_ROLES, keys.read())
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'huiyin'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE huiyin OWNER huiyin_owner")
                cursor.execute(_DATABASE_RIGHTS)
        finally:
            connection.close()


def _works_in(folder: Path) -> bool:
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == folder:
                return True
    return False
