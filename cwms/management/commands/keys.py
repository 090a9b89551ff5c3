"""The keys of what is sealed: manage.py keys new | print | check | rotate | drop."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.crypto.ring import key_ring, make_ring, new_kid, ring_problems, write_ring
from core.crypto.sealing import KeyRing
from core.services.keys import keys_reseal, sealed_by


class Command(BaseCommand):
    help = (
        "Make the keys that sensitive values are sealed with (new: a file; print: a line for CWMS_KEYS), check "
        "them, seal everything with a new one (rotate; begin again after a stop), or take an old one away (drop)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=["new", "print", "check", "rotate", "drop"])
        parser.add_argument("kid", nargs="?", default="", help="the key to drop")

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
        if options["do"] in ("rotate", "drop"):
            if file is None:
                raise CommandError(
                    _("The keys are in CWMS_KEYS. Take it out of the environment to have them in a file.")
                )
            self._rotate(file) if options["do"] == "rotate" else self._drop(file, options["kid"])
            return
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

    def _rotate(self, file: Path) -> None:
        """A new key unless a rotation was stopped half-way, then everything is sealed with the active one."""
        ring = key_ring()
        if not any(sealed_by(kid=kid) for kid in ring.keys if kid != ring.active):
            ring = ring.rotated(new_kid(tuple(ring.keys)))
            write_ring(file, ring)
        rows = keys_reseal(actor=None, tell=lambda table, done: self.stdout.write(f"{table} {done}"))
        self.stdout.write(
            _("%(rows)s rows were sealed anew with the key %(kid)s. Keep the older keys as long as backups need them.")
            % {"rows": rows, "kid": ring.active}
        )

    def _drop(self, file: Path, kid: str) -> None:
        ring = key_ring()
        if kid not in ring.keys or kid == ring.active:
            raise CommandError(_("“%(kid)s” is no older key of %(file)s.") % {"kid": kid, "file": file})
        if rows := sealed_by(kid=kid):
            raise CommandError(
                _("%(rows)s rows are still sealed with %(kid)s. Rotate first.") % {"rows": rows, "kid": kid}
            )
        write_ring(file, ring.without(kid))
        self.stdout.write(_("The key %(kid)s is gone from %(file)s.") % {"kid": kid, "file": file})
