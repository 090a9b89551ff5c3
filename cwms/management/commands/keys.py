"""The keys of what is sealed: manage.py keys new | print | check."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.crypto.ring import make_ring, new_kid, ring_problems
from core.crypto.sealing import KeyRing


class Command(BaseCommand):
    help = (
        "Make the keys that sensitive values are sealed with (new: a file; print: a line for CWMS_KEYS), or check them."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=["new", "print", "check"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["do"] == "print":
            self.stdout.write(json.dumps(json.loads(KeyRing.new(new_kid()).to_json()), separators=(",", ":")))
            return
        if settings.CWMS_KEYS:
            file = None
        else:
            file = Path(settings.CWMS_KEYS_FILE)
        if options["do"] == "new":
            self._new(file)
        if problems := ring_problems():
            raise CommandError("\n".join(problems))
        self.stdout.write(_("Nothing is wrong with the keys of %(source)s.") % {"source": file or "CWMS_KEYS"})

    def _new(self, file: Path | None) -> None:
        if file is None:
            raise CommandError(_("The keys are in CWMS_KEYS. Take it out of the environment to have them in a file."))
        if not make_ring(file):
            raise CommandError(
                _("There are keys at %(file)s already; without them nothing that is sealed is read again.")
                % {"file": file}
            )
        self.stdout.write(
            _("Keys were made at %(file)s. Keep a copy apart from the backups of the database.") % {"file": file}
        )
