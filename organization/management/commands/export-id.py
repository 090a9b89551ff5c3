"""Whose export a file is: manage.py export-id ABCD-EFGH-JKLM."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.selectors import export_for_system


class Command(BaseCommand):
    help = "Say who made the export with this number, when, and of what."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "code", help="the number on the printed page, in the last row of a CSV, or the property cwms-export"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        export = export_for_system(options["code"])
        if export is None:
            raise CommandError(_("There is no export with the number %(code)s.") % {"code": options["code"]})
        for label, value in (
            ("number", export.code),
            ("user", f"{export.actor_name} ({export.actor_id})"),
            ("at", f"{timezone.localtime(export.at):%Y-%m-%d %H:%M:%S}"),
            ("list", f"{export.kind} ({export.file_format})"),
            ("filter", export.query or "-"),
            ("columns", ", ".join(export.columns)),
            ("rows", str(export.rows)),
            ("numbers written out", "yes" if export.sensitive else "no"),
        ):
            self.stdout.write(f"{label}: {value}")
