"""Evaluate a unit for a year, in this process: manage.py evaluate --unit CODE --year Y."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessment.models import Evaluation
from assessment.selectors.conflicts import conflicts_for_system
from assessment.services import compute_evaluation, evaluation_close, evaluation_confirm, evaluation_start
from core.errors import ApplicationError
from organization.access import get_unit_for
from organization.models import Permission, User
from organization.selectors import unit_for_system


class Command(BaseCommand):
    help = "Evaluate a unit for a year (or another period). With --confirm NAME a second user confirms the results."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", required=True, help="code of the unit, for example 340181")
        period = parser.add_mutually_exclusive_group(required=True)
        period.add_argument("--year", type=int, help="the year, for example 2025")
        period.add_argument("--period", help="another period: 2025-H1, 2025-Q3, 2025-03")
        parser.add_argument("--user", help="who starts it (username); without one the system does")
        parser.add_argument("--confirm", metavar="USERNAME", help="a second user who confirms the results")
        parser.add_argument("--close", metavar="REASON", help="close as well; why the days for appeals are waived")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(options)
        except ApplicationError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"state": "REFUSED", "error": str(error)}, ensure_ascii=False))
            raise CommandError(str(error)) from error
        except User.DoesNotExist as error:
            raise CommandError(str(error)) from error
        conflicts = [conflict.message for conflict in conflicts_for_system(run)] if run.state == "READY" else []
        if options["json"]:
            self.stdout.write(json.dumps(run_data(run, conflicts), ensure_ascii=False))
            return
        self.stdout.write(
            f"{run.unit.name} {run.period}: {run.get_state_display()} · {run.totals.get('people', 0)} · {run.fingerprint}"
        )
        for pool in run.pools.select_related("unit").prefetch_related("caps"):
            caps = " ".join(f"{cap.grade} {cap.used}/{cap.at_most}" for cap in pool.caps.all())
            counts = " ".join(f"{grade} {people}" for grade, people in pool.counts.items())
            self.stdout.write(f"  {pool.unit.name} {pool.scheme}: {pool.graded}/{pool.people} · {counts} · {caps}")
        for message in conflicts:
            self.stdout.write(f"  ! {message}")
        if run.error:
            raise CommandError(run.error)

    def _run(self, options: dict[str, Any]) -> Evaluation:
        actor = User.objects.get(username=options["user"]) if options["user"] else None
        unit = (
            get_unit_for(actor, Permission.RUN_EVALUATION, options["unit"])
            if actor is not None
            else unit_for_system(options["unit"])
        )
        run = evaluation_start(actor=actor, unit=unit, period=options["period"] or options["year"])
        run = compute_evaluation(actor=actor, run=run)
        if options["confirm"] and run.state == "READY":
            second = User.objects.get(username=options["confirm"])
            run = evaluation_confirm(actor=second, run=run)
            if options["close"]:
                run = evaluation_close(actor=second, run=run, waive_appeals=options["close"])
        return run


def run_data(run: Evaluation, conflicts: list[str]) -> dict[str, Any]:
    return {
        "run": run.pk,
        "unit": run.unit.code,
        "period": run.period,
        "state": run.state,
        "fingerprint": run.fingerprint,
        "totals": run.totals,
        "policies": run.policies,
        "pools": [
            {
                "unit": pool.unit.code,
                "scheme": pool.scheme,
                "people": pool.people,
                "graded": pool.graded,
                "counts": pool.counts,
                "caps": [{"grade": cap.grade, "used": cap.used, "at_most": cap.at_most} for cap in pool.caps.all()],
            }
            for pool in run.pools.select_related("unit").prefetch_related("caps")
        ],
        "conflicts": conflicts,
        "error": run.error,
    }
