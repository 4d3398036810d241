"""The limits of a table that is read, said while it is read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from documents.exceptions import SheetRefused
from documents.limits import SheetLimits


def check_size(number: int, width: int, limits: SheetLimits) -> None:
    """Refuse a table that is longer or wider than allowed."""
    if number > limits.rows:
        raise SheetRefused(
            _(
                "The table has more than %(limit)s rows. Please cut it into several files and import them one "
                "after the other."
            )
            % {"limit": f"{limits.rows:,}"},
            row=number,
        )
    if width > limits.columns:
        raise SheetRefused(
            _(
                "Row %(row)s has %(width)s columns; at most %(limit)s can be read. Please remove the columns "
                "that are not needed."
            )
            % {"row": number, "width": width, "limit": limits.columns},
            row=number,
        )
