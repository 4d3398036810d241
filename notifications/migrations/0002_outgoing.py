"""Indexes for the page of outgoing messages: a rare state or channel at a million messages."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What was not sent, and what went outside, newest first."""

    dependencies = [("notifications", "0001_initial")]
    operations = [
        migrations.AddIndex(
            "message",
            models.Index(fields=["state", "-id"], name="notifications_not_sent", condition=~Q(state="sent")),
        ),
        migrations.AddIndex(
            "message",
            models.Index(fields=["channel", "-id"], name="notifications_outside", condition=~Q(channel="in_app")),
        ),
    ]
