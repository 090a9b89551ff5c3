"""Reads of the training ledger."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from organization.access import Viewer
from organization.models import Permission
from personnel.models import Person
from personnel.selectors import person_for
from training.models import TrainingMode, TrainingRecord


@dataclass(frozen=True)
class TrainingYear:
    """What one person was trained in a year: sessions, and days with one digit."""

    person_id: int
    year: int
    sessions: int
    days: Decimal

    def fulfils(self, *, sessions: int, days: int) -> bool:
        """Whether a duty of so many sessions and days is fulfilled (CH-25: one session and five days)."""
        return self.sessions >= sessions and self.days >= days


def trainings_list(*, user: Viewer, person_id: int) -> QuerySet[TrainingRecord]:
    """One person's trainings, newest first; NotFound for somebody outside the user's units."""
    person = person_for(user=user, person_id=person_id, permission=Permission.VIEW_PEOPLE)
    return TrainingRecord.objects.filter(person=person).order_by("-started", "-pk")


def training_year(*, user: Viewer, person: Person, year: int, mode: str | None = TrainingMode.CENTRAL) -> TrainingYear:
    """Sessions and days of one person in a year; of central courses unless another mode (or None: any) is asked for."""
    person = person_for(user=user, person_id=person.pk, permission=Permission.VIEW_PEOPLE)
    return training_years_for_system([person.pk], year, mode)[person.pk]


def training_years_for_system(
    person_ids: list[int], year: int, mode: str | None = TrainingMode.CENTRAL
) -> dict[int, TrainingYear]:
    """The same for many people in one query; people without any training have zeros."""
    records = TrainingRecord.objects.filter(person__in=person_ids, started__year=year)
    if mode is not None:
        records = records.filter(mode=mode)
    found = {
        row["person"]: TrainingYear(row["person"], year, row["sessions"], row["days"])
        for row in records.values("person").annotate(sessions=Count("pk"), days=Sum("days"))
    }
    return {person: found.get(person, TrainingYear(person, year, 0, Decimal(0))) for person in person_ids}
