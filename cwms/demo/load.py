"""Stores a roster: units, people, employments, posts, certificates, ladder values. Doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db import models, transaction

from core.services import audit
from cwms.demo.files import THREE_PLACES, Files
from cwms.demo.party import load_party
from cwms.demo.results import load_results
from cwms.demo.roster import Roster, Seat, UnitRow, Worker
from organization.models import Unit, UnitFact, shorten, widen
from payroll.models import GradeSpan
from personnel.models import (
    Certificate,
    Discipline,
    Education,
    Employment,
    Honour,
    PartyMembership,
    Person,
    Placement,
    Post,
    PostTitle,
    Tenure,
)
from personnel.rules.names import name_pinyin, other_readings
from personnel.services import BODY_OF_TITLE, SINGLE_HOLDER
from staffing.services import over_explain, plan_enter
from training.models import TrainingRecord

BEGINNING = date(2000, 1, 1)
_ENGLISH = {
    "34": "Anhui",
    "3401": "Hefei",
    "340181": "Chaohu",
    "23": "Heilongjiang",
    "2327": "Daxing'anling",
    "232762": "Songling",
    "51": "Sichuan",
    "5111": "Leshan",
    "511102": "Shizhong, Leshan",
    "52": "Guizhou",
    "5206": "Tongren",
    "62": "Gansu",
    "6210": "Qingyang",
}
_PARENT_LENGTH = {4: 2, 6: 4, 9: 6, 12: 9, 15: 12}

M = TypeVar("M", bound=models.Model)


def has_people(place: str) -> bool:
    """Whether somebody is employed in the place with this code."""
    path = Unit.objects.filter(code=widen(place)).values_list("path", flat=True).first()
    return path is not None and Employment.objects.filter(unit_path__startswith=path).exists()


@transaction.atomic
def load_roster(roster: Roster) -> bool:
    """Stores the roster's people in one transaction; False if the place already has people."""
    units = load_units(roster.units)
    place = units[roster.place]
    if has_people(roster.place):
        return False
    UnitFact.objects.bulk_create(
        UnitFact(unit=units[code], key=key, day=BEGINNING, value=value, source=source)
        for code, key, value, source in roster.facts
    )
    _load_seats(roster, place)
    files = Files(roster)
    people = _bulk(Person, (_person(worker, files.person(n, worker)) for n, worker in enumerate(roster.workers)))
    pairs = list(zip(people, roster.workers, strict=True))
    recruiter = place if roster.place in THREE_PLACES else None
    jobs = _bulk(
        Employment, (row for person, worker in pairs for row in _employments(person, worker, units, recruiter))
    )
    _bulk(Placement, files.placements(jobs))
    _load_tenures(pairs, units)
    _bulk(
        Education,
        (
            Education(
                person=person,
                level=worker.education,
                degree=worker.education if worker.education in ("BACHELOR", "MASTER", "DOCTOR") else None,
                study_mode="FULL_TIME",
                graduated=worker.graduated,
            )
            for person, worker in pairs
        ),
    )
    _bulk(
        Certificate,
        (
            Certificate(
                person=person,
                level=worker.certificate,
                number=f"{roster.place}-{worker.certified:%Y}-{worker.key}",
                issued=worker.certified,
            )
            for person, worker in pairs
            if worker.certificate
        ),
    )
    _bulk(
        PartyMembership,
        (
            PartyMembership(
                person=person,
                joined=_party_day(worker),
                confirmed=_party_day(worker).replace(year=_party_day(worker).year + 1),
            )
            for person, worker in pairs
            if worker.political == "PARTY_MEMBER"
        ),
    )
    _bulk(
        Honour,
        (
            Honour(person=person, kind="COMMENDATION", level="MUNICIPAL", day=worker.commended)
            for person, worker in pairs
            if worker.commended
        ),
    )
    _bulk(
        Discipline,
        (
            Discipline(person=person, kind="WARNING", start=worker.discipline[0], effect_end=worker.discipline[1])
            for person, worker in pairs
            if worker.discipline
        ),
    )
    _bulk(
        GradeSpan,
        (
            GradeSpan(
                person=person, scale="grade", value=worker.grade, start=worker.grade_since, code="IMPORTED", params={}
            )
            for person, worker in pairs
            if worker.grade is not None
        ),
    )
    _bulk(
        TrainingRecord,
        (
            TrainingRecord(person=person, title=title, organiser=organiser, mode=mode, started=started, days=days)
            for person, worker in pairs
            for title, organiser, mode, started, days in worker.trainings
        ),
    )
    for rows in files.rows(pairs, units):
        by_model: dict[type[models.Model], list[models.Model]] = {}
        for row in rows:
            by_model.setdefault(type(row), []).append(row)
        for model, own in by_model.items():
            _bulk(model, own)
    load_party(roster, units, pairs)
    load_results(pairs, units)
    audit(
        actor=None,
        action="cwms.demo.load",
        obj=place,
        unit_code=place.code,
        after={"place": roster.name, "people": len(people)},
    )
    return True


