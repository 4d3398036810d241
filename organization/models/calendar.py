"""When we work: named calendars of weekly hours with day-by-day exceptions (SLA-02)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Calendar(models.Model):
    """Weekly working periods; exceptions are ``CalendarDay`` rows.

    ``complete_through`` is the last date for which a person has confirmed the State Council's
    notice of holidays and make-up days; deadlines beyond it are provisional. Every edit counts
    ``revision`` up; ``applied_revision`` follows when the running clocks have been recomputed, so
    a recomputation whose task was lost is found and done again.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    #: Seven lists (Monday first) of ["08:30", "12:00"] pairs.
    weekly = models.JSONField(_("weekly hours"))
    complete_through = models.DateField(_("complete through"), null=True)
    revision = models.PositiveIntegerField(default=1)
    applied_revision = models.PositiveIntegerField(default=1)
    applied_after = models.BigIntegerField(default=0, help_text="How far the recomputation under way has come.")
    applied_clocks = models.PositiveIntegerField(default=0, help_text="How many clocks it has moved.")
    applied_at = models.DateTimeField(null=True, help_text="When it last went on.")

    def __str__(self) -> str:
        return self.name

    @property
    def is_applied(self) -> bool:
        """Whether all running clocks rest on the calendar as it stands."""
        return self.applied_revision >= self.revision


class CalendarDay(models.Model):
    """An exception: a holiday (no periods) or a make-up working day (its periods)."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    periods = models.JSONField(_("working periods"), default=list, blank=True)
    label = models.CharField(_("label"), max_length=40, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="one_exception_per_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.label}"
