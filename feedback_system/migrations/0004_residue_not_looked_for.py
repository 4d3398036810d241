"""What is left after an erasure: null until somebody has looked for it, instead of the empty answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback_system", "0003_privacy")]

    operations = [
        migrations.AlterField(model_name="erasure", name="residue", field=models.JSONField(null=True)),
    ]