def _load_seats(roster: Roster, place: Unit) -> None:
    """The approved headcount of a place, where one is printed."""
    seats = roster.seats
    if seats is None:
        return
    plan = plan_enter(
        actor=None,
        unit=place,
        start=seats.start,
        number=seats.number,
        document=seats.document,
        issuer=seats.issuer,
        level="COUNTY",
    )
    if seats.reason:
        over_explain(actor=None, allocation=plan.allocations.get(parent=None), reason=seats.reason)


def load_units(rows: Sequence[UnitRow]) -> dict[str, Unit]:
    """Creates what is missing of some units, highest first; returns all of them by short code."""
    known = {shorten(unit.code): unit for unit in Unit.objects.filter(code__in=[widen(row.code) for row in rows])}
    by_level: dict[int, list[UnitRow]] = {}
    for row in rows:
        if row.code not in known:
            by_level.setdefault(len(row.code), []).append(row)
    for length in sorted(by_level):
        created = []
        for row in by_level[length]:
            parent = known[row.code[: _PARENT_LENGTH[length]]] if length > 2 else None
            created.append(
                Unit(
                    code=widen(row.code),
                    name=row.name,
                    name_en=_ENGLISH.get(row.code, ""),
                    kind=row.kind,
                    parent=parent,
                    path=(parent.path if parent else "") + row.code + "/",
                    valid_from=BEGINNING,
                )
            )
        for unit in Unit.objects.bulk_create(created):
            known[shorten(unit.code)] = unit
    return known


def _bulk(model: type[M], rows: Iterable[M]) -> list[M]:
    return list(model._default_manager.bulk_create(list(rows), batch_size=1_000))


def _party_day(worker: Worker) -> date:
    return date(worker.birth.year + 21, 7, 1)


def _person(worker: Worker, values: dict[str, Any]) -> Person:
    return Person(
        **values,
        name=worker.name,
        name_pinyin=name_pinyin(worker.name),
        name_readings=other_readings(worker.name),
        identity_number=worker.identity_number,
        sex=worker.sex,
        birth_date=worker.birth,
        ethnic_group="01",
        political_status=worker.political,
        party_joined=_party_day(worker) if worker.political == "PARTY_MEMBER" else None,
        registered_residence=worker.region.ljust(12, "0"),
        lives_in=worker.unit,
        work_started=min(worker.start, worker.graduated),
    )


def _employments(person: Person, worker: Worker, units: dict[str, Unit], recruiter: Unit | None) -> list[Employment]:
    unit = units[worker.unit]
    street = units[worker.unit[:9]]

    def employment(category: str, start: date, probation_end: date | None) -> Employment:
        return Employment(
            person=person,
            employer=street,
            unit=unit,
            unit_path=unit.path,
            recruiter=recruiter,
            category=category,
            entry_channel=worker.channel,
            start=start,
            end=worker.end,
            end_reason=worker.end_reason,
            probation_end=probation_end,
            contract_start=start,
            establishment="PUBLIC_INSTITUTION" if category == "ESTABLISHMENT_STAFF" else None,
        )

    rows = [employment(worker.category, worker.start, worker.probation_end)]
    if worker.second_employment:
        rows.append(employment(*worker.second_employment, None))
    return rows


def _load_tenures(pairs: list[tuple[Person, Worker]], units: dict[str, Unit]) -> None:
    def unit_of(worker: Worker, seat: Seat) -> Unit:
        return units[seat.unit or worker.unit]

    wanted = {(unit_of(worker, seat).pk, seat.title) for _person, worker in pairs for seat in worker.seats}
    posts = {
        (post.unit_id, post.title): post
        for post in _bulk(
            Post,
            (
                Post(
                    unit_id=unit,
                    body=BODY_OF_TITLE[PostTitle(title)],
                    title=title,
                    single_holder=title in SINGLE_HOLDER,
                )
                for unit, title in sorted(wanted)
            ),
        )
    }
    rows = []
    for person, worker in pairs:
        for seat in worker.seats:
            post = posts[unit_of(worker, seat).pk, seat.title]
            rows.append(
                Tenure(
                    person=person,
                    post=post,
                    body=post.body,
                    title=post.title,
                    single_holder=post.single_holder,
                    start=seat.start,
                    end=worker.end,
                    full_time=seat.full_time,
                    appointed_as=seat.appointed_as,
                )
            )
    _bulk(Tenure, rows)
