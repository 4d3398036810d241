"""How often something may be asked: token buckets in the database, one statement each.

The bucket is refilled and taken from in a single UPDATE, so a parallel burst never gets more
than the limit, and the loss of the cache forgets nothing.
"""

import hashlib
import ipaddress
import math

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from audit.exceptions import DomainError


class TooMany(DomainError):
    """A limit is reached; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(_("Too many attempts. Please wait a little and try again."))
        self.retry_after = retry_after


_TAKE = """
INSERT INTO organization_bucket AS b (key, tokens, updated_at)
VALUES (%(key)s, %(capacity)s - %(cost)s, now())
ON CONFLICT (key) DO UPDATE SET
  tokens = LEAST(%(capacity)s, b.tokens + EXTRACT(EPOCH FROM now() - b.updated_at) * %(rate)s) - %(cost)s,
  updated_at = now()
WHERE LEAST(%(capacity)s, b.tokens + EXTRACT(EPOCH FROM now() - b.updated_at) * %(rate)s) >= %(cost)s
RETURNING tokens
"""


def bucket_key(limit: str, subject: str) -> str:
    """Key of one bucket: the subject (an address, a case number) is kept as a hash only."""
    return f"{limit}:{hashlib.sha256(subject.encode()).hexdigest()[:24]}"


def take(limit: str, subject: str = "", *, cost: int = 1) -> None:
    """Take ``cost`` from the bucket of ``limit`` (a key of ``settings.LIMITS``) for ``subject``.

    Raises ``TooMany`` when the bucket does not hold enough; nothing is taken then.
    """
    capacity, seconds = settings.LIMITS[limit]
    if cost > capacity:  # the first one would otherwise pass: there is no bucket yet to ask
        raise TooMany(seconds)
    rate = capacity / seconds
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {"key": bucket_key(limit, subject), "capacity": float(capacity), "cost": float(cost), "rate": rate},
        )
        if cursor.fetchone() is None:
            raise TooMany(math.ceil(cost / rate))


def allowed(limit: str, subject: str = "") -> bool:
    """Whether one more would be allowed now; takes nothing."""
    capacity, seconds = settings.LIMITS[limit]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT LEAST(%s, tokens + EXTRACT(EPOCH FROM now() - updated_at) * %s) >= 1"
            " FROM organization_bucket WHERE key = %s",
            [float(capacity), capacity / seconds, bucket_key(limit, subject)],
        )
        row = cursor.fetchone()
    return row is None or bool(row[0])


def give_back(limit: str, subject: str = "", *, cost: int = 1) -> None:
    """Put back what ``take`` took for an attempt that turned out not to count.

    Taking first and giving back keeps a parallel burst within the limit; counting afterwards would not.
    """
    capacity, _seconds = settings.LIMITS[limit]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE organization_bucket SET tokens = LEAST(%s, tokens + %s) WHERE key = %s",
            [float(capacity), float(cost), bucket_key(limit, subject)],
        )


def network_of(address: str) -> str:
    """What counts as one sender: an IPv4 address, or the /64 that one IPv6 customer is given."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def sweep(*, days: int = 2) -> int:
    """Forget buckets that nobody has asked for in so long that they are full again."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM organization_bucket WHERE updated_at < now() - make_interval(days => %s)", [days])
        return int(cursor.rowcount)
