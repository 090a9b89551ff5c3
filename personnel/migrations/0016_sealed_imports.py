"""Files of imports, their rows and what is being typed are sealed like the record that they are about."""

import json
import uuid

import django.contrib.postgres.functions
import django.core.serializers.json
from django.db import migrations, models
from psycopg2.extras import execute_values

import core.crypto.fields
from core.crypto import key_ring

BATCH = 500
ROWS = {"raw": {}, "notes": [], "fixed": {}, "values": {}, "findings": [], "diff": {}, "written": []}


def sealed(text, empty, place):
    return "" if json.loads(text) == empty else key_ring().seal(text.encode(), place)


def seal_rows(cursor):
    last = 0
    while True:
        names = ", ".join(f'"{name}"' for name in ROWS)
        cursor.execute(
            f"SELECT id, source_id, position, {names} FROM personnel_importrow WHERE id > %s ORDER BY id LIMIT %s",
            [last, BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        values = []
        for number, source, position, *texts in rows:
            of = dict(zip(ROWS, texts, strict=True))
            found = json.loads(of["findings"])
            levels = [sum(one["level"] == level for one in found) for level in ("ERROR", "CHANGE")]
            follows = any(one["code"] == "FOLLOWS" for one in found)
            values.append(
                (number, *levels, follows)
                + tuple(
                    sealed(text, ROWS[name], f"personnel_importrow.{name}|{source}|{position}")
                    for name, text in of.items()
                )
            )
        targets = ", ".join(f'"{name}" = v."{name}"' for name in ("errors", "changes", "follows", *ROWS))
        execute_values(
            cursor.cursor,
            f"UPDATE personnel_importrow SET {targets} FROM (VALUES %s) AS v (id, errors, changes, follows, {names}) "
            "WHERE personnel_importrow.id = v.id",
            values, page_size=BATCH,
        )  # fmt: skip


def seal_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        seal_rows(cursor)
        cursor.execute("SELECT id, key, sheets, content FROM personnel_import")
        for number, key, sheets, content in cursor.fetchall():
            cursor.execute(
                "UPDATE personnel_import SET sheets = %s, content = %s WHERE id = %s",
                [
                    sealed(sheets, [], f"personnel_import.sheets|{key}"),
                    None
                    if content is None
                    else key_ring().seal(bytes(content), f"personnel_import.content|{key}").encode(),
                    number,
                ],
            )
        cursor.execute('SELECT id, key, "values" FROM personnel_draft')
        for number, key, values in cursor.fetchall():
            cursor.execute(
                'UPDATE personnel_draft SET "values" = %s WHERE id = %s',
                [sealed(values, {}, f"personnel_draft.values|{key}"), number],
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def forget_all(apps, schema_editor):
    """Back to columns of plain JSON: work in hand is not opened into them, it goes."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("TRUNCATE personnel_importjob, personnel_importrow, personnel_import, personnel_draft")


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0015_sealed"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="importrow",
            name="changes",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="changes"),
        ),
        migrations.AddField(
            model_name="importrow",
            name="errors",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="errors"),
        ),
        migrations.AddField(
            model_name="importrow",
            name="follows",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="draft",
            name="values",
            field=core.crypto.fields.EncryptedJSONField(
                default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="values"
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="content",
            field=core.crypto.fields.EncryptedBinaryField(null=True, verbose_name="content"),
        ),
        migrations.AlterField(
            model_name="import",
            name="sheets",
            field=core.crypto.fields.EncryptedJSONField(
                default=list, encoder=django.core.serializers.json.DjangoJSONEncoder
            ),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="diff",
            field=core.crypto.fields.EncryptedJSONField(default=dict, row=("source_id", "position")),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="findings",
            field=core.crypto.fields.EncryptedJSONField(default=list, row=("source_id", "position")),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="fixed",
            field=core.crypto.fields.EncryptedJSONField(default=dict, row=("source_id", "position")),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="notes",
            field=core.crypto.fields.EncryptedJSONField(default=list, row=("source_id", "position")),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="raw",
            field=core.crypto.fields.EncryptedJSONField(default=dict, row=("source_id", "position")),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="values",
            field=core.crypto.fields.EncryptedJSONField(default=dict, row=("source_id", "position")),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="written",
            field=core.crypto.fields.EncryptedJSONField(
                default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, row=("source_id", "position")
            ),
        ),
        migrations.RunPython(seal_all, forget_all),
    ]
