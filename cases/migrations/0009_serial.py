"""As long as the serial numbers of goods that come back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_erased"),
    ]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="serial",
            field=models.CharField(blank=True, max_length=80),
        ),
    ]
