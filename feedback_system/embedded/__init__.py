"""PostgreSQL and Redis from wheels, so that two commands are enough on a fresh machine.

Importing this package starts nothing and does not need Django: addresses are computed from the data folder alone,
so settings, workers, tests and manage.py agree without asking a running server. Servers run only inside `services`.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from . import binaries, keys, places
from .places import EmbeddedError, Profile, data_dir, profile_of_environment

__all__ = [
    "EmbeddedError",
    "Profile",
    "Services",
    "broker_url",
    "data_dir",
    "database_url",
    "redis_url",
    "secret_key",
    "services",
]

APPLICATION_ROLE = "huiyin"
OWNER_ROLE = "huiyin_owner"
DATABASE = "huiyin"


def database_url(role: Literal["app", "owner"]) -> str:
    """Where the embedded PostgreSQL answers, as the application (no DDL) or as the owner of the database.

    Creates the passwords when there are none yet, and nothing else.
    """
    name = APPLICATION_ROLE if role == "app" else OWNER_ROLE
    password = keys.read()[name]
    host = quote(str(places.socket_dir()), safe="")
    return f"postgresql://{name}:{password}@{host}:{places.port(profile_of_environment())}/{DATABASE}"


def redis_url(db: int) -> str | None:
    """Where the embedded Redis answers, as Django's cache writes it; None when no redis-server can be had."""
    if binaries.find_redis() is None:
        return None
    return f"unix://{quote(str(places.redis_socket(profile_of_environment())))}?db={db}"


def broker_url(db: int) -> str | None:
    """The same server as Celery writes it."""
    if binaries.find_redis() is None:
        return None
    return f"redis+socket://{quote(str(places.redis_socket(profile_of_environment())))}?virtual_host={db}"


def secret_key() -> str:
    """Django's secret key of this data folder, made once."""
    return keys.read()["secret_key"]


@dataclass(frozen=True)
class Services:
    """What runs: `redis` is None where no redis-server can be had."""

    postgres: "Postgres"
    redis: "Redis | None"


@contextlib.contextmanager
def services(profile: Profile, *, postgres: bool = True, redis: bool = True) -> Iterator[Services]:
    """Run the servers while the block runs. Servers that already run are used and left alone.

    Raises EmbeddedError with a sentence for people when one cannot be had.
    """
    with contextlib.ExitStack() as stack:
        places.prepare_data_dir()
        database = Postgres(profile)
        cache = Redis(profile) if redis and binaries.find_redis() else None
        if postgres:
            stack.callback(database.stop)
            database.start()
        if cache:
            stack.callback(cache.stop)
            cache.start()
        yield Services(database, cache)


from .postgres import Postgres  # noqa: E402  (needs the names above)
from .redis_server import Redis  # noqa: E402
