"""How often a password may be wrong (threats 25, 26): nobody is locked out by somebody else's mistakes.

Failures are counted for a name at an address, for the name, and for the address. Success gives the
attempt back, so only failures count. A browser in which somebody has signed in before carries a
signed cookie and is counted by itself: neither a stranger who tries that name from elsewhere, nor a
colleague behind the same office address, can keep its owner out.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from organization import limits
from organization.models import User

COOKIE = "known"
_SALT = "known-device"
_MAX_AGE = 180 * 86_400


@dataclass(frozen=True)
class Attempt:
    """What was taken for one try; ``succeeded`` puts it back."""

    taken: tuple[tuple[str, str], ...]

    def succeeded(self) -> None:
        """The password was right: the try does not count."""
        for limit, subject in self.taken:
            limits.give_back(limit, subject)


def begin(request: HttpRequest, login: str) -> Attempt:
    """Count a try for a login name; raises ``limits.TooMany`` when there were too many."""
    name = login.strip().casefold()
    network = limits.network_of(request.META.get("REMOTE_ADDR", ""))
    device = _device_of(request, name)
    wanted = (
        (("sign_in_device", device),)
        if device
        else (("sign_in_pair", f"{name}\n{network}"), ("sign_in_account", name), ("sign_in_address", network))
    )
    taken: list[tuple[str, str]] = []
    try:
        for limit, subject in wanted:
            limits.take(limit, subject)
            taken.append((limit, subject))
    except limits.TooMany:
        Attempt(tuple(taken)).succeeded()  # what the other buckets gave is not lost for this refusal
        raise
    return Attempt(tuple(taken))


def _device_of(request: HttpRequest, name: str) -> str:
    """The signed mark of this browser, when its owner is the one who signs in."""
    try:
        mark = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_MAX_AGE)
        pk, nonce = int(mark["user"]), str(mark["nonce"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return ""
    same = User.objects.filter(pk=pk).filter(Q(username__iexact=name) | Q(email__iexact=name)).exists()
    return f"{pk}:{nonce}" if same else ""


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark this browser as one in which the person has signed in."""
    from secrets import token_hex

    response.set_cookie(
        COOKIE, signing.dumps({"user": user.pk, "nonce": token_hex(8)}, salt=_SALT),
        max_age=_MAX_AGE, httponly=True, samesite="Lax", secure=request.is_secure(),
    )  # fmt: skip
