"""The organisation itself: one row of facts that pages, mails and papers print."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """Name, hotline and the person on duty for what arrives without a first-asked person."""

    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=30)
    hotline = models.CharField(_("hotline"), max_length=40, blank=True)
    hotline_hours = models.CharField(_("hotline hours"), max_length=60, blank=True)
    duty_person = models.ForeignKey(
        "organization.User", models.PROTECT, null=True, blank=True, verbose_name=_("person on duty")
    )
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_organisation")]

    def __str__(self) -> str:
        return self.name
