"""Bring an installation to the state of this code: one command, safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from core.crypto.ring import make_ring


class Command(BaseCommand):
    help = (
        "Migrate, compile translations, collect static files, load policies and the demonstration; skip what is done."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-demo", action="store_true", help="leave out the demonstration's records")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED and not settings.CWMS_KEYS:
            make_ring(Path(settings.CWMS_KEYS_FILE))
        call_command("migrate", verbosity=0, interactive=False)
        call_command("compile_translations")
        call_command("collectstatic", verbosity=0, interactive=False)
        files = sorted(str(path) for path in (settings.BASE_DIR / "policies").rglob("*.yaml"))
        if files:
            # What is loaded is the truth: a file that came with an update does not change it by itself.
            call_command("policy", "load", "--keep", *files, verbosity=0)
        if not options["without_demo"]:
            call_command("demo", verbosity=options["verbosity"])
