import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import organization.models.units

# The tables of the file and how a row of theirs leads to its person: by a column, or over another table.
TABLES = {
    "personnel_person": "id",
    "personnel_personpast": "person_id",
    "personnel_employment": "person_id",
    "personnel_tenure": "person_id",
    "personnel_education": "person_id",
    "personnel_certificate": "person_id",
    "personnel_partymembership": "person_id",
    "personnel_honour": "person_id",
    "personnel_discipline": "person_id",
    "personnel_resumeline": "person_id",
    "personnel_familymember": "person_id",
    "personnel_publicrole": "person_id",
    "personnel_specialtreatment": "person_id",
    "personnel_insuranceenrolment": "person_id",
    "personnel_bankaccount": "person_id",
    "personnel_healthcheck": "person_id",
    "personnel_leave": "person_id",
    "personnel_supportrecord": "person_id",
    "personnel_responsibilityarea": "person_id",
    "personnel_archive": "person_id",
    "personnel_placement": "employment",
    "personnel_archiveitem": "archive",
    "personnel_custody": "archive",
    "personnel_loan": "archive",
}

FUNCTIONS = """
CREATE FUNCTION personnel_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    derived constant text[] := '{unit_path,name_pinyin}';  -- repeat what stands elsewhere
    by_actor text := coalesce(nullif(current_setting('cwms.actor', true), ''), session_user || ' (database)');
    by_act text := coalesce(current_setting('cwms.act', true), '');
    by_reason text := coalesce(current_setting('cwms.reason', true), '');
    by_document text := coalesce(current_setting('cwms.document', true), '');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO personnel_history
            (table_name, row_id, person_id, "row", recorded_until, deleted, actor, act, reason, document)
        SELECT TG_TABLE_NAME, o.id,
               personnel_person_of(TG_ARGV[0], to_jsonb(o)), to_jsonb(o),
               clock_timestamp(), false, left(by_actor, 150), left(by_act, 80), left(by_reason, 200), left(by_document, 100)
          FROM old_rows o JOIN new_rows n ON n.id = o.id
         WHERE to_jsonb(n) - derived <> to_jsonb(o) - derived;
    ELSE
        INSERT INTO personnel_history
            (table_name, row_id, person_id, "row", recorded_until, deleted, actor, act, reason, document)
        SELECT TG_TABLE_NAME, o.id,
               personnel_person_of(TG_ARGV[0], to_jsonb(o)), to_jsonb(o),
               clock_timestamp(), true, left(by_actor, 150), left(by_act, 80), left(by_reason, 200), left(by_document, 100)
          FROM old_rows o;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION personnel_person_of(way text, old_row jsonb) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF way = 'employment' THEN
        RETURN (SELECT person_id FROM personnel_employment WHERE id = (old_row ->> 'employment_id')::bigint);
    ELSIF way = 'archive' THEN
        RETURN (SELECT person_id FROM personnel_archive WHERE id = (old_row ->> 'archive_id')::bigint);
    END IF;
    RETURN (old_row ->> way)::bigint;
END $$;

CREATE TRIGGER personnel_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON personnel_history
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE personnel_history ENABLE ALWAYS TRIGGER personnel_history_append_only;

-- A placement lies inside its employment, whichever of the two is written.
CREATE FUNCTION personnel_placement_inside() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    outside bigint;
BEGIN
    IF TG_TABLE_NAME = 'personnel_placement' THEN
        SELECT e.id INTO outside FROM personnel_employment e
         WHERE e.id = NEW.employment_id
           AND NOT daterange(e.start, e."end") @> daterange(NEW.start, NEW."end") FOR SHARE OF e;
    ELSE
        SELECT p.id INTO outside FROM personnel_placement p
         WHERE p.employment_id = NEW.id
           AND NOT daterange(NEW.start, NEW."end") @> daterange(p.start, p."end") LIMIT 1;
    END IF;
    IF outside IS NOT NULL THEN
        RAISE EXCEPTION 'placement outside its employment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'personnel_placement_inside';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER personnel_placement_inside AFTER INSERT OR UPDATE ON personnel_placement
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION personnel_placement_inside();
CREATE CONSTRAINT TRIGGER personnel_placement_inside AFTER UPDATE OF start, "end" ON personnel_employment
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION personnel_placement_inside();
"""
BACKWARD = """
DROP TRIGGER personnel_placement_inside ON personnel_employment;
DROP TRIGGER personnel_placement_inside ON personnel_placement;
DROP FUNCTION personnel_placement_inside();
DROP TRIGGER personnel_history_append_only ON personnel_history;
DROP FUNCTION personnel_keep_history();
DROP FUNCTION personnel_person_of(text, jsonb);
"""


