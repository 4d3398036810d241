"""Where a repair is done belongs to the return: it is decided before there is a work order (RET-23)."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def take_over(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What the work orders say."""
    on_site = apps.get_model("returns", "RepairOrder").objects.filter(place="on_site")
    apps.get_model("returns", "ReturnSlip").objects.filter(pk__in=on_site.values("slip_id")).update(place="on_site")


class Migration(migrations.Migration):
    dependencies = [("returns", "0002_refund_gate")]

    operations = [
        migrations.RemoveConstraint(
            model_name="returnslip",
            name="return_here_was_received",
        ),
        migrations.AddField(
            model_name="returnslip",
            name="place",
            field=models.CharField(
                choices=[("factory", "In the workshop"), ("on_site", "At the customer's")],
                default="factory",
                max_length=8,
                verbose_name="where it is repaired",
            ),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="repairorder",
            name="place",
        ),
        migrations.AddConstraint(
            model_name="returnslip",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            ["confirmed", "inspecting", "passed", "received", "refused", "repairing", "scheduled"],
                        ),
                        _negated=True,
                    ),
                    ("received_at__isnull", False),
                    models.Q(("place", "on_site"), ("state__in", ["inspecting", "passed", "repairing", "scheduled"])),
                    _connector="OR",
                ),
                name="return_here_was_received",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnslip",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "repaired"), _negated=True), ("passed_at__isnull", False), _connector="OR"
                ),
                name="return_repaired_was_passed",
            ),
        ),
    ]
