"""Counter rows: gap-free numbers, and allowances that limit how often something may be asked."""

from django.db import models


class Counter(models.Model):
    """The last number given out in a series; locked last, held shortly (INT-04, INT-05)."""

    series = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_counter_per_series_year")]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.last}"


class Bucket(models.Model):
    """A token bucket in the database, so that a limit survives the loss of the cache."""

    key = models.CharField(max_length=64, primary_key=True, db_collation="C")
    tokens = models.FloatField()
    updated_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
