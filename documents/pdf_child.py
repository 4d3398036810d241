"""The process that lays out one page. Started by `documents.pdf`; it imports nothing of this system.

Reads a job (JSON) from standard input, writes the PDF to standard output. Exit codes: 3 no library, 4 no memory,
5 nested too deeply.
"""

import base64
import ctypes
import io
import json
import os
import resource
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1
_FORBIDDEN = {
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
    "subprocess.Popen",
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "ftplib.connect",
}  # fmt: skip


def main(parent: int) -> int:
    """Make the PDF; the exit code."""
    die_with(parent)
    job = json.loads(sys.stdin.buffer.read())
    set_limits(int(job["seconds"]), int(job["memory"]))
    # The library prints a banner where one of its own is missing; standard output belongs to the PDF alone.
    out, sys.stdout = os.fdopen(os.dup(1), "wb"), sys.stderr
    os.dup2(2, 1)
    try:
        import weasyprint
    except OSError as error:
        print(error, file=sys.stderr)
        return 3
    sys.addaudithook(refuse)
    try:
        out.write(lay_out(weasyprint, job))
        out.close()
    except MemoryError:
        return 4
    except RecursionError:
        return 5
    return 0


def lay_out(weasyprint: Any, job: dict[str, Any]) -> bytes:
    """The page as PDF; every address that is not in the job's table is refused."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    table = {name: (kind, base64.b64decode(body)) for name, (kind, body) in job["table"].items()}

    class Table(URLFetcher):
        """Knows the table and data addresses; no file, no network, no redirect."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols={"data"}, allow_redirects=False)

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url in table:
                kind, body = table[url]
                return URLFetcherResponse(url, io.BytesIO(body), {"Content-Type": kind})
            return super().fetch(url, headers)

    fetcher = Table()
    styles = [
        weasyprint.CSS(string=table[f"app:/{name}"][1].decode(), base_url="app:/", url_fetcher=fetcher)
        for name in job["styles"]
    ]
    page = weasyprint.HTML(string=job["html"], base_url="app:/", url_fetcher=fetcher)
    return page.write_pdf(stylesheets=styles)


def refuse(event: str, _args: object) -> None:
    """A second wall behind the fetcher: nobody in this process talks to the network or starts a program."""
    if event in _FORBIDDEN:
        raise PermissionError(f"{event} is not allowed here")


def die_with(parent: int) -> None:
    """End when the process that asked for the page ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def set_limits(seconds: int, memory: int) -> None:
    """Hard limits of the kernel: time on the processor, time on the wall, memory, size of a file."""
    limits = [(resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 64 << 20)]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_AS, memory))
    for kind, value in limits:
        _soft, hard = resource.getrlimit(kind)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    signal.alarm(seconds)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
