"""A run may be about one person, by the key of their file."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payroll", "0004_deletions"),
    ]

    operations = [
        migrations.AddField(
            model_name="promotionrun",
            name="subject",
            field=models.UUIDField(blank=True, editable=False, null=True, verbose_name="person"),
        ),
    ]
