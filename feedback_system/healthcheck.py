"""`python -m feedback_system.healthcheck web|clock|work|beat`: does this container's process do its work?

web answers; a worker has left its heartbeat in the database; beat keeps its schedule file up to date.
"""

import http.client
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

#: Heartbeats come every 30 s; one job may keep the work queue for a minute.
_HEARTBEAT_LIMIT = timedelta(minutes=5)
#: Beat writes its file every three minutes.
_SCHEDULE_LIMIT_S = 600


def web_answers() -> bool:
    """Any answer below 500: a redirect to https is one, too."""
    asked = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=8)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def worker_beats(queue: str) -> bool:
    """The heart beats through the queue, so a worker that is up but takes nothing is not healthy."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "feedback_system.settings")
    import django

    django.setup()
    from django.db import Error
    from django.utils import timezone

    from notifications.queries import heartbeats

    try:
        last = heartbeats().get(queue)
    except Error:
        return False
    return last is not None and timezone.now() - last < _HEARTBEAT_LIMIT


def beat_writes(schedule: Path) -> bool:
    """The file has a suffix on some machines."""
    written = [file.stat().st_mtime for file in schedule.parent.glob(schedule.name + "*")]
    return bool(written) and time.time() - max(written) < _SCHEDULE_LIMIT_S


def main(arguments: list[str]) -> int:
    """Exit code 0 when healthy."""
    match arguments:
        case ["web"]:
            healthy = web_answers()
        case [("clock" | "work") as queue]:
            healthy = worker_beats(queue)
        case ["beat"]:
            healthy = beat_writes(Path(os.environ.get("HUIYIN_DATA", "/data")) / "beat-schedule")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
