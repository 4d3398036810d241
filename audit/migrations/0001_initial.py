"""Tables of the audit trail and the triggers that keep them append-only."""

import django.db.models.deletion
from django.db import migrations, models

import audit.models

APPEND_ONLY = ("audit_event", "audit_reading", "audit_checkpoint", "audit_checkpointhead")

# A trigger binds the owner of the tables too, who needs no right; a superuser who switches it off is found by
# verify_audit. TRUNCATE has no trigger because no role of the application may truncate.
CREATE_FUNCTIONS = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The table % only grows: % is refused.', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION audit_only_blank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."id", NEW."event_id", NEW."field") IS DISTINCT FROM (OLD."id", OLD."event_id", OLD."field")
       OR NEW."old" IS NOT NULL OR NEW."new" IS NOT NULL OR NEW."salt" <> '' OR NEW."erased_at" IS NULL
       OR OLD."erased_at" IS NOT NULL
    THEN
        RAISE EXCEPTION 'A sealed value can only be blanked.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_sealed_only_blank BEFORE UPDATE ON audit_sealed
    FOR EACH ROW EXECUTE FUNCTION audit_only_blank();
CREATE TRIGGER audit_sealed_keep BEFORE DELETE ON audit_sealed
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""
DROP_FUNCTIONS = """
DROP FUNCTION audit_only_blank() CASCADE;
DROP FUNCTION audit_refuse_change() CASCADE;
"""


def keep(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();",
        migrations.RunSQL.noop,
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("threads", models.PositiveIntegerField()),
                ("events", models.BigIntegerField()),
                ("digest", models.CharField(db_collation="C", max_length=64)),
                ("prev", models.CharField(db_collation="C", max_length=64)),
                ("hash", models.CharField(db_collation="C", max_length=64)),
            ],
            options={
                "verbose_name": "checkpoint",
                "verbose_name_plural": "checkpoints",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("thread", audit.models.Thread(db_collation="C", max_length=100)),
                ("seq", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[
                            ("staff", "Staff"),
                            ("customer", "Customer"),
                            ("token", "Program with a key"),
                            ("system", "System"),
                            ("import", "Import"),
                        ],
                        max_length=10,
                    ),
                ),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_label", models.CharField(max_length=150)),
                ("deputy_for", models.BigIntegerField(null=True)),
                ("verb", models.CharField(max_length=60)),
                ("changes", models.JSONField(default=dict)),
                ("digest", models.JSONField(default=dict)),
                ("prev", models.CharField(db_collation="C", max_length=64)),
                ("hash", models.CharField(db_collation="C", max_length=64)),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["thread", "seq"],
                "indexes": [
                    models.Index(fields=["at"], name="audit_event_at"),
                    models.Index(
                        condition=models.Q(("actor_id__isnull", False)),
                        fields=["actor_id", "at"],
                        name="audit_event_actor",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("thread", "seq"), name="audit_event_thread_seq"),
                    models.CheckConstraint(condition=models.Q(("seq__gte", 1)), name="audit_event_seq_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["staff", "customer", "token", "system", "import"])),
                        name="audit_event_actor_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("thread", audit.models.Thread(db_collation="C", max_length=100, primary_key=True, serialize=False)),
                ("seq", models.PositiveIntegerField(default=0)),
                ("hash", models.CharField(db_collation="C", default="", max_length=64)),
                ("checked_seq", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "head of a thread",
                "verbose_name_plural": "heads of threads",
                "indexes": [
                    models.Index(
                        condition=models.Q(("seq__gt", models.F("checked_seq"))),
                        fields=["thread"],
                        name="audit_head_touched",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("thread", audit.models.Thread(db_collation="C", max_length=100)),
                ("what", models.CharField(max_length=60)),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[
                            ("staff", "Staff"),
                            ("customer", "Customer"),
                            ("token", "Program with a key"),
                            ("system", "System"),
                            ("import", "Import"),
                        ],
                        max_length=10,
                    ),
                ),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_label", models.CharField(max_length=150)),
                ("rows", models.PositiveIntegerField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name": "reading",
                "verbose_name_plural": "readings",
                "indexes": [
                    models.Index(fields=["thread", "-at"], name="audit_reading_thread"),
                    models.Index(fields=["actor_id", "-at"], name="audit_reading_actor"),
                    models.Index(fields=["at"], name="audit_reading_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckpointHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("thread", audit.models.Thread(db_collation="C", max_length=100)),
                ("seq", models.PositiveIntegerField()),
                ("hash", models.CharField(db_collation="C", max_length=64)),
                (
                    "checkpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="heads",
                        to="audit.checkpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "head at a checkpoint",
                "verbose_name_plural": "heads at a checkpoint",
                "indexes": [models.Index(fields=["thread", "seq"], name="audit_checkpointhead_thread")],
                "constraints": [
                    models.UniqueConstraint(fields=("checkpoint", "thread"), name="audit_checkpointhead_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Sealed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=60)),
                ("salt", models.CharField(max_length=32)),
                ("old", models.JSONField(null=True)),
                ("new", models.JSONField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sealed",
                        to="audit.event",
                    ),
                ),
            ],
            options={
                "verbose_name": "sealed value",
                "verbose_name_plural": "sealed values",
                "constraints": [
                    models.UniqueConstraint(fields=("event", "field"), name="audit_sealed_event_field"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at__isnull", True),
                            models.Q(("new__isnull", True), ("old__isnull", True), ("salt", "")),
                            _connector="OR",
                        ),
                        name="audit_sealed_erased_is_blank",
                    ),
                ],
            },
        ),
        migrations.RunSQL(CREATE_FUNCTIONS, DROP_FUNCTIONS),
        *(keep(table) for table in APPEND_ONLY),
    ]
