"""What the chaos tests ask of the application: a process of its own with the database and the broker of the house.

It reads one JSON list a line, [function, argument, …], and answers with one JSON object: {"result"} or {"error"}.
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from datetime import date
from pathlib import Path
from typing import Any

from tests.chaos.kinds import PAUSE_LOCK

PLACE, MONTH, YEAR, DAY = "99", (2026, 1), 2026, date(2026, 1, 1)
# Imports have a province of their own, so that the runs' people stay who they are.
IMPORTED = (
    ("98", "PROVINCE"),
    ("9801", "CITY"),
    ("980101", "COUNTY"),
    ("980101001", "STREET"),
    ("980101001001", "COMMUNITY"),
)


def settle(people: int) -> None:
    """Tables, people, their ratings, and a trigger a table of runs or batches that tells the tests of every change."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import people as invented
    from benchmarks.evaluation import _RATINGS
    from tests.chaos.kinds import KINDS

    call_command("migrate", verbosity=0)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as policy:
        # A community is a pool, so that an evaluation of few people has many batches.
        policy.write(
            invented.POLICY.read_text()
            .replace("_in: street", "_in: community")
            .replace("pool: street", "pool: community")
        )
        policy.flush()
        invented.POLICY = Path(policy.name)
        unit, _version = invented.populate(PLACE, people)
    with connection.cursor() as cursor:
        cursor.execute(_RATINGS, [str(YEAR), unit.path, unit.path[:-1] + "0"])
        cursor.execute(
            "CREATE FUNCTION chaos_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY chaos; RETURN NULL; END $$"
        )
        for table in (table for kind in KINDS for table in (kind.runs, kind.batches)):
            cursor.execute(
                f"CREATE TRIGGER chaos_tell AFTER UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION chaos_tell()"
            )
        cursor.execute(_PAUSE)


# Whoever writes or takes back the person of this name waits as long as a test holds the lock: somewhere in the middle.
PAUSES = "停顿"
_PAUSE = f"""
CREATE FUNCTION chaos_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared({PAUSE_LOCK});
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chaos_pause_insert BEFORE INSERT ON personnel_person FOR EACH ROW
    WHEN (NEW.name = '{PAUSES}') EXECUTE FUNCTION chaos_pause();
CREATE TRIGGER chaos_pause_delete BEFORE DELETE ON personnel_person FOR EACH ROW
    WHEN (OLD.name = '{PAUSES}') EXECUTE FUNCTION chaos_pause();
CREATE TRIGGER chaos_tell AFTER UPDATE ON personnel_importjob FOR EACH STATEMENT EXECUTE FUNCTION chaos_tell();
"""


def _unit() -> Any:
    from organization.models import Unit

    return Unit.objects.get(code=PLACE.ljust(12, "0"))


def _new(kind: str, people_a_batch: int | None = None) -> Any:
    from assessment.services import evaluation_start
    from core.periods import Month
    from payroll.services.pay_runs import pay_run_start
    from payroll.services.promotion import promotion_start

    if kind == "pay":
        return pay_run_start(actor=None, unit=_unit(), month=Month(*MONTH), people_a_batch=people_a_batch)
    if kind == "evaluation":
        return evaluation_start(actor=None, unit=_unit(), period=YEAR, people_a_batch=people_a_batch)
    return promotion_start(actor=None, unit=_unit(), day=DAY, people_a_batch=people_a_batch)


def _found(kind: str, run: int) -> Any:
    from assessment.models import Evaluation
    from payroll.models import PayRun, PromotionRun

    model: Any = {"pay": PayRun, "evaluation": Evaluation, "promotion": PromotionRun}[kind]
    return model.objects.get(pk=run)


def send(kind: str, run: int) -> None:
    """The message of the page's button; sent again, it must change nothing."""
    from assessment import tasks as evaluations
    from payroll import tasks as pay

    starters: dict[str, Any] = {
        "pay": pay.start_pay_run,
        "evaluation": evaluations.start_evaluation,
        "promotion": pay.start_promotion_run,
    }
    starters[kind].delay(run)


def start(kind: str) -> int:
    """A new run of the whole place, its message sent."""
    run = _new(kind)
    send(kind, run.pk)
    return int(run.pk)


def alone(kind: str) -> int:
    """A run computed here, in batches of another size, with nobody else at work."""
    from assessment.services import compute_evaluation
    from payroll.services.batches import compute_pay_run
    from payroll.services.promotion import compute_promotion_run

    compute: Any = {"pay": compute_pay_run, "evaluation": compute_evaluation, "promotion": compute_promotion_run}[kind]
    return int(compute(run=_new(kind, people_a_batch=500)).pk)


def cancel(kind: str, run: int) -> None:
    from assessment.services import evaluation_cancel
    from payroll.services.pay_runs import pay_run_cancel
    from payroll.services.promotion import promotion_cancel

    stop: Any = {"pay": pay_run_cancel, "evaluation": evaluation_cancel, "promotion": promotion_cancel}[kind]
    stop(actor=None, run=_found(kind, run))


def naive() -> int:
    """A pay run whose batches are sent to the workers without claims, and after them the word that it was the last."""
    from payroll.models import PayBatch
    from tests.chaos.naive import QUEUE, naive_batch, naive_end

    run = _new("pay")
    for batch_id in PayBatch.objects.filter(run=run).order_by("number").values_list("pk", flat=True):
        naive_batch.apply_async([batch_id], queue=QUEUE)
    naive_end.apply_async([run.pk], queue=QUEUE)
    return int(run.pk)


def import_review(rows: int, pause_at: int) -> int:
    """A reviewed import of so many new people into a community of their own place; the one at `pause_at` is `PAUSES`."""
    from organization.models import Unit
    from organization.services import unit_create
    from personnel.services.imports import import_start
    from tests.personnel.imports.conftest import person_row, roster

    parent = None
    for short, kind in IMPORTED:
        code = short.ljust(12, "0")
        parent = Unit.objects.filter(code=code).first() or unit_create(
            actor=None, code=code, name=f"导入{short}", kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    assert parent is not None
    people = [person_row(n, 所属社区=parent.name) for n in range(rows)]
    people[pause_at]["姓名"] = PAUSES
    source = import_start(actor=None, unit=parent, day=DAY, file_name="花名册.xlsx", data=roster(people))
    assert source.counts["ready"] == rows, source.counts
    return int(source.pk)


def import_send(kind: str, source: int) -> int:
    """The message of the button on the page of an import."""
    from personnel.models import Import
    from personnel.services.imports import import_queue
    from personnel.tasks import run_import_job

    found = Import.objects.get(pk=source)
    options: dict[str, Any] = {"expected": found.counts["ready"]} if kind == "APPLY" else {"skip_changed": False}
    job = import_queue(actor=None, source=found, kind=kind, options=options, language="en")
    run_import_job.delay(job.pk)
    return int(job.pk)


def import_naive(kind: str, source: int) -> None:
    """The same work without a claim, and row by row."""
    from tests.chaos.naive import QUEUE, naive_import

    naive_import.apply_async([kind, source], queue=QUEUE)


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    for line in sys.stdin:
        function, *arguments = json.loads(line)
        try:
            connection.close()  # the server may have been stopped since
            answer = {"result": globals()[function](*arguments)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
