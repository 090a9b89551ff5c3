"""What lists are read from: one narrow table kept by triggers, and what users keep of lists.

Triggers, because a row of the list rests on six tables and whatever writes one of them (services, imports, set-up
commands, somebody with psql) must leave the list right. They work by statement, so that a thousand rows written at once
renew their people once.
"""

import uuid

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from personnel.rules.names import name_pinyin, other_readings

FUNCTIONS = r"""
-- The words under which a name is found. A "<" stands before what begins the whole name, so that a search for a frequent
-- surname need not visit everybody of that name: the order of the list knows where they are.
CREATE FUNCTION personnel_search_words(name text, pinyin text, others text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  WITH base AS (SELECT lower(regexp_replace(name, '[·•‧・･．.''’\s　-]+', '', 'g')) AS word),
  spoken AS (SELECT DISTINCT string_to_array(lower(trim(reading)), ' ') AS syllables, first
               FROM (SELECT pinyin AS reading, true AS first
                     UNION ALL SELECT unnest(string_to_array(others, '|')), false) AS readings
              WHERE trim(reading) <> '')
  SELECT coalesce(array_agg(DISTINCT left(part, 60)) FILTER (WHERE part NOT IN ('', '<')), '{}')
    FROM (SELECT CASE n WHEN 1 THEN '<' ELSE '' END || substr(word, n) AS part
            FROM base, generate_series(1, least(length(word), 12)) AS n
          UNION ALL
          SELECT unnest(ARRAY[CASE WHEN n = 1 AND first THEN '<' ELSE '' END || array_to_string(syllables[n:], ''),
                              -- "xian" finds 习安 too, whose first syllable ends before
                              CASE WHEN n = 1 AND first AND syllables[2] ~ '^[aeo]'
                                   THEN array_to_string(syllables, '') END,
                              (SELECT string_agg(left(syllable, 1), '' ORDER BY place)
                                 FROM unnest(syllables[n:]) WITH ORDINALITY AS s (syllable, place))])
            FROM spoken, generate_series(1, least(cardinality(syllables), 12)) AS n) AS found
$$;

CREATE FUNCTION personnel_listing_fill(people bigint[]) RETURNS void LANGUAGE sql AS $$
  WITH held AS (
    SELECT e.person_id, e.id AS employment_id, NULL::bigint AS tenure_id, e.unit_path, e.category, e.entry_channel, e.start,
           coalesce(e."end", date '9999-12-31') AS "end", e.probation_end, e.contract_end
      FROM personnel_employment e WHERE people IS NULL OR e.person_id = ANY (people)
    UNION ALL
    SELECT t.person_id, NULL, t.id, u.path, 'NONE', NULL, t.start, coalesce(t."end", date '9999-12-31'), NULL, NULL
      FROM personnel_tenure t JOIN personnel_post s ON s.id = t.post_id JOIN organization_unit u ON u.id = s.unit_id
     WHERE (people IS NULL OR t.person_id = ANY (people))
       AND NOT EXISTS (SELECT FROM personnel_employment e WHERE e.person_id = t.person_id
                          AND e.start < coalesce(t."end", date '9999-12-31')
                          AND coalesce(e."end", date '9999-12-31') > t.start)),
  spaced AS (
    SELECT *, coalesce(lag("end") OVER w <= start, true) AND coalesce(lead(start) OVER w >= "end", true) AS alone
      FROM held WINDOW w AS (PARTITION BY person_id ORDER BY start, "end"))
  INSERT INTO personnel_listing (person_id, employment_id, tenure_id, unit_path, sort_name, first, start, "end", probation_end,
                                 contract_end, born, alone, words)
  SELECT p.id, r.employment_id, r.tenure_id, r.unit_path, p.name_pinyin, left(p.name, 1), r.start, r."end",
         coalesce(r.probation_end, date '9999-12-31'), coalesce(r.contract_end, date '9999-12-31'),
         coalesce(p.birth_date, date '0001-01-01'), r.alone,
         array_to_tsvector(array_remove(
           personnel_search_words(p.name, p.name_pinyin, p.name_readings)
           || ARRAY['S/' || p.sex, 'P/' || p.political_status, 'Q/' || p.political_status, 'K/' || r.category,
                    'N/' || r.entry_channel]
           || coalesce(x.past, '{}') || coalesce(x.educations, '{}') || x.highest || coalesce(x.certificates, '{}') || coalesce(x.titles, '{}'), NULL))
    FROM spaced r
    JOIN personnel_person p ON p.id = r.person_id
   CROSS JOIN LATERAL (
    SELECT (SELECT array_agg(DISTINCT 'E/' || level) FROM personnel_education WHERE person_id = p.id) AS educations,
           (SELECT 'H/' || level FROM personnel_education WHERE person_id = p.id
             ORDER BY array_position(ARRAY['DOCTOR', 'MASTER', 'BACHELOR', 'COLLEGE', 'SECONDARY', 'HIGH', 'JUNIOR',
                                           'PRIMARY', 'OTHER'], level::text) LIMIT 1) AS highest,
           (SELECT array_agg(word) FROM personnel_personpast o CROSS JOIN LATERAL unnest(
                     CASE o.field WHEN 'name' THEN array(SELECT ltrim(former, '<')
                                                                 FROM unnest(personnel_search_words(o.value, '', '')) AS former)
                                  ELSE ARRAY['Q/' || o.value] END) AS word
             WHERE o.person_id = p.id AND o.field IN ('name', 'political_status') AND o.value <> '') AS past,
           (SELECT array_agg(DISTINCT 'C/' || level) FROM personnel_certificate WHERE person_id = p.id) AS certificates,
           (SELECT array_agg(DISTINCT 'T/' || title) FROM personnel_tenure WHERE person_id = p.id) AS titles) x
$$;

-- The rows of some people, or (NULL) of all, made anew. The person is locked first: two transactions that write about
-- the same person would otherwise both add the row that the other can't see yet.
CREATE FUNCTION personnel_listing_renew(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF people IS NULL THEN
    DELETE FROM personnel_listing;
  ELSIF cardinality(people) = 0 THEN
    RETURN;
  ELSE
    PERFORM FROM personnel_person WHERE id = ANY (people) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM personnel_listing WHERE person_id = ANY (people);
  END IF;
  PERFORM personnel_listing_fill(people);
END $$;

CREATE FUNCTION personnel_listing_person_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM personnel_listing_renew(array(
    SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE (n.name, n.name_pinyin, n.name_readings, n.sex, n.birth_date, n.political_status)
           IS DISTINCT FROM (o.name, o.name_pinyin, o.name_readings, o.sex, o.birth_date, o.political_status)));
  RETURN NULL;
END $$;
CREATE TRIGGER personnel_listing_person AFTER UPDATE ON personnel_person
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION personnel_listing_person_changed();

CREATE FUNCTION personnel_listing_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM personnel_listing_renew(array(SELECT DISTINCT person_id FROM new_rows));
  RETURN NULL;
END $$;
CREATE FUNCTION personnel_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM personnel_listing_renew(array(SELECT person_id FROM new_rows UNION SELECT person_id FROM old_rows));
  RETURN NULL;
END $$;
CREATE FUNCTION personnel_listing_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM personnel_listing_renew(array(SELECT DISTINCT person_id FROM old_rows));
  RETURN NULL;
END $$;

-- A unit that moves takes along the posts held there without an employment; employments carry their own path.
CREATE FUNCTION personnel_listing_unit_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM personnel_listing_renew(array(
    SELECT DISTINCT t.person_id FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.path <> n.path
      JOIN personnel_post s ON s.unit_id = n.id JOIN personnel_tenure t ON t.post_id = s.id));
  RETURN NULL;
END $$;
CREATE TRIGGER personnel_listing_unit AFTER UPDATE ON organization_unit
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION personnel_listing_unit_moved();
"""

