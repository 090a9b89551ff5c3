"""Area, root and quarter of a row of the listing become columns, so that indexes of them answer behind the policies."""

from django.db import migrations, models

from personnel.models.lists import Area, Quarter, Root

ORDERS = {
    "name": "sort_name",
    "born": "born",
    "start": "start",
    "probation": "probation_end",
    "contract": "contract_end",
}
INDEXES = {
    **{f"personnel_listing_a_{name}": ("area", field) for name, field in ORDERS.items()},
    **{f"personnel_listing_q_{name}": ("quarter", ORDERS[name]) for name in ("probation", "contract")},
    "personnel_listing_p_contract": ("root", "contract_end"),
}


class Migration(migrations.Migration):
    dependencies = [("personnel", "0017_listing_orders")]

    operations = [
        *(migrations.RemoveIndex("listing", name) for name in INDEXES),
        # in one statement, so that the table is written anew once
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    """
                    ALTER TABLE personnel_listing
                      ADD COLUMN area text COLLATE "C" GENERATED ALWAYS AS (
                        split_part(unit_path, '/', 1) || '/' || split_part(unit_path, '/', 2) || '/') STORED,
                      ADD COLUMN root text COLLATE "C" GENERATED ALWAYS AS (split_part(unit_path, '/', 1)) STORED,
                      ADD COLUMN quarter smallint GENERATED ALWAYS AS (
                        least(greatest((extract(year from start) * 4 + extract(quarter from start) - 1)::int, 7920), 8160)
                      ) STORED
                    """,
                    "ALTER TABLE personnel_listing DROP COLUMN area, DROP COLUMN root, DROP COLUMN quarter",
                )
            ],
            [
                migrations.AddField(
                    "listing",
                    name,
                    models.GeneratedField(expression=expression, output_field=output, db_persist=True),
                )
                for name, expression, output in (
                    ("area", Area("unit_path"), models.TextField(db_collation="C")),
                    ("root", Root("unit_path"), models.TextField(db_collation="C")),
                    ("quarter", Quarter("start"), models.SmallIntegerField()),
                )
            ],
        ),
        *(
            migrations.AddIndex("listing", models.Index(fields=[column, field, "person"], name=name))
            for name, (column, field) in INDEXES.items()
        ),
        migrations.RunSQL("ANALYZE personnel_listing", migrations.RunSQL.noop),
    ]
