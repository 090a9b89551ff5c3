"""Posts of owners and residents who help, how somebody was elected, and a quicker keeper of old rows."""

from django.db import migrations, models

KEEPER = """
CREATE OR REPLACE FUNCTION personnel_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    by_actor text := coalesce(nullif(current_setting('cwms.actor', true), ''), session_user || ' (database)');
    by_act text := coalesce(current_setting('cwms.act', true), '');
    by_reason text := coalesce(current_setting('cwms.reason', true), '');
    by_document text := coalesce(current_setting('cwms.document', true), '');
    way text := TG_ARGV[0];
    at_ timestamptz := clock_timestamp();
BEGIN
    -- OFFSET 0 keeps each old row from being turned into JSON more than once.
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO personnel_history
            (table_name, row_id, person_id, "row", recorded_until, deleted, actor, act, reason, document)
        SELECT TG_TABLE_NAME, (r.old ->> 'id')::bigint, CASE way
                   WHEN 'employment' THEN (SELECT person_id FROM personnel_employment
                                            WHERE id = (r.old ->> 'employment_id')::bigint)
                   WHEN 'archive' THEN (SELECT person_id FROM personnel_archive
                                         WHERE id = (r.old ->> 'archive_id')::bigint)
                   ELSE (r.old ->> way)::bigint
               END, r.old, at_, false, left(by_actor, 150),
               left(by_act, 80), left(by_reason, 200), left(by_document, 100)
          FROM (SELECT to_jsonb(o) AS old FROM old_rows o JOIN new_rows n ON n.id = o.id
                 WHERE o IS DISTINCT FROM n OFFSET 0) AS r;
    ELSE
        INSERT INTO personnel_history
            (table_name, row_id, person_id, "row", recorded_until, deleted, actor, act, reason, document)
        SELECT TG_TABLE_NAME, (r.old ->> 'id')::bigint, CASE way
                   WHEN 'employment' THEN (SELECT person_id FROM personnel_employment
                                            WHERE id = (r.old ->> 'employment_id')::bigint)
                   WHEN 'archive' THEN (SELECT person_id FROM personnel_archive
                                         WHERE id = (r.old ->> 'archive_id')::bigint)
                   ELSE (r.old ->> way)::bigint
               END, r.old, at_, true, left(by_actor, 150),
               left(by_act, 80), left(by_reason, 200), left(by_document, 100)
          FROM (SELECT to_jsonb(o) AS old FROM old_rows o OFFSET 0) AS r;
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0006_listing_costs"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenure",
            name="election",
            field=models.CharField(
                blank=True,
                choices=[
                    ("GENERAL_ELECTION", "general election"),
                    ("MID_TERM_CHANGE", "mid-term change"),
                    ("BY_ELECTION", "by-election"),
                ],
                db_default="",
                default="",
                max_length=16,
                verbose_name="elected how",
            ),
        ),
        migrations.AlterField(
            model_name="post",
            name="body",
            field=models.CharField(
                choices=[
                    ("PARTY", "community party organisation"),
                    ("COMMITTEE", "residents' committee"),
                    ("STAFF", "community staff"),
                    ("GRID", "grid"),
                    ("OWNERS", "owners' committee"),
                    ("RESIDENTS", "residents who help"),
                ],
                max_length=10,
                verbose_name="body",
            ),
        ),
        migrations.AlterField(
            model_name="post",
            name="title",
            field=models.CharField(
                choices=[
                    ("PARTY_SECRETARY", "party secretary"),
                    ("DEPUTY_SECRETARY", "deputy party secretary"),
                    ("PARTY_COMMITTEE_MEMBER", "party committee member"),
                    ("COMMITTEE_DIRECTOR", "director of the residents' committee"),
                    ("DEPUTY_DIRECTOR", "deputy director of the residents' committee"),
                    ("COMMITTEE_MEMBER", "member of the residents' committee"),
                    ("STAFF", "community staff"),
                    ("GRID_LEADER", "grid leader"),
                    ("GRID_WORKER", "grid worker"),
                    ("OWNERS_DIRECTOR", "director of the owners' committee"),
                    ("OWNERS_MEMBER", "member of the owners' committee"),
                    ("LIAISON", "liaison from above"),
                    ("AREA_HEAD", "area head"),
                    ("BUILDING_HEAD", "building or stairway head"),
                    ("STEWARD", "neighbourhood steward"),
                    ("VOLUNTEER", "volunteer"),
                    ("REGISTERED_MEMBER", "party member registered where they live"),
                ],
                max_length=24,
                verbose_name="title",
            ),
        ),
        migrations.AlterField(
            model_name="tenure",
            name="body",
            field=models.CharField(
                choices=[
                    ("PARTY", "community party organisation"),
                    ("COMMITTEE", "residents' committee"),
                    ("STAFF", "community staff"),
                    ("GRID", "grid"),
                    ("OWNERS", "owners' committee"),
                    ("RESIDENTS", "residents who help"),
                ],
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="tenure",
            name="title",
            field=models.CharField(
                choices=[
                    ("PARTY_SECRETARY", "party secretary"),
                    ("DEPUTY_SECRETARY", "deputy party secretary"),
                    ("PARTY_COMMITTEE_MEMBER", "party committee member"),
                    ("COMMITTEE_DIRECTOR", "director of the residents' committee"),
                    ("DEPUTY_DIRECTOR", "deputy director of the residents' committee"),
                    ("COMMITTEE_MEMBER", "member of the residents' committee"),
                    ("STAFF", "community staff"),
                    ("GRID_LEADER", "grid leader"),
                    ("GRID_WORKER", "grid worker"),
                    ("OWNERS_DIRECTOR", "director of the owners' committee"),
                    ("OWNERS_MEMBER", "member of the owners' committee"),
                    ("LIAISON", "liaison from above"),
                    ("AREA_HEAD", "area head"),
                    ("BUILDING_HEAD", "building or stairway head"),
                    ("STEWARD", "neighbourhood steward"),
                    ("VOLUNTEER", "volunteer"),
                    ("REGISTERED_MEMBER", "party member registered where they live"),
                ],
                editable=False,
                max_length=24,
            ),
        ),
        migrations.RunSQL(KEEPER, migrations.RunSQL.noop),
    ]
