"""Dates as a customer reads them: a day with its weekday, never "in 3 hours"."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from organization.time_words import WEEKDAYS

register = template.Library()


@register.filter
def day_words(at: datetime) -> str:
    """``{{ at|day_words }}``: 11-27 (Fri)."""
    return _("%(mm)s-%(dd)s (%(weekday)s)") % _parts(at)


@register.filter
def day_time(at: datetime) -> str:
    """``{{ at|day_time }}``: 11-27 (Fri) 15:30."""
    return _("%(mm)s-%(dd)s (%(weekday)s) %(time)s") % _parts(at)


def _parts(at: datetime) -> dict[str, object]:
    local = timezone.localtime(at)
    return {
        "month": local.month,
        "day": local.day,
        "mm": f"{local.month:02d}",
        "dd": f"{local.day:02d}",
        "weekday": str(WEEKDAYS[local.weekday()]),
        "time": f"{local:%H:%M}",
    }
