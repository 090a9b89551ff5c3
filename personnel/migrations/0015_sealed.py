"""Identity numbers, telephones, accounts and insurance numbers are sealed to their rows."""

import json
import uuid

import django.contrib.postgres.functions
import django.core.validators
from django.db import migrations, models
from psycopg2.extras import execute_values

import core.crypto
import core.crypto.fields
from core.crypto import key_ring
from core.crypto.fields import normalised

BATCH = 5_000
# table → what its rows are bound to beside the key, its sealed columns, and the column whose digest is kept.
SEALED = {
    "personnel_person": (
        (),
        ("identity_number", "phone", "other_phone", "emergency_phone"),
        ("identity_number", "phone"),
    ),
    "personnel_personpast": (("person_id",), ("value",), ()),
    "personnel_familymember": (("person_id",), ("phone",), ()),
    "personnel_insuranceenrolment": (("person_id",), ("number",), ()),
    "personnel_bankaccount": (("person_id",), ("number",), ("number",)),
}
SECRET_PAST = ("identity_number", "phone", "other_phone", "emergency_phone")

KEYS = """
CREATE FUNCTION personnel_keep_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of a row never changes: what is sealed to it could be moved to another'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'personnel_keep_key';
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_keep_key BEFORE UPDATE ON {table} FOR EACH ROW WHEN (OLD.key IS DISTINCT FROM NEW.key) "
    "EXECUTE FUNCTION personnel_keep_key();\n"
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_key;\n"
    for table in SEALED
)
NO_KEYS = (
    "".join(f"DROP TRIGGER {table}_keep_key ON {table};\n" for table in SEALED) + "DROP FUNCTION personnel_keep_key();"
)


def place(table, column, key, bound):
    return f"{table}.{column}|{'|'.join(str(part) for part in (key, *bound))}"


def turned(table, row, seal):
    """The sealed columns of a row (a mapping) the other way: plain ones sealed, or sealed ones opened."""
    bound, columns, _digests = SEALED[table]
    if table == "personnel_personpast" and row["field"] not in SECRET_PAST:
        return {}
    found = {}
    for column in columns:
        value = row.get(column)
        if value and value.startswith("v1|") != seal:
            where = place(table, column, row["key"], [row[name] for name in bound])
            found[column] = key_ring().seal(value.encode(), where) if seal else key_ring().unseal(value, where).decode()
    return found


def turn(cursor, table, seal):
    bound, columns, digests = SEALED[table]
    names = ["id", "key", *bound, *columns, *(["field"] if table == "personnel_personpast" else [])]
    quoted = ", ".join(f'"{name}"' for name in names)
    last = 0
    while True:
        cursor.execute(f"SELECT {quoted} FROM {table} WHERE id > %s ORDER BY id LIMIT %s", [last, BATCH])
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if not rows:
            return
        last = rows[-1]["id"]
        values = []
        for row in rows:
            if found := turned(table, row, seal):
                kept = [
                    key_ring().digest(normalised(row[column]), f"{table}.{column}") if seal and row[column] else None
                    for column in digests
                ]
                values.append((row["id"], *(found.get(column, row[column]) for column in columns), *kept))
        if values:
            targets = [*columns, *(f"{column}_index" for column in digests)]
            execute_values(
                cursor.cursor,
                f"""UPDATE {table} SET {', '.join(f'"{name}" = v.c{n}::text' for n, name in enumerate(targets))}
                      FROM (VALUES %s) AS v (id, {', '.join(f'c{n}' for n in range(len(targets)))}) WHERE {table}.id = v.id""",
                values, page_size=BATCH,
            )  # fmt: skip


def turn_history(cursor, seal):
    """The rows of before, as the history has them: they get the key of the row they were, and are sealed with it."""
    keys = {}
    for table in SEALED:
        cursor.execute(f"SELECT id, key FROM {table}")
        keys |= {(table, row): str(key) for row, key in cursor.fetchall()}
    last = 0
    while True:
        cursor.execute(
            'SELECT id, table_name, row_id, "row"::text FROM personnel_history WHERE id > %s AND table_name = ANY(%s) '
            "ORDER BY id LIMIT %s",
            [last, list(SEALED), BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        changed = []
        for number, table, row_id, text in rows:
            row = json.loads(text)
            row.setdefault("key", keys.setdefault((table, row_id), str(uuid.uuid4())))
            found = turned(table, row, seal)
            if found or seal:
                changed.append((number, json.dumps({**row, **found}, ensure_ascii=False)))
        if changed:
            execute_values(
                cursor.cursor,
                'UPDATE personnel_history SET "row" = v.r::jsonb FROM (VALUES %s) AS v (id, r) '
                "WHERE personnel_history.id = v.id",
                changed, page_size=BATCH,
            )  # fmt: skip


def turn_all(apps, schema_editor, seal):
    """Past the triggers: nobody changed what these rows say."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND c.relname = ANY(%s)",
            [[*SEALED, "personnel_history"]],
        )
        triggers = cursor.fetchall()
        for table, name in triggers:
            cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
        for table in SEALED:
            turn(cursor, table, seal)
        turn_history(cursor, seal)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come can't be altered
        for table, name in triggers:
            cursor.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{name}"')


