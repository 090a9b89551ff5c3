"""Tokens of programs: manage.py token give --user NAME --label WHICH | list | revoke PREFIX."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import ApplicationError
from organization.models import ApiToken, User
from organization.selectors import tokens_for_system
from organization.services import token_give, token_revoke
from organization.services.tokens import DAYS


class Command(BaseCommand):
    help = "Give, list and revoke the tokens with which programs use the REST interface."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="give|list|revoke")
        give = actions.add_parser("give", help="print a new token; it can't be shown again")
        give.add_argument("--user", required=True, help="username; needs a role that allows the interface")
        give.add_argument("--label", required=True, help="which program uses it")
        give.add_argument("--days", type=int, default=DAYS, help=f"how long it holds (default {DAYS})")
        shown = actions.add_parser("list", help="every token: whose, which, until when, last used")
        revoke = actions.add_parser("revoke", help="end a token at once")
        revoke.add_argument("prefix", help="its first 8 characters")
        for action in (give, shown, revoke):
            action.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except ApplicationError as error:
            raise CommandError(str(error)) from error

    def _give(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(_("There is no user “%(username)s”.") % {"username": options["user"]})
        row, token = token_give(actor=None, user=user, label=options["label"], days=options["days"])
        if options["json"]:
            self._print(token_data(row) | {"token": token})
        else:
            self.stdout.write(token)

    def _list(self, options: dict[str, Any]) -> None:
        rows = [token_data(row) for row in tokens_for_system()]
        if options["json"]:
            self._print(rows)
            return
        for row in rows:
            self.stdout.write("  ".join(str(value or "-") for value in row.values()))

    def _revoke(self, options: dict[str, Any]) -> None:
        row = token_revoke(actor=None, prefix=options["prefix"])
        self._print(token_data(row)) if options["json"] else self.stdout.write(str(row))

    def _print(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, ensure_ascii=False))


def token_data(row: ApiToken) -> dict[str, str | None]:
    """A row without anything secret; days of this place's time."""

    def day(moment: Any) -> str | None:
        return str(timezone.localdate(moment)) if moment is not None else None

    return {
        "prefix": row.prefix,
        "user": row.user.username,
        "label": row.label,
        "created": day(row.created),
        "expires": day(row.expires),
        "last_used": day(row.last_used),
        "revoked": day(row.revoked),
    }