def keep_history(table: str, way: str) -> str:
    return f"""
    CREATE TRIGGER {table}_keep_updated AFTER UPDATE ON {table}
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION personnel_keep_history('{way}');
    CREATE TRIGGER {table}_keep_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION personnel_keep_history('{way}');
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_updated;
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_deleted;
    """


def forget_history(table: str) -> str:
    return f"DROP TRIGGER {table}_keep_updated ON {table}; DROP TRIGGER {table}_keep_deleted ON {table};"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_append_only"),
        ("organization", "0003_units_in_time"),
        ("personnel", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="archive number")),
                ("opened", models.DateField(verbose_name="opened")),
                ("shelf", models.CharField(blank=True, max_length=60, verbose_name="where it stands")),
            ],
            options={
                "verbose_name": "archive",
                "verbose_name_plural": "archives",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ArchiveItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("1", "curriculum"),
                            ("2", "autobiography and thought"),
                            ("3", "assessment and appraisal"),
                            ("4", "education, professional titles and training"),
                            ("5", "political review, audit and verification"),
                            ("6", "party and league"),
                            ("7", "commendations and awards"),
                            ("8", "violations and disciplinary measures"),
                            ("9", "pay, appointments, travel abroad and delegates"),
                            ("10", "other material for reference"),
                        ],
                        max_length=2,
                        verbose_name="category",
                    ),
                ),
                ("title", models.CharField(max_length=150, verbose_name="title")),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                ("issuer", models.CharField(blank=True, max_length=100, verbose_name="issued by")),
                ("day", models.DateField(verbose_name="day")),
                ("pages", models.PositiveSmallIntegerField(default=1, verbose_name="pages")),
            ],
            options={
                "verbose_name": "item of the archive",
                "verbose_name_plural": "items of the archive",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bank", models.CharField(max_length=100, verbose_name="bank")),
                ("number", models.CharField(max_length=34, verbose_name="account number")),
                ("holder", models.CharField(blank=True, max_length=50, verbose_name="holder")),
                ("main", models.BooleanField(default=True, verbose_name="pay goes here")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
            ],
            options={
                "verbose_name": "bank account",
                "verbose_name_plural": "bank accounts",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Custody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("ORGANISATION_DEPARTMENT", "organisation department"), ("STREET", "street")],
                        max_length=24,
                        verbose_name="custodian",
                    ),
                ),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("handed_over", models.DateField(blank=True, null=True, verbose_name="handed over")),
                ("received_by", models.CharField(blank=True, max_length=60, verbose_name="received by")),
            ],
            options={
                "verbose_name": "custody",
                "verbose_name_plural": "custodies",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="FamilyMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("10", "spouse"),
                            ("11", "husband"),
                            ("12", "wife"),
                            ("20", "son"),
                            ("30", "daughter"),
                            ("41", "grandson"),
                            ("42", "granddaughter"),
                            ("51", "father"),
                            ("52", "mother"),
                            ("53", "husband's father"),
                            ("54", "husband's mother"),
                            ("55", "wife's father"),
                            ("56", "wife's mother"),
                            ("57", "stepfather or adoptive father"),
                            ("58", "stepmother or adoptive mother"),
                            ("71", "elder brother"),
                            ("73", "younger brother"),
                            ("75", "elder sister"),
                            ("77", "younger sister"),
                            ("97", "other relative"),
                            ("99", "not a relative"),
                        ],
                        max_length=2,
                        verbose_name="relation",
                    ),
                ),
                ("name", models.CharField(max_length=50, verbose_name="name")),
                ("birth_date", models.DateField(blank=True, null=True, verbose_name="born")),
                (
                    "political_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PARTY_MEMBER", "party member"),
                            ("PROBATIONARY_MEMBER", "probationary party member"),
                            ("LEAGUE_MEMBER", "member of the Youth League"),
                            ("DEMOCRATIC_PARTY", "member of a democratic party"),
                            ("NON_PARTY", "personage without party affiliation"),
                            ("MASSES", "not in a party"),
                        ],
                        max_length=20,
                        verbose_name="political status",
                    ),
                ),
                ("work", models.CharField(blank=True, max_length=150, verbose_name="work")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="phone")),
            ],
            options={
                "verbose_name": "family member",
                "verbose_name_plural": "family",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HealthCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("place", models.CharField(blank=True, max_length=100, verbose_name="place")),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NORMAL", "nothing found"),
                            ("FOLLOW_UP", "to be checked again"),
                            ("ILLNESS", "illness found"),
                        ],
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
            ],
            options={
                "verbose_name": "health check",
                "verbose_name_plural": "health checks",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="InsuranceEnrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scheme",
                    models.CharField(
                        choices=[
                            ("PENSION", "old-age pension"),
                            ("MEDICAL", "medical insurance"),
                            ("WORK_INJURY", "work-injury insurance"),
                            ("UNEMPLOYMENT", "unemployment insurance"),
                            ("MATERNITY", "maternity insurance"),
                            ("HOUSING_FUND", "housing fund"),
                        ],
                        max_length=12,
                        verbose_name="scheme",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="number")),
                ("place", models.CharField(blank=True, max_length=100, verbose_name="place")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
            ],
            options={
                "verbose_name": "insurance enrolment",
                "verbose_name_plural": "insurance enrolments",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PERSONAL", "personal leave"),
                            ("SICK", "sick leave"),
                            ("ANNUAL", "annual leave"),
                            ("MARRIAGE", "marriage leave"),
                            ("BEREAVEMENT", "bereavement leave"),
                            ("MATERNITY", "maternity leave"),
                            ("CARE", "care leave"),
                            ("WORK_INJURY", "work-injury leave"),
                            ("ABSENT", "absent without leave"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("start", models.DateField(verbose_name="from")),
                ("end", models.DateField(blank=True, null=True, verbose_name="back on")),
                (
                    "days",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        max_digits=5,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="days",
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
            ],
            options={
                "verbose_name": "leave",
                "verbose_name_plural": "leave",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("borrower", models.CharField(max_length=60, verbose_name="borrower")),
                ("organisation", models.CharField(blank=True, max_length=100, verbose_name="of")),
                ("purpose", models.CharField(max_length=150, verbose_name="purpose")),
                ("approved_by", models.CharField(blank=True, max_length=60, verbose_name="approved by")),
                ("start", models.DateField(verbose_name="lent")),
                ("due", models.DateField(verbose_name="due")),
                ("end", models.DateField(blank=True, null=True, verbose_name="returned")),
            ],
            options={
                "verbose_name": "loan",
                "verbose_name_plural": "loans",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PersonPast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=40, verbose_name="field")),
                ("value", models.CharField(blank=True, max_length=200, verbose_name="value")),
                ("until", models.DateField(verbose_name="until (first day on which it no longer holds)")),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
            ],
            options={
                "verbose_name": "earlier value",
                "verbose_name_plural": "earlier values",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("HOME", "at home"),
                            ("ATTACHMENT", "temporary attachment"),
                            ("SHADOWING", "shadowing"),
                            ("ACTING", "acting in a post"),
                            ("SECONDED_OUT", "seconded"),
                            ("DRAFTED", "drafted for a task"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=100, verbose_name="place outside")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
            ],
            options={
                "verbose_name": "placement",
                "verbose_name_plural": "placements",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PublicRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PARTY_DELEGATE", "party congress delegate"),
                            ("PEOPLES_DEPUTY", "deputy to the People's Congress"),
                            ("CPPCC_MEMBER", "member of the CPPCC"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("NATIONAL", "national"),
                            ("PROVINCIAL", "provincial"),
                            ("MUNICIPAL", "of a city"),
                            ("COUNTY", "of a county"),
                            ("STREET", "of a street"),
                        ],
                        max_length=12,
                        verbose_name="level",
                    ),
                ),
                ("term", models.CharField(blank=True, max_length=40, verbose_name="term")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
            ],
            options={
                "verbose_name": "public role",
                "verbose_name_plural": "public roles",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ResponsibilityArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("LEAD", "leads"),
                            ("DEDICATED", "is responsible"),
                            ("ASSIST", "assists"),
                            ("AREA_HEAD", "head of an area"),
                            ("BUILDING_HEAD", "head of a building or stairway"),
                        ],
                        default="DEDICATED",
                        max_length=14,
                        verbose_name="role",
                    ),
                ),
                ("main_workplace", models.BooleanField(default=False, verbose_name="mainly works here")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
            ],
            options={
                "verbose_name": "area of responsibility",
                "verbose_name_plural": "areas of responsibility",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ResumeLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("organisation", models.CharField(max_length=150, verbose_name="where")),
                ("role", models.CharField(blank=True, max_length=100, verbose_name="as what")),
            ],
            options={
                "verbose_name": "line of the résumé",
                "verbose_name_plural": "résumé",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RowHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_name", models.CharField(max_length=63)),
                ("row_id", models.BigIntegerField()),
                ("person_id", models.BigIntegerField(null=True)),
                ("row", models.JSONField()),
                ("recorded_until", models.DateTimeField()),
                ("deleted", models.BooleanField(default=False)),
                ("actor", models.CharField(max_length=150)),
                ("act", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("document", models.CharField(blank=True, max_length=100)),
            ],
            options={
                "verbose_name": "earlier state of a row",
                "verbose_name_plural": "earlier states of rows",
                "db_table": "personnel_history",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SpecialTreatment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("DEPUTY_SECTION", "treated as a deputy section head"),
                            ("SECTION", "treated as a section head"),
                            ("PUBLIC_INSTITUTION", "treated as staff of a public institution"),
                            ("OTHER", "other treatment"),
                        ],
                        max_length=20,
                        verbose_name="level",
                    ),
                ),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("with_post", models.BooleanField(default=False, verbose_name="ends with the post")),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
            ],
            options={
                "verbose_name": "special treatment",
                "verbose_name_plural": "special treatments",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(db_collation="C", editable=False, max_length=64, unique=True)),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("media_type", models.CharField(max_length=100, verbose_name="kind of file")),
                ("size", models.PositiveIntegerField(verbose_name="size (bytes)")),
                ("content", models.BinaryField()),
                ("stored", models.DateTimeField(auto_now_add=True, verbose_name="stored at")),
            ],
            options={
                "verbose_name": "file",
                "verbose_name_plural": "files",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SupportRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CONDOLENCE", "visit with a gift"),
                            ("HARDSHIP", "hardship relief"),
                            ("ILLNESS", "relief in serious illness"),
                            ("OTHER", "other care"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("amount", models.BigIntegerField(default=0, verbose_name="amount (fen)")),
                ("giver", models.CharField(blank=True, max_length=100, verbose_name="given by")),
                ("remark", models.CharField(blank=True, max_length=200, verbose_name="remark")),
            ],
            options={
                "verbose_name": "support",
                "verbose_name_plural": "support",
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="person",
            name="personnel_person_identity_number_form",
        ),
        migrations.AddField(
            model_name="certificate",
            name="registered_from",
            field=models.DateField(blank=True, null=True, verbose_name="registered from"),
        ),
        migrations.AddField(
            model_name="certificate",
            name="registered_until",
            field=models.DateField(blank=True, null=True, verbose_name="registered until (first day after)"),
        ),
        migrations.AddField(
            model_name="discipline",
            name="issuer",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="issued by"),
        ),
        migrations.AddField(
            model_name="education",
            name="number",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="diploma number"),
        ),
        migrations.AddField(
            model_name="education",
            name="start",
            field=models.DateField(blank=True, null=True, verbose_name="began"),
        ),
        migrations.AddField(
            model_name="employment",
            name="batch",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=60, verbose_name="recruitment batch"
            ),
        ),
        migrations.AddField(
            model_name="employment",
            name="contract_number",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=60, verbose_name="contract number"
            ),
        ),
        migrations.AddField(
            model_name="employment",
            name="destination",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="destination"),
        ),
        migrations.AddField(
            model_name="employment",
            name="document",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="document"),
        ),
        migrations.AddField(
            model_name="employment",
            name="recruiter",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organization.unit",
                verbose_name="recruited by",
            ),
        ),
        migrations.AddField(
            model_name="honour",
            name="document",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="document"),
        ),
        migrations.AddField(
            model_name="honour",
            name="issuer",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="issued by"),
        ),
        migrations.AddField(
            model_name="person",
            name="address",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="address"),
        ),
        migrations.AddField(
            model_name="person",
            name="birth_place",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=100, verbose_name="place of birth"
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="democratic_party",
            field=models.CharField(
                blank=True,
                choices=[
                    ("04", "Revolutionary Committee of the Kuomintang"),
                    ("05", "China Democratic League"),
                    ("06", "National Democratic Construction Association"),
                    ("07", "Association for Promoting Democracy"),
                    ("08", "Peasants' and Workers' Democratic Party"),
                    ("09", "China Zhi Gong Party"),
                    ("10", "Jiusan Society"),
                    ("11", "Taiwan Democratic Self-Government League"),
                ],
                db_default="",
                default="",
                max_length=2,
                verbose_name="democratic party",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="document_type",
            field=models.CharField(
                choices=[
                    ("RESIDENT_ID", "resident identity card"),
                    ("HK_MACAO_RESIDENCE", "residence permit for Hong Kong and Macao residents"),
                    ("TAIWAN_RESIDENCE", "residence permit for Taiwan residents"),
                    ("FOREIGN_RESIDENCE", "foreigner's permanent residence card"),
                ],
                db_default="RESIDENT_ID",
                default="RESIDENT_ID",
                max_length=20,
                verbose_name="identity document",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="emergency_contact",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=50, verbose_name="emergency contact"
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="emergency_phone",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="emergency phone"
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="health",
            field=models.CharField(
                blank=True,
                choices=[("10", "healthy"), ("20", "fair or weak"), ("30", "chronic illness"), ("60", "disabled")],
                db_default="",
                default="",
                max_length=2,
                verbose_name="health",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="household",
            field=models.CharField(
                blank=True,
                choices=[
                    ("URBAN", "non-agricultural household"),
                    ("RURAL", "agricultural household"),
                    ("RESIDENT", "resident household"),
                    ("COLLECTIVE", "collective household"),
                ],
                db_default="",
                default="",
                max_length=10,
                verbose_name="household registration",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="household_address",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="household address"
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="marital_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("10", "unmarried"),
                    ("20", "married"),
                    ("21", "married for the first time"),
                    ("22", "remarried"),
                    ("23", "married again to the same person"),
                    ("30", "widowed"),
                    ("40", "divorced"),
                    ("90", "marital status not stated"),
                ],
                db_default="",
                default="",
                max_length=2,
                verbose_name="marital status",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="native_place",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="native place"),
        ),
        migrations.AddField(
            model_name="person",
            name="other_phone",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="other phone"),
        ),
        migrations.AddField(
            model_name="person",
            name="phone",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="mobile phone"),
        ),
        migrations.AddField(
            model_name="person",
            name="professional_title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=100, verbose_name="professional title"
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="specialities",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="specialities"),
        ),
        migrations.AddField(
            model_name="person",
            name="union_joined",
            field=models.DateField(blank=True, null=True, verbose_name="joined the union"),
        ),
        migrations.AlterField(
            model_name="person",
            name="ethnic_group",
            field=models.CharField(
                blank=True,
                choices=[
                    ("01", "Han"),
                    ("02", "Mongol"),
                    ("03", "Hui"),
                    ("04", "Tibetan"),
                    ("05", "Uyghur"),
                    ("06", "Miao"),
                    ("07", "Yi"),
                    ("08", "Zhuang"),
                    ("09", "Bouyei"),
                    ("10", "Korean"),
                    ("11", "Manchu"),
                    ("12", "Dong"),
                    ("13", "Yao"),
                    ("14", "Bai"),
                    ("15", "Tujia"),
                    ("16", "Hani"),
                    ("17", "Kazakh"),
                    ("18", "Dai"),
                    ("19", "Li"),
                    ("20", "Lisu"),
                    ("21", "Va"),
                    ("22", "She"),
                    ("23", "Gaoshan"),
                    ("24", "Lahu"),
                    ("25", "Sui"),
                    ("26", "Dongxiang"),
                    ("27", "Naxi"),
                    ("28", "Jingpo"),
                    ("29", "Kirgiz"),
                    ("30", "Tu"),
                    ("31", "Daur"),
                    ("32", "Mulao"),
                    ("33", "Qiang"),
                    ("34", "Blang"),
                    ("35", "Salar"),
                    ("36", "Maonan"),
                    ("37", "Gelao"),
                    ("38", "Xibe"),
                    ("39", "Achang"),
                    ("40", "Pumi"),
                    ("41", "Tajik"),
                    ("42", "Nu"),
                    ("43", "Uzbek"),
                    ("44", "Russian"),
                    ("45", "Ewenki"),
                    ("46", "De'ang"),
                    ("47", "Bonan"),
                    ("48", "Yugur"),
                    ("49", "Gin"),
                    ("50", "Tatar"),
                    ("51", "Derung"),
                    ("52", "Oroqen"),
                    ("53", "Hezhen"),
                    ("54", "Monba"),
                    ("55", "Lhoba"),
                    ("56", "Jino"),
                ],
                max_length=2,
                verbose_name="ethnic group (GB/T 3304)",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("registered_until__isnull", True),
                    ("registered_until__gte", models.F("registered_from")),
                    _connector="OR",
                ),
                name="personnel_certificate_registered",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="education",
            constraint=models.CheckConstraint(
                condition=models.Q(("graduated__isnull", True), ("graduated__gte", models.F("start")), _connector="OR"),
                name="personnel_education_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddField(
            model_name="archive",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="archive",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="archiveitem",
            name="archive",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="personnel.archive",
                verbose_name="archive",
            ),
        ),
        migrations.AddField(
            model_name="bankaccount",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bank_accounts",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="custody",
            name="archive",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="custodies",
                to="personnel.archive",
                verbose_name="archive",
            ),
        ),
        migrations.AddField(
            model_name="custody",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organization.unit", verbose_name="of"
            ),
        ),
        migrations.AddField(
            model_name="familymember",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="family",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="healthcheck",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="health_checks",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="insuranceenrolment",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="insurances",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="leave",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leaves",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="archive",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="loans",
                to="personnel.archive",
                verbose_name="archive",
            ),
        ),
        migrations.AddField(
            model_name="personpast",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="past",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="placement",
            name="employment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placements",
                to="personnel.employment",
                verbose_name="employment",
            ),
        ),
        migrations.AddField(
            model_name="placement",
            name="manager",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organization.unit",
                verbose_name="managed by",
            ),
        ),
        migrations.AddField(
            model_name="placement",
            name="work_unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organization.unit",
                verbose_name="works in",
            ),
        ),
        migrations.AddField(
            model_name="publicrole",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="public_roles",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="responsibilityarea",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="areas",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="responsibilityarea",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organization.unit",
                verbose_name="area",
            ),
        ),
        migrations.AddField(
            model_name="resumeline",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resume_lines",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddIndex(
            model_name="rowhistory",
            index=models.Index(fields=["person_id", "recorded_until"], name="personnel_history_by_person"),
        ),
        migrations.AddIndex(
            model_name="rowhistory",
            index=models.Index(fields=["table_name", "row_id", "recorded_until"], name="personnel_history_by_row"),
        ),
        migrations.AddField(
            model_name="specialtreatment",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="treatments",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddConstraint(
            model_name="storedfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="personnel_stored_file_sha256"
            ),
        ),
        migrations.AddField(
            model_name="archiveitem",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="personnel.storedfile",
                verbose_name="scan",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="photo",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="personnel.storedfile",
                verbose_name="photograph",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True), fields=["phone"], name="personnel_person_by_phone"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("identity_number__isnull", True),
                    ("identity_number__regex", "^\\d{17}[\\dX]$"),
                    models.Q(("document_type", "FOREIGN_RESIDENCE"), ("identity_number__regex", "^[A-Z]{3}\\d{12}$")),
                    _connector="OR",
                ),
                name="personnel_person_identity_number_form",
            ),
        ),
        migrations.AddField(
            model_name="supportrecord",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supports",
                to="personnel.person",
                verbose_name="person",
            ),
        ),
        migrations.AddIndex(
            model_name="bankaccount",
            index=models.Index(fields=["person"], name="personnel_bank_by_person"),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_bank_account_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__regex", "^\\d{8,34}$")),
                name="personnel_bank_account_digits",
                violation_error_message="An account number has 8 to 34 digits and nothing else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("main", True)),
                expressions=[
                    (models.F("person"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_bank_account_one_main_at_a_time",
                violation_error_message="This person's pay goes to another account in these days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="custody",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_custody_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="custody",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.F("archive"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_custody_one_at_a_time",
                violation_error_message="Somebody else keeps this archive in these days.",
            ),
        ),
        migrations.AddIndex(
            model_name="familymember",
            index=models.Index(fields=["person"], name="personnel_family_by_person"),
        ),
        migrations.AddConstraint(
            model_name="healthcheck",
            constraint=models.UniqueConstraint(fields=("person", "day"), name="personnel_health_check_once_a_day"),
        ),
        migrations.AddConstraint(
            model_name="insuranceenrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_insurance_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="insuranceenrolment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.F("person"), "="),
                    (models.F("scheme"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_insurance_one_of_a_scheme_at_a_time",
                violation_error_message="This person is enrolled in this scheme in these days already.",
            ),
        ),
        migrations.AddIndex(
            model_name="leave",
            index=models.Index(fields=["person", "start"], name="personnel_leave_by_person"),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_leave_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__isnull", True), ("days__gte", 0), _connector="OR"),
                name="personnel_leave_days",
                violation_error_message="Leave has no negative days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_loan_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(("due__gte", models.F("start"))),
                name="personnel_loan_due",
                violation_error_message="The archive would be due before it is lent.",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("end__isnull", True)),
                fields=("archive",),
                name="personnel_loan_one_at_a_time",
                violation_error_message="This archive is lent out already. Enter its return first.",
            ),
        ),
        migrations.AddConstraint(
            model_name="personpast",
            constraint=models.UniqueConstraint(
                fields=("person", "field", "until"),
                name="personnel_past_once_a_day",
                violation_error_message="This value has changed on this day already. Correct that change instead.",
            ),
        ),
        migrations.AddIndex(
            model_name="placement",
            index=models.Index(fields=["employment", "start"], name="personnel_placement_by_job"),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_placement_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("work_unit__isnull", False), models.Q(("place", ""), _negated=True), _connector="OR"
                ),
                name="personnel_placement_somewhere",
                violation_error_message="Say where the person works: a unit, or a place outside.",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("kind", "HOME")),
                expressions=[
                    (models.F("employment"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_placement_one_home_at_a_time",
                violation_error_message="This employment has another home in these days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="publicrole",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_public_role_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="publicrole",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.F("person"), "="),
                    (models.F("kind"), "="),
                    (models.F("level"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_public_role_once_at_a_time",
                violation_error_message="This person already has this public role in these days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibilityarea",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_area_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibilityarea",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.F("person"), "="),
                    (models.F("unit"), "="),
                    (models.F("role"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_area_once_at_a_time",
                violation_error_message="This person already has this area in these days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibilityarea",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("main_workplace", True)),
                expressions=[
                    (models.F("person"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_area_one_main_workplace_at_a_time",
                violation_error_message="This person mainly works elsewhere in these days.",
            ),
        ),
        migrations.AddIndex(
            model_name="resumeline",
            index=models.Index(fields=["person", "start"], name="personnel_resume_by_person"),
        ),
        migrations.AddConstraint(
            model_name="resumeline",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_resume_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialtreatment",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                name="personnel_treatment_range",
                violation_error_message="The end lies before the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialtreatment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.F("person"), "="),
                    (models.F("level"), "="),
                    (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                ],
                name="personnel_treatment_once_at_a_time",
                violation_error_message="This person already has this treatment in these days.",
            ),
        ),
        migrations.AddIndex(
            model_name="archiveitem",
            index=models.Index(fields=["archive", "category", "day"], name="personnel_item_by_archive"),
        ),
        migrations.AddIndex(
            model_name="supportrecord",
            index=models.Index(fields=["person", "day"], name="personnel_support_by_person"),
        ),
        migrations.AddConstraint(
            model_name="supportrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)),
                name="personnel_support_amount",
                violation_error_message="Support has no negative amount.",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, BACKWARD),
        *(migrations.RunSQL(keep_history(table, way), forget_history(table)) for table, way in TABLES.items()),
    ]