TABLES = ("employment", "tenure", "education", "certificate", "personpast")
TRIGGERS = "".join(
    f"""
CREATE TRIGGER personnel_listing_{table}_added AFTER INSERT ON personnel_{table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION personnel_listing_added();
CREATE TRIGGER personnel_listing_{table}_changed AFTER UPDATE ON personnel_{table}
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION personnel_listing_changed();
CREATE TRIGGER personnel_listing_{table}_removed AFTER DELETE ON personnel_{table}
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION personnel_listing_removed();
"""
    for table in TABLES
)
# Codes and words of names are not spread evenly; the planner has to know the frequent ones. Lists are read far more
# often than people are entered: its index keeps no heap of unsorted news that every search would have to read.
TUNING = """
ALTER TABLE personnel_listing ALTER COLUMN words SET STATISTICS 1000;
ALTER TABLE personnel_listing ALTER COLUMN unit_path SET STATISTICS 1000;
"""
UNDO = (
    """
DROP TRIGGER personnel_listing_unit ON organization_unit;
DROP TRIGGER personnel_listing_person ON personnel_person;
"""
    + "".join(
        f"DROP TRIGGER personnel_listing_{table}_{event} ON personnel_{table};"
        for table in TABLES
        for event in ("added", "changed", "removed")
    )
    + """
DROP FUNCTION personnel_listing_unit_moved();
DROP FUNCTION personnel_listing_removed();
DROP FUNCTION personnel_listing_changed();
DROP FUNCTION personnel_listing_added();
DROP FUNCTION personnel_listing_person_changed();
DROP FUNCTION personnel_listing_renew(bigint[]);
DROP FUNCTION personnel_listing_fill(bigint[]);
DROP FUNCTION personnel_search_words(text, text, text);
"""
)


