"""A round is settled by one answer, whoever is quicker."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

#: Kept beside the answer, for whoever looks why it does not count; the program speaks Chinese first.
WHY = "同一轮已有一份评价，较晚的一份不计入（程序升级时标记）"


def let_the_first_answer_count(apps, schema_editor):
    """Of two answers that settle one round the later is not genuine: kept to be read, and taken out of the sums."""
    rows = apps.get_model("surveys", "Response").objects.exclude(source="collected").exclude(genuine="doubtful")
    before = Q(submitted_at__lt=OuterRef("submitted_at")) | Q(
        submitted_at=OuterRef("submitted_at"), pk__lt=OuterRef("pk")
    )
    later = rows.filter(Exists(rows.filter(before, case=OuterRef("case"), round=OuterRef("round")))).order_by("pk")
    if found := list(later):
        _do_not_count(found)
        # What was written waits for its checks at the end otherwise, and no constraint is added to such a table.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _do_not_count(rows):
    from audit.actions import Entry, record_many
    from audit.actor import Actor
    from surveys.actions.tallying import fold, untally
    from surveys.models.survey import thread_of

    entries, now, by = [], timezone.now(), Actor.system("survey-upgrade")
    for row in rows:
        counted, was = row.tallied, row.genuine
        untally(row)
        row.genuine, row.genuine_reason = "doubtful", WHY
        row.save(update_fields=["genuine", "genuine_reason"])
        if counted:
            fold([row.pk])
        changes = {"response": (None, row.pk), "genuine": (was, "doubtful")}
        entries.append(Entry(thread_of(row.case_id), "check_response", by, now, changes, {"reason": (None, WHY)}))
    record_many(entries)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_reasons_can_be_blanked"),
        ("cases", "0009_serial"),
        ("customers", "0009_submission_key"),
        ("organization", "0001_initial"),
        ("surveys", "0004_taken_until"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(let_the_first_answer_count, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("source", "collected"), _negated=True), models.Q(("genuine", "doubtful"), _negated=True)
                ),
                fields=("case", "round"),
                name="one_settling_response_per_round",
            ),
        ),
    ]
