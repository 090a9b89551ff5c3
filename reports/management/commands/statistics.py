"""The figures that are kept: manage.py statistics count | check [--repair]."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.services import rollups_check, rollups_keep


class Command(BaseCommand):
    help = "Count the figures of today that are kept (count), or compare them with the records (check)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=["count", "check"])
        parser.add_argument("--repair", action="store_true", help="write what differs as it should be")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["do"] == "count":
            while rollups_keep():
                pass
            self.stdout.write(_("The figures of today are counted."))
            return
        found = rollups_check(repair=options["repair"])
        for one in found[:100]:
            self.stdout.write(
                _("%(day)s, unit %(unit)s, %(population)s: the kept numbers (%(what)s) are not those of the records")
                % {
                    "day": one.day or _("past days"),
                    "unit": one.unit_path,
                    "population": one.population,
                    "what": one.what,
                }
            )
        if not found:
            self.stdout.write(_("All kept figures are those of the records."))
        elif options["repair"]:
            self.stdout.write(
                ngettext("%(count)s row was put right.", "%(count)s rows were put right.", len(found))
                % {"count": len(found)}
            )
        else:
            raise CommandError(
                ngettext(
                    "%(count)s row of kept figures is wrong. Put it right with --repair.",
                    "%(count)s rows of kept figures are wrong. Put them right with --repair.",
                    len(found),
                )
                % {"count": len(found)}
            )
