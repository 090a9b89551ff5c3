"""The first administrators of an installation: manage.py user create NAME --name … --unit CODE [--role ROLE]."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from core.errors import ApplicationError, NotFound
from organization.models import Role
from organization.selectors import unit_for_system
from organization.services import grant_give, user_create


class Command(BaseCommand):
    help = "Create a user with a one-time password, and give them a role: for the first administrators."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=["create"])
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="how pages call them")
        parser.add_argument("--unit", required=True, help="code of the unit where they belong and hold the role")
        parser.add_argument("--role", choices=Role.values, help="without one they can log in and do nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            unit = unit_for_system(options["unit"])
        except NotFound as error:
            raise CommandError(str(error)) from error
        try:
            with transaction.atomic():
                user, password = user_create(
                    actor=None, username=options["username"], display_name=options["name"], unit=unit
                )
                if options["role"]:
                    grant_give(actor=None, user=user, unit=unit, role=options["role"])
        except ApplicationError as error:
            raise CommandError(str(error)) from error
        told = {"username": user.username, "password": password, "role": options["role"], "unit": unit.code}
        self.stdout.write(json.dumps(told) if options["json"] else password)