def seal_all(apps, schema_editor):
    turn_all(apps, schema_editor, True)


def open_all(apps, schema_editor):
    turn_all(apps, schema_editor, False)


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0006_sessions"),
        ("personnel", "0014_party_organizations"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="bankaccount",
            name="personnel_bank_account_digits",
        ),
        migrations.RemoveConstraint(
            model_name="person",
            name="personnel_person_identity_number_form",
        ),
        migrations.RemoveIndex(
            model_name="person",
            name="personnel_person_by_phone",
        ),
        migrations.AddField(
            model_name="bankaccount",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="bankaccount",
            name="number_index",
            field=core.crypto.fields.BlindIndexField(
                "number", db_collation="C", editable=False, max_length=22, null=True
            ),
        ),
        migrations.AddField(
            model_name="familymember",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="insuranceenrolment",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="identity_number_index",
            field=core.crypto.fields.BlindIndexField(
                "identity_number", db_collation="C", editable=False, max_length=22, null=True
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="phone_index",
            field=core.crypto.fields.BlindIndexField(
                "phone", db_collation="C", editable=False, max_length=22, null=True
            ),
        ),
        migrations.AddField(
            model_name="personpast",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="bankaccount",
            name="number",
            field=core.crypto.fields.EncryptedCharField(
                max_length=34,
                row=("key", "person_id"),
                validators=[
                    django.core.validators.RegexValidator(
                        "^\\d{8,34}\\Z", "An account number has 8 to 34 digits and nothing else."
                    )
                ],
                verbose_name="account number",
            ),
        ),
        migrations.AlterField(
            model_name="familymember",
            name="phone",
            field=core.crypto.fields.EncryptedCharField(
                blank=True, max_length=20, row=("key", "person_id"), verbose_name="phone"
            ),
        ),
        migrations.AlterField(
            model_name="insuranceenrolment",
            name="number",
            field=core.crypto.fields.EncryptedCharField(
                blank=True, max_length=40, row=("key", "person_id"), verbose_name="number"
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="emergency_phone",
            field=core.crypto.fields.EncryptedCharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="emergency phone"
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="identity_number",
            field=core.crypto.fields.EncryptedCharField(
                blank=True, max_length=18, null=True, verbose_name="identity number"
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="other_phone",
            field=core.crypto.fields.EncryptedCharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="other phone"
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="phone",
            field=core.crypto.fields.EncryptedCharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="mobile phone"
            ),
        ),
        migrations.AlterField(
            model_name="personpast",
            name="value",
            field=core.crypto.fields.SometimesEncryptedField(
                blank=True, max_length=200, row=("key", "person_id"), verbose_name="value"
            ),
        ),
        migrations.RunPython(seal_all, open_all),
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.AddIndex(
            model_name="bankaccount",
            index=models.Index(fields=["number_index"], name="personnel_bank_by_number"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("phone_index__isnull", False)),
                fields=["phone_index"],
                name="personnel_person_by_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=core.crypto.SealedCheck(fields=("number",), name="personnel_bank_account_sealed"),
        ),
        migrations.AddConstraint(
            model_name="familymember",
            constraint=core.crypto.SealedCheck(fields=("phone",), name="personnel_family_sealed"),
        ),
        migrations.AddConstraint(
            model_name="insuranceenrolment",
            constraint=core.crypto.SealedCheck(fields=("number",), name="personnel_insurance_sealed"),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                fields=("identity_number_index",), name="personnel_person_identity_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=core.crypto.SealedCheck(
                fields=("identity_number", "phone", "other_phone", "emergency_phone"), name="personnel_person_sealed"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("identity_number__isnull", True), ("identity_number_index__isnull", True)),
                    models.Q(("identity_number__isnull", False), ("identity_number_index__isnull", False)),
                    _connector="OR",
                ),
                name="personnel_person_identity_number_found",
            ),
        ),
        migrations.AddConstraint(
            model_name="personpast",
            constraint=core.crypto.SealedCheck(
                fields=("value",),
                name="personnel_past_sealed",
                unless=models.Q(
                    ("field__in", ["emergency_phone", "identity_number", "other_phone", "phone"]), _negated=True
                ),
            ),
        ),
    ]
