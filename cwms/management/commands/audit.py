"""The trail of what was done: manage.py audit check | head | chain."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.selectors import audit_faults_for_system, audit_head_for_system
from core.services.trail import FAR, audit_chain

_TEXTS = {
    "CHANGED": gettext_lazy("link %(seq)s: entry %(entry)s is not what was written"),
    "ENTRY_MISSING": gettext_lazy("link %(seq)s: entry %(entry)s is gone"),
    "LINK_MISSING": gettext_lazy("link %(seq)s is gone"),
    "UNCHAINED": gettext_lazy("entry %(entry)s hangs on no link: it was not written by the program"),
    "CUT": gettext_lazy("link %(seq)s is not the one that was known outside: the end was cut off or made anew"),
}


class Command(BaseCommand):
    help = "Check that nobody changed the trail of what was done (check), or print the end of its chain (head)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=["check", "head"])
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="NUMBER:DIGEST",
            help="an end of the chain that was printed earlier and kept elsewhere (repeatable)",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        audit_chain(depth=FAR)
        head = audit_head_for_system()
        if options["do"] == "head":
            self.stdout.write(json.dumps({"head": head}) if options["json"] else head)
            return
        try:
            faults = audit_faults_for_system(anchors=options["anchor"])
        except ValueError as error:
            raise CommandError(
                _("“%(anchor)s” is no end of the chain. One looks like 1042:9f86d0…, as `audit head` prints it.")
                % {"anchor": error}
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps({"head": head, "faults": [asdict(fault) for fault in faults]}))
        else:
            for fault in faults[:100]:
                self.stdout.write(_TEXTS[fault.fault] % {"seq": fault.seq, "entry": fault.entry_id})
            if not faults:
                self.stdout.write(_("Nothing is wrong with the trail. It ends with %(head)s.") % {"head": head})
        if faults:
            raise CommandError(
                ngettext(
                    "The trail was changed in %(count)s place. Keep a copy of the database, and ask who could write to it.",
                    "The trail was changed in %(count)s places. Keep a copy of the database, and ask who could write to it.",
                    len(faults),
                )
                % {"count": len(faults)}
            )
