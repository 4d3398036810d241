"""Thresholds of classes and times of retention, published as the profile's next version (A-17, SEC-04)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from audit.actor import Actor
from audit.exceptions import InvalidInput
from customers.policy import CustomersPart
from feedback_system.privacy.policy import RetentionPart
from regulations.document import Part
from regulations.models import Profile, ProfileVersion
from regulations.profiles import publish_next


def change_rules(
    profile: Profile, customers: dict[str, Any], retention: dict[str, Any], *, by: Actor, base: int, reason: str
) -> ProfileVersion:
    """Publish the next version with other thresholds or times; what is not named stays as it is.

    Raises ``InvalidInput`` for what cannot be, and as ``publish_next`` does.
    """
    return publish_next(profile, lambda body: apply(body, customers, retention), by=by, base=base, reason=reason)


def apply(body: dict[str, Any], customers: dict[str, Any], retention: dict[str, Any]) -> None:
    """Write the values into a document, where they differ from what it says."""
    for name, model, values in (("customers", CustomersPart, customers), ("retention", RetentionPart, retention)):
        before = model.model_validate(body.get(name, {}))
        after = _merged(model, before, values)
        if after != before:
            body[name] = after.model_dump(mode="json", exclude_defaults=True)


def _merged(model: type[Part], before: Part, values: dict[str, Any]) -> Part:
    whole = before.model_dump(mode="json")
    for key, value in values.items():
        whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
    try:
        return model.model_validate(whole)
    except ValidationError as error:
        raise InvalidInput(
            "rules", _("A time of retention must not be shorter than the law asks; amounts must be above zero.")
        ) from error
