"""Compile the translations (locale/*/LC_MESSAGES/*.po) without the tools of gettext."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cwms.translations import compile_stale


class Command(BaseCommand):
    help = "Compile the translations that are newer than what was compiled of them."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for target in compile_stale():
            if options["verbosity"] > 1:
                self.stdout.write(str(target))
