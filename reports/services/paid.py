"""What figures of past months are answered from is written once for each sealed run, one part of the tree at a time
(docs/decisions/0064-pay-of-past-months.md)."""

from __future__ import annotations

from django.db import connection

from payroll.models import PayRun
from reports.models import PaidArea, PaidRun
from reports.rules.stretches import packed_table
from reports.selectors.paid import paid_areas_for_system, paid_form_for_system, paid_tables_for_system

_MISSING = """
SELECT k.id, k.run_id, area FROM reports_paidrun k, unnest(k.areas) area
 WHERE NOT EXISTS (SELECT FROM reports_paidarea a WHERE a.kept_id = k.id AND a.unit_path = area)
 ORDER BY k.run_id DESC, area LIMIT 1
"""


def paid_count_for_system() -> bool:
    """Keep one more part of the tree of a sealed run, the newest run first. Whether there was something to do.

    In a transaction of the caller, who lets one process do it at a time.
    """
    sealed = PayRun.objects.filter(state="SEALED").exclude(paid__form=paid_form_for_system()).order_by("-pk")
    run = sealed.values_list("pk", flat=True).first()
    if run is not None:
        paid_begin_for_system(run=run)
        return True
    with connection.cursor() as cursor:
        cursor.execute(_MISSING)
        missing = cursor.fetchone()
    if missing is None:
        return False
    kept, number, area = missing
    PaidArea.objects.bulk_create(
        PaidArea(kept_id=kept, unit_path=area, population=population, data=packed_table(frame))
        for population, frame in paid_tables_for_system(number, area).items()
    )
    return True


def paid_begin_for_system(*, run: int) -> None:
    """Keep a run anew: its parts follow."""
    PaidArea.objects.filter(kept__run=run).delete()
    PaidRun.objects.update_or_create(
        run_id=run, defaults={"form": paid_form_for_system(), "areas": paid_areas_for_system(run)}
    )
