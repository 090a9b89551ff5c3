"""Party organisations with their forms, estates and households, and posts of secretaries of branches."""

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

import organization.models.units

TABLES = {
    "personnel_partyorganization": "person_id",  # of nobody: such a row has no such column, and the history no person
    "personnel_partyform": "person_id",
    "personnel_partyarea": "person_id",
    "personnel_partyhousehold": "person_id",
}


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


# Whatever hangs on an organisation lies inside its days, whichever of the two is written, and an organisation stands
# below one of a higher level: so no chain of them closes to a ring.
INSIDE = """
CREATE FUNCTION personnel_party_inside() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong boolean := false;
BEGIN
    IF TG_TABLE_NAME = 'personnel_partyorganization' THEN
        SELECT EXISTS (SELECT FROM personnel_partyform f WHERE f.organization_id = NEW.id AND (f.level <> NEW.level
                          OR NOT daterange(NEW.start, NEW."end") @> daterange(f.start, f."end")))
            OR EXISTS (SELECT FROM personnel_partyform f WHERE f.parent_id = NEW.id AND (f.level <= NEW.level
                          OR NOT daterange(NEW.start, NEW."end") @> daterange(f.start, f."end")))
            OR EXISTS (SELECT FROM personnel_partyarea a WHERE a.organization_id = NEW.id
                          AND NOT daterange(NEW.start, NEW."end") @> daterange(a.start, a."end"))
            OR EXISTS (SELECT FROM personnel_partyhousehold h WHERE h.organization_id = NEW.id
                          AND NOT daterange(NEW.start, NEW."end") @> daterange(h.start, h."end"))
          INTO wrong;
    ELSE
        PERFORM FROM personnel_partyorganization o WHERE o.id = NEW.organization_id
            AND daterange(o.start, o."end") @> daterange(NEW.start, NEW."end") FOR SHARE OF o;
        wrong := NOT FOUND;
        IF NOT wrong AND TG_TABLE_NAME = 'personnel_partyform' THEN
            PERFORM FROM personnel_partyorganization o WHERE o.id = NEW.organization_id AND o.level = NEW.level;
            wrong := NOT FOUND;
            IF NOT wrong AND NEW.parent_id IS NOT NULL THEN
                PERFORM FROM personnel_partyorganization o WHERE o.id = NEW.parent_id AND o.level < NEW.level
                    AND daterange(o.start, o."end") @> daterange(NEW.start, NEW."end") FOR SHARE OF o;
                wrong := NOT FOUND;
            END IF;
        END IF;
    END IF;
    IF wrong THEN
        RAISE EXCEPTION 'outside its party organisation, or not below it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'personnel_party_inside';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER personnel_party_inside AFTER UPDATE OF level, start, "end" ON personnel_partyorganization
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION personnel_party_inside();
CREATE CONSTRAINT TRIGGER personnel_party_inside AFTER INSERT OR UPDATE ON personnel_partyform
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION personnel_party_inside();
CREATE CONSTRAINT TRIGGER personnel_party_inside AFTER INSERT OR UPDATE ON personnel_partyarea
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION personnel_party_inside();
CREATE CONSTRAINT TRIGGER personnel_party_inside AFTER INSERT OR UPDATE ON personnel_partyhousehold
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION personnel_party_inside();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0004_role_of_programs_that_write"),
        ("personnel", "0013_import_jobs"),
    ]

    operations = [
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
                    ("BRANCH", "branch of an estate or grid"),
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
                    ("BRANCH_SECRETARY", "secretary of the branch of an estate or grid"),
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
                    ("BRANCH", "branch of an estate or grid"),
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
                    ("BRANCH_SECRETARY", "secretary of the branch of an estate or grid"),
                ],
                editable=False,
                max_length=24,
            ),
        ),
        migrations.CreateModel(
            name="PartyOrganization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField(editable=False, verbose_name="level")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
            ],
            options={
                "verbose_name": "party organisation",
                "verbose_name_plural": "party organisations",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="personnel_party_range",
                        violation_error_message="The end lies before the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 1), ("level__lte", 4)), name="personnel_party_level"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartyHousehold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("MEMBERS", "party member's central household"),
                            ("CONTACT", "contact household of a grid worker"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="household")),
                ("responsible", models.CharField(blank=True, max_length=50, verbose_name="name of who is responsible")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="households",
                        to="personnel.person",
                        verbose_name="responsible person",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="households",
                        to="personnel.partyorganization",
                        verbose_name="party organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "household of a party organisation",
                "verbose_name_plural": "households of party organisations",
                "default_permissions": (),
                "indexes": [models.Index(fields=["organization", "start"], name="personnel_household_by_org")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="personnel_household_range",
                        violation_error_message="The end lies before the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(
                                ("person__isnull", False), models.Q(("responsible", ""), _negated=True), _connector="OR"
                            ),
                        ),
                        name="personnel_household_somebody",
                        violation_error_message="Say which household it is and who answers for it.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("organization"), "="),
                            (models.F("kind"), "="),
                            (models.F("name"), "="),
                            (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                        ],
                        name="personnel_household_once_at_a_time",
                        violation_error_message="This household is with this party organisation in these days already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartyForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("STREET_COMMITTEE", "party committee of a street or town"),
                            ("COMMITTEE", "party committee of a community"),
                            ("GENERAL_BRANCH", "general party branch of a community"),
                            ("BRANCH", "party branch of a community"),
                            ("AREA_BRANCH", "party branch of an estate or grid"),
                            ("AREA_GROUP", "party group of a grid"),
                            ("BUILDING_GROUP", "party group of a building"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(editable=False, verbose_name="level")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.unit",
                        verbose_name="unit",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="personnel.partyorganization",
                        verbose_name="party organisation",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="below",
                        to="personnel.partyorganization",
                        verbose_name="belongs to",
                    ),
                ),
            ],
            options={
                "verbose_name": "form of a party organisation",
                "verbose_name_plural": "forms of party organisations",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["unit", "level"], name="personnel_party_form_by_unit"),
                    models.Index(fields=["parent", "start"], name="personnel_party_form_by_parent"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="personnel_party_form_range",
                        violation_error_message="The end lies before the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "STREET_COMMITTEE"), ("level", 1)),
                            models.Q(("kind", "COMMITTEE"), ("level", 2)),
                            models.Q(("kind", "GENERAL_BRANCH"), ("level", 2)),
                            models.Q(("kind", "BRANCH"), ("level", 2)),
                            models.Q(("kind", "AREA_BRANCH"), ("level", 3)),
                            models.Q(("kind", "AREA_GROUP"), ("level", 3)),
                            models.Q(("kind", "BUILDING_GROUP"), ("level", 4)),
                            _connector="OR",
                        ),
                        name="personnel_party_form_level",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level", 1), ("parent__isnull", True)),
                            models.Q(("level__gt", 1), ("parent__isnull", False)),
                            _connector="OR",
                        ),
                        name="personnel_party_form_only_streets_are_roots",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="personnel_party_form_name"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("organization"), "="),
                            (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                        ],
                        name="personnel_party_form_one_at_a_time",
                        violation_error_message="This party organisation has another form in these days.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("parent"), "="),
                            (models.F("name"), "="),
                            (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                        ],
                        name="personnel_party_form_name_once_at_a_time",
                        violation_error_message="There is a party organisation of this name below the same one in these days.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("level__in", (1, 2))),
                        expressions=[
                            (models.F("unit"), "="),
                            (models.F("level"), "="),
                            (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                        ],
                        name="personnel_party_form_one_of_a_unit_at_a_time",
                        violation_error_message="This unit has a party organisation of this level in these days already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartyArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.unit",
                        verbose_name="estate or grid",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="areas",
                        to="personnel.partyorganization",
                        verbose_name="party organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "estate of a branch",
                "verbose_name_plural": "estates of branches",
                "default_permissions": (),
                "indexes": [models.Index(fields=["organization", "start"], name="personnel_party_area_by_org")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="personnel_party_area_range",
                        violation_error_message="The end lies before the start.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("unit"), "="),
                            (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                        ],
                        name="personnel_party_area_one_branch_at_a_time",
                        violation_error_message="This estate or grid belongs to another branch in these days.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(INSIDE, migrations.RunSQL.noop),
        *(migrations.RunSQL(keep_history(table, way), migrations.RunSQL.noop) for table, way in TABLES.items()),
    ]
