"""Proof of work before the public form: a puzzle that costs a browser a second and a robot its profit.

Challenges are signed, not stored. What is stored is that one was used: in the database, so that losing the cache does
not let an old solution in again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypedDict, cast

import altcha
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from organization import limits

ALGORITHM: Literal["SHA-256"] = "SHA-256"
#: A real solution has about 400 characters.
LONGEST = 2_000


class Solution(TypedDict):
    """What a browser sends back; shaped as the library wants it."""

    algorithm: str
    challenge: str
    number: int
    salt: str
    signature: str
    took: NotRequired[int]


@dataclass(frozen=True, slots=True)
class Proof:
    """A solution that is right and not too old; whether it is new only ``spend`` can say."""

    challenge: str


def new_challenge(*, now: datetime) -> dict[str, Any]:
    """A puzzle for one submission, as JSON for the page's worker."""
    made = altcha.create_challenge_v1(
        altcha.ChallengeOptionsV1(
            algorithm=ALGORITHM,
            max_number=settings.PROOF_OF_WORK_MAX_NUMBER,
            hmac_key=_key(),
            expires=now + timedelta(seconds=settings.PROOF_OF_WORK_SECONDS),
        )
    )
    return dict(made.to_dict())


def check(payload: str) -> Proof:
    """The proof in a form's field; raises ``InvalidInput`` for a missing, wrong or expired one."""
    if not payload:
        raise InvalidInput(
            "proof",
            _("The check against robots is missing. It needs JavaScript; please switch it on, or telephone us."),
        )
    solution = _decode(payload)
    # The library trusts the types of what it is given, so only a well-formed solution gets there.
    right, _why = altcha.verify_solution_v1(cast(Any, solution), _key()) if solution else (False, None)
    if not solution or not right:
        raise InvalidInput(
            "proof", _("The check against robots is wrong or too old. Your text is still here; please send it again.")
        )
    return Proof(solution["challenge"])


def spend(proof: Proof) -> None:
    """Use a proof up; raises ``InvalidInput`` the second time. Undone with the caller's transaction."""
    try:
        limits.take("proof_once", proof.challenge)
    except limits.TooMany as error:
        raise InvalidInput(
            "proof", _("The check against robots was used already. Your text is still here; please send it again.")
        ) from error


def _decode(payload: str) -> Solution | None:
    if len(payload) > LONGEST or not payload.isascii():
        return None
    try:
        value = json.loads(base64.b64decode(payload, validate=True))
    except (ValueError, RecursionError):
        return None
    texts = ("algorithm", "challenge", "salt", "signature")
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in texts):
        return None
    number = value.get("number")
    if type(number) is not int or not 0 <= number <= settings.PROOF_OF_WORK_MAX_NUMBER:
        return None
    if value["algorithm"] != ALGORITHM or not all(value[name].isascii() for name in texts):
        return None
    return cast(Solution, value)


def _key() -> str:
    return salted_hmac("cases.challenge", "proof of work", algorithm="sha256").hexdigest()
