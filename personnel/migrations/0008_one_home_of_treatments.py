"""A special treatment is a section of the file with its own days, and no column of an employment."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0007_posts_of_residents"),
    ]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO personnel_specialtreatment (person_id, level, start, "end", with_post, document)
            SELECT person_id,
                   CASE WHEN special_treatment IN ('DEPUTY_SECTION', 'SECTION', 'PUBLIC_INSTITUTION')
                        THEN special_treatment ELSE 'OTHER' END, start, "end", false, ''
              FROM personnel_employment WHERE special_treatment <> ''
            ON CONFLICT DO NOTHING
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name="employment",
            name="special_treatment",
        ),
    ]
