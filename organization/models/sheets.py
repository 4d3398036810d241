"""Tables of people and units that were checked and wait for a person's yes."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SheetUpload(models.Model):
    """The rows of an uploaded table between its check and its import.

    They may name people, so they are removed by the import, and after a day in any case.
    """

    class What(models.TextChoices):
        """What the rows are; the order is that in which one refers to the other."""

        DEPARTMENTS = "departments", _("Departments")
        PRODUCTS = "products", _("Products")
        USERS = "users", _("Users")

    what = models.CharField(max_length=12, choices=What.choices)
    file_name = models.CharField(max_length=120)
    header = models.JSONField()
    rows = models.JSONField(help_text="Pairs of the row's number in the file and its cells as text.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.what} {self.file_name}"
