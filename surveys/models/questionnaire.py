"""Questionnaires and their frozen versions (SUR-10)."""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from organization.models import User
from surveys.document import QuestionnaireDocument


class Questionnaire(models.Model):
    """A form that is asked; what it asks stands in its versions."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class QuestionnaireVersion(models.Model):
    """What a questionnaire asked from its publication on; never changed, so that every answer keeps its question.

    A trigger refuses changes, whoever makes them.
    """

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["questionnaire", "number"], name="one_questionnaire_version")]

    def __str__(self) -> str:
        return f"{self.questionnaire} v{self.number}"

    @cached_property
    def asks(self) -> QuestionnaireDocument:
        """What it asks, typed."""
        return QuestionnaireDocument.model_validate(self.document)
