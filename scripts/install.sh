#!/bin/sh
# Make .venv and install the pinned requirements, unless that was done for exactly these files and this Python.
# Usage: scripts/install.sh run|dev    (dev adds what tests and checks need)
set -eu
cd "$(dirname "$0")/.."
what=$1
python=${PYTHON:-python3}

say() { echo "install: $*" >&2; }

command -v "$python" >/dev/null 2>&1 || {
    say "There is no $python here. Install Python 3.11 or later, or call make PYTHON=/path/to/python."
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$("$python" --version 2>&1) is too old. Install Python 3.11 or later, or call make PYTHON=/path/to/python3.11."
    exit 1
}

# The interpreter by what it is, not by its name: a new Python behind the same name makes a new .venv.
# The folder too: a .venv knows its own path, so that of a moved or copied project must be made again.
interpreter=$("$python" -c 'import os, sys; print(sys.version, os.path.realpath(sys.executable))')
key() { { printf '%s\n%s\n' "$interpreter" "$PWD"; cat "$@"; } | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }
base=$(key scripts/install.sh)
stamp_run=$(key requirements.txt)
stamp_dev=$(key requirements.txt requirements-dev.txt)
has() { [ -x .venv/bin/python ] && [ "$(cat ".venv/installed-$1" 2>/dev/null)" = "$2" ]; }

if has run "$stamp_run" && { [ "$what" = run ] || has dev "$stamp_dev"; }; then
    exit 0
fi

lock() { # Two makes at once in one folder: the second waits.
    while ! mkdir .venv.lock 2>/dev/null; do
        holder=$(cat .venv.lock/pid 2>/dev/null || echo)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf .venv.lock; else sleep 1; fi
    done
    echo $$ >.venv.lock/pid
    trap 'rm -rf .venv.lock' EXIT
    trap 'exit 130' INT TERM HUP
}
lock

if [ ! -x .venv/bin/python ] || [ "$(cat .venv/base 2>/dev/null)" != "$base" ]; then
    "$python" -c 'import venv, ensurepip' 2>/dev/null || {
        say "$python has no venv module, so .venv cannot be made. On Debian or Ubuntu: apt-get install python3-venv, then again."
        exit 1
    }
    say "making .venv with $("$python" --version 2>&1)"
    rm -rf .venv
    "$python" -m venv .venv || {
        say "Python could not make .venv in $PWD: is the disk full, or the folder read-only? Its words stand above."
        exit 1
    }
    echo "$base" >.venv/base
fi

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet --no-input "$@" || {
        say "The packages could not be installed; pip's reason stands above. Most often there is no way to the package" \
            "index: check the network, or set PIP_INDEX_URL or PIP_PROXY to what your company uses, then again."
        exit 1
    }
}

if ! has run "$stamp_run"; then
    say "installing requirements.txt (half a minute)"
    install -r requirements.txt
    echo "$stamp_run" >.venv/installed-run
fi
if [ "$what" = dev ] && ! has dev "$stamp_dev"; then
    say "installing requirements-dev.txt"
    install -r requirements.txt -r requirements-dev.txt
    echo "$stamp_dev" >.venv/installed-dev
fi
