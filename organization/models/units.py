"""Vocabulary of the organisation: departments, functions, sites, products.

Rows with an immutable ``code``: retired, never deleted, because cases and profile versions refer
to them for ever.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

#: Principals (``cases.Case.readers``): functions 1-99, departments from here, users negative.
DEPARTMENT_PRINCIPAL_BASE = 1000
#: The heads alone of a department, and of those above it.
HEADS_PRINCIPAL_BASE = 1_000_000_000
#: Among the barred of a record whose data are only kept: bars everybody but those who keep them (PIPL 47).
RESTRICTED_PRINCIPAL = -2_000_000_000


class VocabularyQuerySet(models.QuerySet):
    """Conditions that every vocabulary shares."""

    def active(self) -> VocabularyQuerySet:
        """Rows that may still be chosen."""
        return self.filter(retired_at__isnull=True)


class Vocabulary(models.Model):
    """A word of the organisation with an immutable code; ``retired_at`` takes it out of choice."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    name_key = models.CharField(max_length=300, db_collation="C", editable=False, default="")
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @property
    def is_retired(self) -> bool:
        """Whether the word may no longer be chosen."""
        return self.retired_at is not None


class Tree(Vocabulary):
    """A vocabulary with parents; ``lineage`` holds the ids of all ancestors and the row itself."""

    parent: models.ForeignKey[Any, Any] = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    parent_id: int | None
    lineage = ArrayField(models.BigIntegerField(), default=list, editable=False)

    class Meta:
        abstract = True

    @property
    def depth(self) -> int:
        """0 for a root."""
        return max(0, len(self.lineage) - 1)


class Function(models.Model):
    """What a department, or a person, is there for (ORG-02); ``number`` is its principal, 1-99."""

    HUB = "hub"
    QUALITY = "quality"
    TECHNICAL = "technical"
    SALES = "sales"
    RETURNS_DESK = "returns_desk"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    INSPECTION = "inspection"
    REPAIR = "repair"
    CALLBACK_DESK = "callback_desk"
    SUPERVISION = "supervision"
    MANAGEMENT_REPRESENTATIVE = "management_representative"
    GENERAL_MANAGER = "general_manager"

    #: Principals of the functions that readers of cases are computed from.
    NUMBERS = {
        HUB: 1, QUALITY: 2, TECHNICAL: 3, SALES: 4, RETURNS_DESK: 5, WAREHOUSE: 6, FINANCE: 7, INSPECTION: 8,
        REPAIR: 9, CALLBACK_DESK: 10, SUPERVISION: 11, MANAGEMENT_REPRESENTATIVE: 20, GENERAL_MANAGER: 21,
    }  # fmt: skip

    number = models.PositiveSmallIntegerField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    personal = models.BooleanField(
        default=False, help_text="Held by a person (management representative, general manager)."
    )

    class Meta:
        ordering = ["number"]
        constraints = [models.CheckConstraint(condition=Q(number__gte=1, number__lte=99), name="function_number_1_99")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name


class Department(Tree):
    """A unit of the organisation; its functions say which duties of the regulations it carries."""

    functions = models.ManyToManyField(Function, blank=True, related_name="departments")
    phone = models.CharField(_("telephone"), max_length=40, blank=True)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "id"]
        indexes = [models.Index(F("name_key"), name="department_name_key")]

    @property
    def principal(self) -> int:
        """The number that stands for this department in ``Case.readers``."""
        return DEPARTMENT_PRINCIPAL_BASE + self.pk


class Site(Tree):
    """A store, station, plant or project where something happened (门店、站点)."""

    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="sites")
    address = models.CharField(_("address"), max_length=200, blank=True)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "id"]


class Product(Tree):
    """A product line (root) or a product; the code is the model number."""

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "id"]
