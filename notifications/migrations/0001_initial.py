"""The outbox, channels out of order, heartbeats."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                (
                    "name",
                    models.CharField(
                        choices=[("in_app", "In the program"), ("email", "E-mail"), ("sms", "Text message")],
                        max_length=10,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("failing_since", models.DateTimeField()),
                ("retry_at", models.DateTimeField()),
                ("error", models.CharField(max_length=500)),
            ],
            options={
                "verbose_name": "channel out of order",
                "verbose_name_plural": "channels out of order",
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dedupe_key", models.CharField(db_collation="C", max_length=200, unique=True)),
                ("kind", models.CharField(max_length=60)),
                ("thread", models.CharField(db_collation="C", max_length=100)),
                ("address", models.CharField(blank=True, max_length=254)),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In the program"), ("email", "E-mail"), ("sms", "Text message")],
                        max_length=10,
                    ),
                ),
                ("template", models.CharField(max_length=60)),
                ("context", models.JSONField(default=dict)),
                ("language", models.CharField(max_length=10)),
                ("path", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("claimed", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("withdrawn", "Withdrawn"),
                            ("not_sent", "Not sent: telephone"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField()),
                ("next_try_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("lease_token", models.UUIDField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("refused", models.BooleanField(default=False)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("telephoned_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "claimed"))),
                        fields=["next_try_at"],
                        name="notifications_due",
                    ),
                    models.Index(fields=["thread"], name="notifications_thread"),
                    models.Index(
                        condition=models.Q(("channel", "in_app"), ("state", "sent")),
                        fields=["user", "-id"],
                        name="notifications_inbox",
                    ),
                    models.Index(
                        condition=models.Q(("channel", "in_app"), ("read_at__isnull", True), ("state", "sent")),
                        fields=["user"],
                        name="notifications_unread",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("failed", "not_sent")),
                            ("telephoned_at__isnull", True),
                            ("user__isnull", True),
                        ),
                        fields=["id"],
                        name="notifications_to_telephone",
                    ),
                    models.Index(
                        condition=models.Q(("refused", True)), fields=["address"], name="notifications_refused"
                    ),
                    models.Index(
                        condition=models.Q(("address", ""), _negated=True),
                        fields=["address"],
                        name="notifications_address",
                    ),
                    models.Index(fields=["created_at"], name="notifications_created"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "claimed", "sent", "failed", "withdrawn", "not_sent"])
                        ),
                        name="notifications_message_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["in_app", "email", "sms"])),
                        name="notifications_message_channel",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user__isnull", False), models.Q(("channel", "in_app"), _negated=True), _connector="OR"
                        ),
                        name="notifications_in_app_has_user",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_token__isnull", False), ("state", "claimed")),
                            models.Q(models.Q(("state", "claimed"), _negated=True), ("lease_token__isnull", True)),
                            _connector="OR",
                        ),
                        name="notifications_claimed_has_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sent"), _negated=True), ("sent_at__isnull", False), _connector="OR"
                        ),
                        name="notifications_sent_has_time",
                    ),
                ],
            },
        ),
    ]
