"""What a worker counts of the records of whole provinces and cities."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0018_listing_areas"),
    ]

    operations = [
        migrations.CreateModel(
            name="QualityCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_path", models.TextField(db_collation="C", unique=True)),
                ("people", models.PositiveIntegerField(verbose_name="people")),
                ("lacking", models.JSONField(verbose_name="lacking")),
                ("counted", models.DateTimeField(verbose_name="counted at")),
            ],
            options={
                "verbose_name": "count of records",
                "verbose_name_plural": "counts of records",
                "default_permissions": (),
            },
        ),
    ]
