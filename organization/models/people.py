"""People who work here: users, memberships, deputies, invitations, API tokens."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from organization.models.units import Department, Function


class Role(models.TextChoices):
    """What a person may do in general; functions add what the department is there for."""

    AGENT = "agent", _("Customer service agent")
    HANDLER = "handler", _("Handler")
    HEAD = "head", _("Department head")
    MANAGER = "manager", _("Manager")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class User(AbstractUser):
    """A member of staff. Never deleted: deactivated, because every record names its people."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=60)
    name_key = models.CharField(max_length=300, db_collation="C", default="", editable=False)
    initials = models.CharField(max_length=20, db_collation="C", default="", editable=False)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.HANDLER)
    departments = models.ManyToManyField(Department, through="Membership", related_name="members")
    functions = models.ManyToManyField(Function, blank=True, related_name="people", limit_choices_to={"personal": True})
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    must_use_second_factor = models.BooleanField(default=False)

    REQUIRED_FIELDS = ["email", "name"]

    class Meta:
        ordering = ["name_key", "id"]
        constraints = [
            # The address is a login name, too.
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="one_user_per_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The name, as Django's own code asks for it."""
        return str(self)

    @property
    def must_prove_second_factor(self) -> bool:
        """Whether a password alone is not enough: for the person, or for everybody in the role (threat 25)."""
        return self.must_use_second_factor or self.role in settings.SECOND_FACTOR_ROLES

    @property
    def principal(self) -> int:
        """The number that stands for this person in ``Case.readers`` and ``Case.barred``."""
        return -self.pk


class Membership(models.Model):
    """A person's place in a department; heads see what lies under their department."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships")
    is_head = models.BooleanField(_("head"), default=False)
    is_main = models.BooleanField(_("main department"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "department"], name="one_membership_per_department"),
            models.UniqueConstraint(fields=["user"], condition=Q(is_main=True), name="one_main_department"),
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.department}"


class DeputyQuerySet(models.QuerySet["Deputy"]):
    """Deputyships by time."""

    def on(self, now: datetime) -> DeputyQuerySet:
        """Those in force at ``now``."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)


class Deputy(models.Model):
    """``deputy`` acts for ``principal`` between two dates (ORG-15); the owner of a case stays."""

    principal = models.ForeignKey(User, models.CASCADE, related_name="deputies")
    deputy = models.ForeignKey(User, models.CASCADE, related_name="deputyships")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    objects = DeputyQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="deputy_ends_after_start"),
            models.CheckConstraint(condition=~Q(principal=models.F("deputy")), name="nobody_is_own_deputy"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} for {self.principal}"


class Invitation(models.Model):
    """A single-use link with which a new colleague sets the first password; only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation of {self.user}"


class ApiToken(models.Model):
    """A key of the JSON API: hashed, named, with expiry; as strong as its owner, never stronger."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60)
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