def read_names(apps, schema_editor):
    """Surnames as they are read, and the other readings, of those who are on record already."""
    people = apps.get_model("personnel", "Person").objects.using(schema_editor.connection.alias)
    changed = []
    for person in people.only("pk", "name", "name_pinyin", "name_readings").iterator(chunk_size=5000):
        reading, others = name_pinyin(person.name), other_readings(person.name)
        if (person.name_pinyin, person.name_readings) != (reading, others):
            person.name_pinyin, person.name_readings = reading, others
            changed.append(person)
        if len(changed) == 5000:
            people.bulk_update(changed, ["name_pinyin", "name_readings"])
            changed = []
    people.bulk_update(changed, ["name_pinyin", "name_readings"])


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0002_file"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="name_readings",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="other readings"
            ),
        ),
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=20, verbose_name="list")),
                ("columns", models.JSONField(verbose_name="columns")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="column_choices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice of columns",
                "verbose_name_plural": "choices of columns",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("user", "table"), name="personnel_column_choice_once")],
            },
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_path", models.TextField(db_collation="C")),
                ("sort_name", models.CharField(db_collation="C", max_length=150)),
                ("first", models.CharField(db_collation="C", max_length=1)),
                ("start", models.DateField()),
                ("end", models.DateField()),
                ("probation_end", models.DateField()),
                ("contract_end", models.DateField()),
                ("born", models.DateField()),
                ("alone", models.BooleanField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                (
                    "employment",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="personnel.employment",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="listings",
                        to="personnel.person",
                    ),
                ),
                (
                    "tenure",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="personnel.tenure",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["person", "start"], name="personnel_listing_person"),
                    models.Index(fields=["sort_name", "person"], name="personnel_listing_name"),
                    models.Index(fields=["first", "sort_name", "person"], name="personnel_listing_first"),
                    models.Index(fields=["unit_path", "sort_name", "person"], name="personnel_listing_unit"),
                    models.Index(fields=["born", "person"], name="personnel_listing_born"),
                    models.Index(fields=["start", "person"], name="personnel_listing_start"),
                    models.Index(fields=["probation_end", "person"], name="personnel_listing_probation"),
                    models.Index(fields=["contract_end", "person"], name="personnel_listing_contract"),
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["words"], name="personnel_listing_words"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.TextField(verbose_name="query")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ["name", "pk"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="personnel_saved_filter_once")],
            },
        ),
        migrations.RunPython(read_names, migrations.RunPython.noop),
        migrations.RunSQL(FUNCTIONS + TRIGGERS + TUNING, UNDO),
        migrations.RunSQL("SELECT personnel_listing_renew(NULL)", migrations.RunSQL.noop),
    ]
