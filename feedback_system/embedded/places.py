"""Where things lie, and which account they run under."""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any, Literal

Profile = Literal["run", "test"]

PROJECT = Path(__file__).resolve().parent.parent.parent
IS_ROOT = os.geteuid() == 0
_PORTS: dict[Profile, int] = {"run": 5432, "test": 5433}


class EmbeddedError(RuntimeError):
    """An embedded server cannot run; the text says what happened, why, and what to do now."""


def profile_of_environment() -> Profile:
    """Tests run on a cluster of their own that trades safety for speed."""
    return "test" if os.environ.get("HUIYIN_PROFILE") == "test" else "run"


def port(profile: Profile) -> int:
    """The number only names the socket file; nothing listens on the network."""
    return _PORTS[profile]


def data_dir() -> Path:
    """Everything that must outlive a restart: HUIYIN_DATA, else var/ in the project."""
    given = os.environ.get("HUIYIN_DATA")
    return Path(given).expanduser().absolute() if given else PROJECT / "var"


def log_dir() -> Path:
    return data_dir() / "log"


def account() -> pwd.struct_passwd | None:
    """The account for the servers when we are root, which PostgreSQL refuses; None when we are somebody ordinary."""
    if not IS_ROOT:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has neither an account postgres nor nobody. "
        "Start as an ordinary user, or set DATABASE_URL to a running PostgreSQL."
    )


def as_account() -> dict[str, Any]:
    """Arguments for subprocess that leave root. The folder / because the account may not stat the inherited one."""
    who = account()
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": "/"} if who else {}


def give_to_account(path: Path) -> None:
    """Hand over one file or folder (not what is in it) when we are root."""
    if who := account():
        os.chown(path, who.pw_uid, who.pw_gid)


def prepare_data_dir() -> Path:
    """Make the data folder. A folder that was there with other things in it keeps its owner and mode."""
    folder = data_dir()
    try:
        fresh = not folder.exists() or not any(folder.iterdir())
        folder.mkdir(parents=True, exist_ok=True)
        if fresh and IS_ROOT:
            give_to_account(folder)
            folder.chmod(0o711)
        log_dir().mkdir(exist_ok=True)
        if IS_ROOT:
            give_to_account(log_dir())
    except OSError as error:
        raise EmbeddedError(_not_writable(folder)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EmbeddedError(_not_writable(folder))
    return folder


def _not_writable(folder: Path) -> str:
    return (
        f"The data folder {folder} cannot be written by this account, perhaps because another account made it. "
        "Start as that account, or set HUIYIN_DATA to a folder of your own."
    )


def _tag(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def socket_dir() -> Path:
    """A short, private folder for sockets: their path may have 107 bytes, so it never lies in the project.

    Always /tmp: TMPDIR and XDG_RUNTIME_DIR differ between two terminals of the same person, and both
    must find the same server. Lower case, because URLs do not keep the case of a host.
    """
    who = account()
    uid = who.pw_uid if who else os.getuid()
    return Path("/tmp") / f"huiyin-{uid}-{_tag(str(data_dir()))}"  # noqa: S108  (private: see make_socket_dir)


def make_socket_dir() -> Path:
    """Make the folder, and refuse one that somebody else may have prepared."""
    folder = socket_dir()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        give_to_account(folder)
    found = folder.lstat()
    owner = (account() or pwd.getpwuid(os.getuid())).pw_uid if IS_ROOT else os.getuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedError(
            f"The folder {folder} for private sockets belongs to somebody else or is open to others. "
            "Remove it, or set HUIYIN_DATA to another folder."
        )
    return folder


def remove_socket_dir() -> None:
    shutil.rmtree(socket_dir(), ignore_errors=True)


def redis_socket(profile: Profile) -> Path:
    return socket_dir() / f"redis-{profile}.sock"


def can_enter(folder: Path) -> bool:
    """May the servers' account walk to this folder? Asked by trying, because of access lists."""
    if not IS_ROOT:
        return os.access(folder, os.X_OK)
    with contextlib.suppress(OSError):
        tried = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], capture_output=True, check=False, **as_account()
        )
        return tried.returncode == 0
    return False


def state_dir() -> Path:
    """Where PostgreSQL and Redis keep their files: the data folder where their account can reach it, else /var/lib.

    The name below /var/lib comes from the data folder's own identity, so an emptied data folder never
    meets an old cluster, and an old cluster is never lost from sight silently.
    """
    from . import keys

    inside = data_dir()
    if not IS_ROOT:
        return inside
    outside = Path("/var/lib") / f"huiyin-{keys.read()['identity']}"
    if (outside / "postgres" / "PG_VERSION").exists():
        return outside
    if can_enter(inside):
        return inside
    if (inside / "postgres" / "PG_VERSION").exists():
        who = account()
        raise EmbeddedError(
            f"The database lies in {inside}, but the account {who.pw_name if who else '?'} can no longer walk to that "
            "folder, because a folder above it was closed. Open that folder for passing through (chmod o+x), or move "
            "the data folder and set HUIYIN_DATA."
        )
    if not outside.exists():
        outside.mkdir(mode=0o711)
    return outside


# What the application keeps in the data folder, besides the servers' files.
_OUR_FOLDERS = ("files", "checkpoints", "backups", "erasures", "static", "broker", "beat", "cache", "log")


def give_our_folders_to_account() -> None:
    """Hand over what root left behind, by manage.py or an earlier start; only in folders of our own names."""
    who = account()
    if who is None:
        return
    for name in _OUR_FOLDERS:
        for folder, _, files in os.walk(data_dir() / name):
            for path in (Path(folder), *(Path(folder) / file for file in files)):
                if path.lstat().st_uid == 0:
                    os.lchown(path, who.pw_uid, who.pw_gid)
