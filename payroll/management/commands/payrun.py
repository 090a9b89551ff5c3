"""Work out the pay of a unit for a month, in this process: manage.py payrun --unit CODE --month YYYY-MM."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import ApplicationError
from core.money import format_yuan
from core.periods import Month
from organization.models import Permission, User
from organization.selectors import unit_for_system
from payroll.models import PayRun
from payroll.services.batches import compute_pay_run
from payroll.services.pay_runs import pay_run_seal, pay_run_start


class Command(BaseCommand):
    help = "Work out the pay of a unit for a month. With --seal NAME a second user seals it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", required=True, help="code of the unit, for example 232762")
        parser.add_argument("--month", required=True, help="YYYY-MM")
        parser.add_argument("--dry-run", action="store_true", help="show the differences, write no slips")
        parser.add_argument("--user", help="who starts it (username); without one the system does")
        parser.add_argument("--seal", metavar="USERNAME", help="a second user who seals the run")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(options)
        except ApplicationError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"state": "REFUSED", "error": str(error)}, ensure_ascii=False))
            raise CommandError(str(error)) from error
        except (ValueError, User.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(run_data(run), ensure_ascii=False))
            return
        self.stdout.write(
            f"{run.unit.name} {run.month:%Y-%m}: {run.get_state_display()} · {run.totals.get('people', 0)} · "
            f"¥{format_yuan(int(run.totals.get('gross', 0)))} · {run.totals.get('left_out', 0)} · {run.fingerprint}"
        )
        for row in run.left_out.select_related("person"):
            self.stdout.write(f"  {row.person.name}: {row.reason}")
        if run.error:
            raise CommandError(run.error)

    def _run(self, options: dict[str, Any]) -> PayRun:
        actor = User.objects.get(username=options["user"]) if options["user"] else None
        unit = unit_for_system(options["unit"])
        if actor is not None:
            from organization.access import get_unit_for

            unit = get_unit_for(actor, Permission.RUN_PAY, options["unit"])
        run = pay_run_start(actor=actor, unit=unit, month=Month.parse(options["month"]), dry_run=options["dry_run"])
        run = compute_pay_run(actor=actor, run=run)
        if options["seal"]:
            run = pay_run_seal(actor=User.objects.get(username=options["seal"]), run=run)
        return run


def run_data(run: PayRun) -> dict[str, Any]:
    return {
        "run": run.pk,
        "unit": run.unit.code,
        "month": f"{run.month:%Y-%m}",
        "state": run.state,
        "dry_run": run.dry_run,
        "fingerprint": run.fingerprint,
        "totals": run.totals,
        "policies": run.policies,
        "left_out": [
            {"person": row.person_id, "code": row.code, "params": row.params, "reason": str(row.reason)}
            for row in run.left_out.all()
        ],
        "error": run.error,
    }
