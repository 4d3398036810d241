"""Memory is measured in a process of its own: a peak that other tests left behind would hide every rise."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PROLOGUE = """
import io, json, resource, sys
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False, USE_TZ=True)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
"""


def measured(code: str, *arguments: str, seconds: int = 100) -> Any:
    """Run this code, which prints one line of JSON, and return what it printed. `peak()` is in megabytes."""
    command = [sys.executable, "-c", PROLOGUE + code, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
