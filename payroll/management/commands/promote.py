"""Review the ladders of a unit on a day, in this process: manage.py promote --unit CODE --date D."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import ApplicationError
from organization.access import get_unit_for
from organization.models import Permission, User
from organization.selectors import unit_for_system
from payroll.models import PromotionKind, PromotionRun
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start


class Command(BaseCommand):
    help = "Review the ladders of a unit on a day. With --confirm NAME a second user confirms it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", required=True, help="code of the unit")
        parser.add_argument("--date", required=True, type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--placement", action="store_true", help="only place those who have no value yet")
        parser.add_argument("--user", help="who starts it (username); without one the system does")
        parser.add_argument("--confirm", metavar="USERNAME", help="a second user who confirms the outcomes")
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
        if options["json"]:
            self.stdout.write(json.dumps(run_data(run), ensure_ascii=False))
            return
        self.stdout.write(f"{run.unit.name} {run.day}: {run.get_state_display()} {json.dumps(run.totals)}")
        for row in run.outcomes.select_related("person"):
            self.stdout.write(f"  {row.person.name} {row.scale} {row.old} → {row.new}: {row.reason}")
        if run.error:
            raise CommandError(run.error)

    def _run(self, options: dict[str, Any]) -> PromotionRun:
        actor = User.objects.get(username=options["user"]) if options["user"] else None
        unit = unit_for_system(options["unit"])
        if actor is not None:
            unit = get_unit_for(actor, Permission.RUN_PROMOTION, options["unit"])
        kind = PromotionKind.PLACEMENT if options["placement"] else PromotionKind.REVIEW
        run = promotion_start(actor=actor, unit=unit, day=options["date"], kind=kind)
        run = compute_promotion_run(actor=actor, run=run)
        if options["confirm"]:
            run = promotion_confirm(actor=User.objects.get(username=options["confirm"]), run=run)
        return run


def run_data(run: PromotionRun) -> dict[str, Any]:
    return {
        "run": run.pk,
        "unit": run.unit.code,
        "date": run.day.isoformat(),
        "state": run.state,
        "fingerprint": run.fingerprint,
        "totals": run.totals,
        "policies": run.policies,
        "outcomes": [
            {
                "person": row.person_id,
                "scale": row.scale,
                "old": row.old,
                "new": row.new,
                "effective": row.effective.isoformat() if row.effective else None,
                "code": row.code,
                "params": row.params,
                "reason": str(row.reason),
            }
            for row in run.outcomes.all()
        ],
        "error": run.error,
    }
