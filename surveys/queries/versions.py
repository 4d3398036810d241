"""The questionnaires of many responses: each read and understood once."""

from __future__ import annotations

from collections.abc import Iterable

from surveys.models import QuestionnaireVersion, Response


def with_versions(responses: Iterable[Response]) -> list[Response]:
    """These responses with what they were asked; one query, and none where all have it."""
    rows = list(responses)
    version = Response._meta.get_field("version")
    lacking = [row for row in rows if not version.is_cached(row)]
    versions = QuestionnaireVersion.objects.in_bulk({row.version_id for row in lacking})
    for row in lacking:
        row.version = versions[row.version_id]
    return rows
