"""What evaluations start from: closed results of earlier years, ballots, scores and points of 2025."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from assessment.models import AnnualResult, PointEntry, Rating
from cwms.demo.roster import EVALUATED_YEAR, Worker
from organization.models import Unit
from personnel.models import Person

# Inputs given by groups of people, with the name of the group; every other input is one score under its own code.
_GROUPS = {"satisfaction": "RESIDENTS", "residents": "RESIDENTS", "leaders": "LEADERS"}
_HUNDREDTH, _POINT = 100, 10_000


def load_results(pairs: list[tuple[Person, Worker]], units: dict[str, Unit]) -> None:
    AnnualResult.objects.bulk_create(
        [
            AnnualResult(
                person=person, unit=units[worker.unit], year=year, grade=grade, source="IMPORTED", state="CLOSED"
            )
            for person, worker in pairs
            for year, grade in sorted(worker.results.items())
        ],
        batch_size=2_000,
    )
    Rating.objects.bulk_create(
        [rating for person, worker in pairs for rating in _ratings(person, worker)], batch_size=2_000
    )
    PointEntry.objects.bulk_create(
        [entry for person, worker in pairs for entry in _points(person, worker)], batch_size=5_000
    )


def _ratings(person: Person, worker: Worker) -> Iterator[Rating]:
    for code, score in worker.scores.items():
        scheme, period, raters = "annual", str(EVALUATED_YEAR), _GROUPS.get(code, code.upper())
        if code.startswith("quarter."):
            scheme, period, raters = "quarter", f"{EVALUATED_YEAR}-Q{code[-1]}", "RESIDENTS"
        yield Rating(
            person=person,
            scheme=scheme,
            period=period,
            raters=raters,
            ballots=_ballots(score, group=raters in ("RESIDENTS", "LEADERS")),
        )


def _ballots(score: Decimal, *, group: bool) -> list[int]:
    """One ballot, or three whose mean is the score."""
    middle = int(score * _HUNDREDTH)
    apart = min(200, 100 * _HUNDREDTH - middle, middle)
    return [middle - apart, middle, middle + apart] if group else [middle]


def _points(person: Person, worker: Worker) -> Iterator[PointEntry]:
    """Activities, mediations and learning, and visits for the rest of the month's points."""
    for month, score in worker.months.items():
        rest = int(score)
        for item, points, day in (("ACTIVITY", 10, 10), ("MEDIATION", 15, 18), ("LEARNING", 4 + rest % 2, 22)):
            rest -= points
            yield _entry(person, item, points, date(EVALUATED_YEAR, month, day))
        yield _entry(person, "VISIT", rest, date(EVALUATED_YEAR, month, 25))


def _entry(person: Person, item: str, points: int, day: date) -> PointEntry:
    return PointEntry(person=person, item=item, points=points * _POINT, day=day)
