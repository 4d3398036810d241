"""What stands in the database and in the mailbox afterwards, compared with what the clients were told."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from .customers import Form
from .kills import Blow
from .mailbox import Mail

_MARKER = re.compile(r"#\d+-\d+#")
#: A mail that was taken is finished within this time, or its sender was hit.
FINISH_S = 3.0
#: What can end a sender between the mail and the note that it was sent.
HITS_A_SENDER = {"worker", "worker child", "postgres"}


def of_cases(forms: Iterable[Form]) -> dict[str, Any]:
    """Every acknowledged form is exactly one case, with the number that was told."""
    from cases.models import Case

    found: dict[str, list[str]] = defaultdict(list)
    for number, text in Case.objects.values_list("number", "text").iterator():
        for marker in _MARKER.findall(text):
            found[marker].append(number)
    forms = list(forms)
    return {
        "acknowledged": len(forms),
        "cases": sum(len(numbers) for numbers in found.values()),
        "lost": [form.marker for form in forms if form.marker not in found],
        "doubled": [marker for marker, numbers in found.items() if len(numbers) > 1],
        "told another number": [form.marker for form in forms if form.numbers - set(found.get(form.marker, []))],
    }


def of_numbers() -> dict[str, Any]:
    """Each year's numbers are 1 to n without a gap, and the counter stands at n."""
    from django.db import connection

    from cases.models import Case

    years: dict[int, list[int]] = defaultdict(list)
    for number in Case.objects.values_list("number", flat=True).iterator():
        year, _dash, n = number.partition("-")
        years[int(year)].append(int(n))
    with connection.cursor() as cursor:
        cursor.execute("SELECT year, last FROM organization_counter WHERE series = 'case'")
        counters = dict(cursor.fetchall())
    wrong = [year for year, taken in years.items() if sorted(taken) != list(range(1, len(taken) + 1))]
    return {"years not contiguous": wrong, "counter is right": counters == {y: len(n) for y, n in years.items()}}


def of_messages(mails: Iterable[Mail], blows: Iterable[Blow]) -> dict[str, Any]:
    """Who was told what: in the program exactly once, by mail at least once."""
    from cases.models import Case
    from notifications.mail import message_id
    from notifications.models import ChannelName, Message, State

    rows = list(Message.objects.values_list("dedupe_key", "channel", "state", "user_id", "thread", "address"))
    cases = {
        f"case:{pk}": (owner, mail) for pk, owner, mail in Case.objects.values_list("pk", "owner_id", "reporter_email")
    }
    told = Counter(
        (thread, user)
        for _key, channel, state, user, thread, _address in rows
        if channel == ChannelName.IN_APP and state == State.SENT
    )
    owners = Counter({(thread, owner): 1 for thread, (owner, _mail) in cases.items()})
    by_mail = {message_id(key): state for key, channel, state, *_rest in rows if channel == ChannelName.EMAIL}
    expected_mails = sum(2 if mail else 1 for _owner, mail in cases.values())
    taken = defaultdict(list)
    for mail in mails:
        taken[mail.message_id].append(mail)
    repeated = {name: found for name, found in taken.items() if len(found) > 1}
    return {
        "in the program": sum(told.values()),
        "in the program wrong": len(owners - told) + len(told - owners),
        "mails expected": expected_mails,
        "mails written": len(by_mail),
        "mails missing": len(by_mail.keys() - taken.keys()) + max(0, expected_mails - len(by_mail)),
        "mails nobody wrote": len(taken.keys() - by_mail.keys()),
        "mails repeated": sum(len(found) - 1 for found in repeated.values()),
        "repeated with another text": sum(len({mail.digest for mail in found}) > 1 for found in repeated.values()),
        "repeated without a blow": _unexplained(repeated.values(), blows),
        "to be telephoned": sum(state == State.NOT_SENT for _key, _channel, state, *_rest in rows),
        "not final": sum(state in (State.QUEUED, State.CLAIMED) for _key, _channel, state, *_rest in rows),
        "failed": sum(state == State.FAILED for _key, _channel, state, *_rest in rows),
    }


def _unexplained(repeated: Iterable[list[Mail]], blows: Iterable[Blow]) -> int:
    """Repetitions without a blow of their own at the moment of the try before."""
    left = [blow.at for blow in blows if blow.what in HITS_A_SENDER]
    unexplained = 0
    for at in sorted(mail.at for found in repeated for mail in sorted(found, key=lambda mail: mail.at)[:-1]):
        near = [blow for blow in left if at - FINISH_S < blow < at + FINISH_S]
        if near:
            left.remove(min(near, key=lambda blow: abs(blow - at)))
        else:
            unexplained += 1
    return unexplained


def of_clocks() -> dict[str, Any]:
    """Every case runs against its two limits."""
    from cases.models import Case, CaseClock

    kinds = Counter(CaseClock.objects.values_list("kind", flat=True))
    count = Case.objects.count()
    wrong = sum(abs(kinds[kind] - count) for kind in (CaseClock.Kind.ACKNOWLEDGEMENT, CaseClock.Kind.RESOLUTION))
    return {"clocks missing": wrong, "cases without due time": Case.objects.filter(next_due_at__isnull=True).count()}


def of_files(forms: Iterable[Form]) -> dict[str, Any]:
    """Every picture that was sent hangs once on its case, byte for byte; no row without bytes."""
    import hashlib

    from django.utils import timezone

    from cases.models import CaseFile
    from documents.actions import reconcile

    rows = CaseFile.objects.values_list("case__text", "file__sha256")
    kept = Counter((_MARKER.findall(text)[0], digest) for text, digest in rows)
    sent = Counter((form.marker, hashlib.sha256(form.file).hexdigest()) for form in forms if form.file)
    check = reconcile(timezone.now(), digests=True)
    return {
        "files": sum(kept.values()),
        "files missing or doubled": sum((sent - kept).values()) + sum((kept - sent).values()),
        "rows without bytes": check.rows_without_bytes,
        "bytes changed": check.changed,
        "bytes without row, to be swept": check.bytes_without_row,
    }


def of_audit() -> dict[str, Any]:
    """The command that people use, in a process of its own; and one opening for each case."""
    from audit.models import Event
    from cases.models import Case

    done = subprocess.run([sys.executable, "manage.py", "verify_audit"], capture_output=True, text=True, check=False)
    return {
        "verify_audit": done.returncode,
        "said": (done.stdout + done.stderr).strip()[-300:],
        "openings missing": abs(Event.objects.filter(verb="open").count() - Case.objects.count()),
    }


def of_limits() -> dict[str, Any]:
    """Limits were on: every address took from its bucket, and every proof was spent."""
    from cases.models import Case
    from organization.models import Bucket

    def buckets(limit: str) -> int:
        return Bucket.objects.filter(key__startswith=f"{limit}:").count()

    return {
        "addresses counted": buckets("public_submit_address"),
        "proofs spent": buckets("proof_once"),
        "total counted": buckets("public_submit_all"),
        "cases": Case.objects.count(),
    }


def oldest_unsent() -> timedelta:
    """How long the longest waiting message has waited for somebody to take it."""
    from django.utils import timezone

    from notifications.queries import oldest_unsent_age

    return oldest_unsent_age(timezone.now())


def unsent() -> int:
    """Messages that are waiting or being sent."""
    from notifications.queries import waiting_counts

    return sum(waiting_counts().values())


def heartbeats() -> dict[str, float]:
    """Seconds since each part last showed that it takes work."""
    from django.utils import timezone

    from notifications.queries import heartbeats as last

    return {name: round((timezone.now() - at).total_seconds(), 1) for name, at in last().items()}
