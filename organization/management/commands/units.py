"""Units from a file: manage.py units load FILE [--from DAY] [--check] [--json]."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from organization.rules.loading import day_of
from organization.services import FileRefused, units_load


class Command(BaseCommand):
    help = "Load units with residents and households from a CSV file or a workbook; all or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="load")
        load = actions.add_parser("load", help="create, rename and close units; what is there and the same stays")
        load.add_argument(
            "file", type=Path, help="columns 代码, 名称; optional 类型, 上级代码, 起始日期, 人口, 户数, …"
        )
        load.add_argument("--from", dest="begin", help="first day of units whose row gives none, like 2020-01-01")
        load.add_argument("--check", action="store_true", help="say what would happen, and change nothing")
        load.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        begin = day_of(options["begin"]) if options["begin"] else None
        if options["begin"] and begin is None:
            raise CommandError(_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": options["begin"]})
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(_("%(file)s can't be read.") % {"file": options["file"]}) from error
        try:
            loaded = units_load(actor=None, data=data, begin=begin, dry_run=options["check"])
        except FileRefused as refused:
            if options["json"]:
                errors = [{"line": line, "column": column, "text": text} for line, column, text in refused.faults]
                self.stdout.write(json.dumps({"errors": errors}, ensure_ascii=False))
                raise CommandError(_("Nothing was loaded."), returncode=1) from refused
            raise CommandError(str(refused)) from refused
        result = asdict(loaded) | {"checked_only": options["check"]}
        del result["changes"]
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.stdout.write(
                _(
                    "%(created)s units created, %(renamed)s renamed, %(closed)s closed, %(unchanged)s as they were; "
                    "%(facts)s facts written."
                )
                % result
            )
