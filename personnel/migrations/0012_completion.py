"""How somebody left a school. Lists find people by the education with which they graduated."""

from importlib import import_module

from django.db import migrations, models

# The words of a person's rows, as before; of education only what was graduated from.
BEFORE = import_module("personnel.migrations.0006_listing_costs").FUNCTIONS.partition("-- No other row")[0]
ALL = "FROM personnel_education WHERE person_id = p.id"
AFTER = BEFORE.replace(ALL, f"{ALL} AND completion = 'GRADUATED'")
assert AFTER.count("GRADUATED") == 2  # every education, and the highest


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0011_papers"),
    ]

    operations = [
        migrations.AddField(
            model_name="education",
            name="completion",
            field=models.CharField(
                choices=[
                    ("GRADUATED", "graduated with a diploma"),
                    ("COMPLETED", "completed without graduating"),
                    ("LEFT_EARLY", "left before the end"),
                ],
                db_default="GRADUATED",
                default="GRADUATED",
                max_length=10,
                verbose_name="completion of studies",
            ),
        ),
        migrations.RunSQL(AFTER, BEFORE),
    ]
