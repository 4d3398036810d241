"""Run one command with the servers up: `python -m feedback_system.embedded [--test] COMMAND...`.

Servers that already run for this data folder are used, and so are those of DATABASE_URL and REDIS_URL.
Without a command they stay until Ctrl-C.
"""

import os
import signal
import subprocess
import sys

from . import EmbeddedError, Profile, broker_url, database_url, redis_url, services


def main(arguments: list[str]) -> int:
    profile: Profile = "run"
    if arguments[:1] == ["--test"]:
        profile, arguments = "test", arguments[1:]
    os.environ["HUIYIN_PROFILE"] = profile
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with services(profile, postgres="DATABASE_URL" not in os.environ, redis="REDIS_URL" not in os.environ):
            if arguments:
                return subprocess.call(arguments)
            for line in (database_url("app"), database_url("owner"), redis_url(0), broker_url(0)):
                print(line, flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 130
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
