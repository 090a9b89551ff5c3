"""The files whose time is over: manage.py retention [--day DAY]."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cwms.retention import HOLDS, files_due_for_system


class Command(BaseCommand):
    help = (
        "List the files that are kept no longer by the data map: number, day of leaving, and what holds them. No names."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", help="as of this day (YYYY-MM-DD); today unless given")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = date.fromisoformat(options["day"]) if options["day"] else timezone.localdate()
        except ValueError as error:
            raise CommandError(_("“%(day)s” is no day. Write it like 2026-03-31.") % {"day": options["day"]}) from error
        free = 0
        for due in files_due_for_system(day):
            holds = ", ".join(str(HOLDS[name]) for name in due.holds)
            free += not due.holds
            self.stdout.write(f"{due.person_id}\t{due.left}\t{holds}".rstrip())
        self.stdout.write(
            ngettext(
                "%(count)s file is kept no longer and nothing holds it.",
                "%(count)s files are kept no longer and nothing holds them.",
                free,
            )
            % {"count": free}
        )
