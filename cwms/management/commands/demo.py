"""Load the demonstration's records and users, and run the year-end chain once: manage.py demo."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cwms.demo.chain import UNITS, ChainStep, run_chain
from cwms.demo.load import has_people, load_roster
from cwms.demo.places import ROSTERS
from cwms.demo.users import NewUser, load_users
from organization.models import User
from personnel.services.quality import quality_count


class Command(BaseCommand):
    help = "Load the demonstration's records and users, and run the year-end chain once. What is there is skipped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--place", action="append", choices=sorted(ROSTERS), help="only this place (repeatable)")
        parser.add_argument("--without-chain", action="store_true", help="load the records, start no run")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        places = options["place"] or list(ROSTERS)
        # Making up a place's people takes longer than finding out that they are there.
        loaded = [place for place in places if not has_people(UNITS[place]) and load_roster(ROSTERS[place]())]
        users = [user for place in places for user in load_users(place)]
        keep_accounts(users)
        if loaded:
            quality_count()
        steps = [] if options["without_chain"] else run_chain(places)
        if options["json"]:
            self.stdout.write(json.dumps(_data(loaded, users, steps), ensure_ascii=False))
            return
        if options["verbosity"]:
            for place in loaded:
                self.stdout.write(f"{place}: loaded")
            for step in steps:
                self.stdout.write(f"{step.place}: {step.what}: {step.state} {step.text}")


def keep_accounts(created: list[NewUser]) -> None:
    """Keeps the one-time passwords in a file that its owner alone reads, each until it has been changed."""
    path = Path(settings.VAR_DIR) / "demo-users.json"
    known: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    new = [
        {"username": u.username, "name": u.display_name, "role": u.role, "unit": u.unit_name, "password": u.password}
        for u in created
    ]
    rows = [row for row in known if row["username"] not in {user.username for user in created}] + new
    waiting = set(
        User.objects.filter(username__in=[row["username"] for row in rows], must_change_password=True).values_list(
            "username", flat=True
        )
    )
    for row in rows:
        row["must_change"] = row["username"] in waiting
        if not row["must_change"]:
            row["password"] = ""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=False, indent=1)


def _data(loaded: list[str], users: list[NewUser], steps: list[ChainStep]) -> dict[str, Any]:
    return {
        "loaded": loaded,
        "users": [
            {"username": user.username, "role": user.role, "unit": user.unit, "password": user.password}
            for user in users
        ],
        "steps": [
            {"place": step.place, "what": step.what, "state": step.state, "run": step.run, "text": step.text}
            for step in steps
        ],
    }
