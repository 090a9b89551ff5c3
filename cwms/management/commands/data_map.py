"""Write docs/security/data-map.csv from the data map."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cwms.data_map import DOCUMENT, document, faults, models


class Command(BaseCommand):
    help = "Write docs/security/data-map.csv; refuses while a field is not in cwms/data_map.yaml."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if wrong := faults(models()):
            raise CommandError("\n".join(wrong))
        DOCUMENT.write_text(document(), encoding="utf-8")
        self.stdout.write(f"{DOCUMENT.name}: {document().count(chr(10)) - 1} fields")
