from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessment", "0003_results_by_index")]

    operations = [
        migrations.AddIndex("annualresult", models.Index(fields=["year", "unit"], name="assessment_annualresult_year")),
    ]
