"""Say which person a user is: manage.py own-file USER --person NUMBER, or --clear."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.errors import ApplicationError
from organization.models import User
from personnel.models import Person
from personnel.services.own import own_file_clear, own_file_set


class Command(BaseCommand):
    help = "Link a user to the person that they are, so that they see who has looked at their own file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--person", type=int, help="number of the person, as in the address of the record")
        which.add_argument("--clear", action="store_true", help="take the link away")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(_("There is no user “%(user)s”.") % {"user": options["user"]})
        try:
            if options["clear"]:
                own_file_clear(actor=None, user=user)
                self.stdout.write(f"{user.username} —")
                return
            person = Person.objects.filter(pk=options["person"]).first()
            if person is None:
                raise CommandError(_("There is no person %(number)s.") % {"number": options["person"]})
            own_file_set(actor=None, user=user, person=person)
        except ApplicationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.username} = {person.name}")
