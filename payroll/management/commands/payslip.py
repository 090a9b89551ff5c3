"""Show a payslip, line by line with its arithmetic: manage.py payslip --person ID --month YYYY-MM --explain."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import ApplicationError
from core.money import format_yuan
from core.periods import Month
from organization.models import User
from payroll.selectors.slips import ShownSlip, slip_for, slip_for_system


class Command(BaseCommand):
    help = "Show one person's payslip of a month."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--person", required=True, type=int, help="number of the person")
        parser.add_argument("--month", required=True, help="YYYY-MM")
        parser.add_argument("--explain", action="store_true", help="with the arithmetic and clause of each line")
        parser.add_argument("--user", help="as whom (username); without one as the system")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = Month.parse(options["month"])
            if options["user"]:
                user = User.objects.get(username=options["user"])
                slip = slip_for(user=user, person_id=options["person"], month=month, explained=options["explain"])
            else:
                slip = slip_for_system(person_id=options["person"], month=month, explained=options["explain"])
        except (ApplicationError, ValueError, User.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(slip_data(slip), ensure_ascii=False, default=str))
            return
        self.stdout.write(f"{slip.person_name} {slip.month:%Y-%m} {slip.policy_name} {slip.policy_version}")
        for line in slip.lines:
            mark = "*" if line.assumed else " "
            shown = "" if line.paid else "  —"
            self.stdout.write(f" {mark}{line.name}: {format_yuan(line.amount if line.paid else line.standard)}{shown}")
            for step in line.steps:
                self.stdout.write(f"      {step.text}")
        self.stdout.write(f"  = {format_yuan(slip.gross)}")


def slip_data(slip: ShownSlip) -> dict[str, Any]:
    return slip.as_data()
