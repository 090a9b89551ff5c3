from datetime import date, timedelta
from typing import Any

from django.db import migrations

# Days off and days worked instead in 2026, as the State Council's office made them public in November 2025.
OFF = (
    ("元旦", date(2026, 1, 1), 3),
    ("春节", date(2026, 2, 15), 9),
    ("清明节", date(2026, 4, 4), 3),
    ("劳动节", date(2026, 5, 1), 5),
    ("端午节", date(2026, 6, 19), 3),
    ("中秋节", date(2026, 9, 25), 3),
    ("国庆节", date(2026, 10, 1), 7),
)
WORKED = (
    ("元旦调休", date(2026, 1, 4)),
    ("春节调休", date(2026, 2, 14)),
    ("春节调休", date(2026, 2, 28)),
    ("劳动节调休", date(2026, 5, 9)),
    ("国庆节调休", date(2026, 9, 20)),
    ("国庆节调休", date(2026, 10, 10)),
)


def enter(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model("approvals", "CalendarDay")
    rows = [
        model(day=first + timedelta(days=n), kind="HOLIDAY", name=name)
        for name, first, days in OFF
        for n in range(days)
    ]
    rows += [model(day=day, kind="WORKDAY", name=name) for name, day in WORKED]
    model.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
