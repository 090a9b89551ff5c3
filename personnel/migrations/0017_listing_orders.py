"""Indexes for the orders of lists within an area, for dates that go together, and for who has left."""

from django.db import migrations, models

from personnel.models.lists import Area, Quarter, Root

ORDERS = {
    "name": "sort_name",
    "born": "born",
    "start": "start",
    "probation": "probation_end",
    "contract": "contract_end",
}


class Migration(migrations.Migration):
    dependencies = [("personnel", "0016_sealed_imports")]

    operations = [
        migrations.AddIndex("listing", models.Index(fields=["end"], name="personnel_listing_end")),
        *(
            migrations.AddIndex(
                "listing",
                models.Index(
                    Area("unit_path"), models.F(field), models.F("person"), name=f"personnel_listing_a_{name}"
                ),
            )
            for name, field in ORDERS.items()
        ),
        *(
            migrations.AddIndex(
                "listing",
                models.Index(
                    Quarter("start"), models.F(ORDERS[name]), models.F("person"), name=f"personnel_listing_q_{name}"
                ),
            )
            for name in ("probation", "contract")
        ),
        migrations.AddIndex(
            "listing",
            models.Index(
                Root("unit_path"), models.F("contract_end"), models.F("person"), name="personnel_listing_p_contract"
            ),
        ),
        # how many people an area has is known to the planner by this alone
        migrations.RunSQL("ANALYZE personnel_listing", migrations.RunSQL.noop),
    ]
