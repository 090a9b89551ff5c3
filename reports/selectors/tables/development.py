"""Tables of how a team is renewed: who comes, learns, goes on and leaves (引育管留), and who comes after (接续后备)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from organization.access import after
from organization.models import Unit, UnitKind, User
from personnel.models import (
    COUNTED_CATEGORIES,
    Body,
    Category,
    Destination,
    Employment,
    NamedListKind,
    PostTitle,
    Tenure,
)
from personnel.rules.retirement import births_between, months_on, retirement_age
from policy.selectors import versions_around_for_system
from recruitment.models import Applicant, PlanState, Position
from reports.indicators import INDICATORS, Span
from reports.indicators.populations import COMMITTEE, placed, reserve_rows
from reports.rules.rounding import half_up
from reports.rules.tables import Cell, Column, StandardTable, totalled
from reports.selectors.direct import rows_for_system
from reports.selectors.figures import Figure
from reports.selectors.tables.kinds import TableQuestion, by_unit, lines_for_system
from training.models import TrainingRecord

_ANNOUNCED = (PlanState.ANNOUNCED, PlanState.SCREENED, PlanState.RANKED, PlanState.PUBLISHED, PlanState.CLOSED)
_WHERE = (Destination.CIVIL_SERVICE, Destination.PUBLIC_INSTITUTION, Destination.STREET_LEADERSHIP)
Counts = dict[str, int]


def development(user: User, question: TableQuestion) -> StandardTable:
    """Of each unit below in the period: posts announced and applications for them, hires, leavers and turnover, who was
    trained, who rose into the two committees, and to where people left."""
    level = question.unit.path.count("/")
    begins = TableQuestion(question.unit, question.since - timedelta(days=1), question.since - timedelta(days=1))

    def below(places: Iterable[str]) -> Counts:
        found: Counts = {}
        for place in places:
            key = place.split("/")[level]
            found[key] = found.get(key, 0) + 1
        return found

    posts, applied = _announced(question, level)
    at_end = by_unit(user, question.of("workers"))
    at_beginning = by_unit(user, begins.of("workers"))
    came, left = by_unit(user, question.of("hires")), by_unit(user, question.of("leavers"))
    times, trained = by_unit(user, question.of("trainings")), by_unit(user, question.of("trained"))
    reached = below(_reached(question))
    risen = list(_risen(question.of("workers").span))
    elected = below(place for place, _grid, how in risen if how)
    leaving = list(
        rows_for_system(INDICATORS["leavers"], question.of("leavers").span)
        .order_by()
        .values_list("place", "destination_kind")
    )
    gone = {kind: below(place for place, of in leaving if of == kind) for kind in _WHERE}
    grids = below(place for place, grid, _how in risen if grid)
    everybody = below(place for place, *_rest in risen)
    found = (at_end, at_beginning, came, left, times, trained)
    keys = {*posts, *applied, *everybody, *(key[0] for one in found for key in one)}
    lines = lines_for_system(question, keys)
    joining, learning, rising, leaving_for = (
        _("Recruiting"), _("Training"), _("Into the two committees"), _("Left for"),
    )  # fmt: skip
    columns = [
        Column(_("Unit"), number=False, width=20),
        Column(_("Posts announced"), joining),
        Column(pgettext("number of", "Applications"), joining),
        Column(_("Applications a post"), joining),
        Column(_("Hires")),
        Column(_("Leavers")),
        Column(_("Turnover (%)")),
        Column(pgettext("training", "Person-times"), learning),
        Column(_("People trained"), learning),
        Column(_("Of those in post (%)"), learning),
        Column(_("People"), rising),
        Column(_("Of them elected, full time"), rising),
        Column(_("Of them grid workers"), rising),
        *(Column(str(kind.label), leaving_for) for kind in _WHERE),
    ]
    rows: list[list[Cell]] = []
    heads: Counts = {}
    for line in lines:
        key = line.key
        heads[key] = _people(at_end.get((key,))) + _people(at_beginning.get((key,)))
        gone_of = _people(left.get((key,)))
        rows.append(
            [
                line.name, posts.get(key, 0), applied.get(key, 0), half_up(applied.get(key, 0), posts.get(key, 0), 1),
                _people(came.get((key,))), gone_of,
                half_up(200 * gone_of, heads[key], 2), _people(times.get((key,))), _people(trained.get((key,))),
                half_up(100 * reached.get(key, 0), _people(at_end.get((key,))), 2), everybody.get(key, 0),
                elected.get(key, 0), grids.get(key, 0), *(gone[kind].get(key, 0) for kind in _WHERE),
            ]
        )  # fmt: skip
    total = totalled(rows, _("Total"))
    total[3] = half_up(sum(applied.values()), sum(posts.values()), 1)
    total[6] = half_up(200 * sum(map(_people, left.values())), sum(heads.values()), 2)
    total[9] = half_up(100 * sum(reached.values()), sum(map(_people, at_end.values())), 2)
    return StandardTable(
        "development", _("How the team is renewed"), question.unit.name, question.unit.code, question.day,
        question.since, columns, rows, total, [line.code for line in lines],
        [
            _("Posts and applications of recruitments announced in the period. Turnover: leavers ÷ the mean of the people in post before the period and at its end."),
            str(INDICATORS["trainings"].counted),
            str(INDICATORS["trained"].counted),
            _("Of those in post: people in post at the end with a training that began in the period."),
            _("Into the two committees: community workers, full-time staff and grid workers who began a seat in the period and had none the day before, by the unit of the seat."),
        ],
    )  # fmt: skip


def _people(one: Figure | None) -> int:
    """The count of a figure whose people the asker may see."""
    return 0 if one is None else one.numerator or 0


def _announced(question: TableQuestion, level: int) -> tuple[Counts, Counts]:
    """Posts of the plans announced in the period and applications for them, by the unit below."""
    path, span = question.unit.path, (question.since, question.day)
    inside = {"unit_path__gte": path, "unit_path__lt": after(path)}
    plans = {"plan__notice_day__range": span, "plan__state__in": _ANNOUNCED, "plan__frame": False}
    posts: Counts = {}
    for line in Position.objects.filter(**inside, **plans):
        key = line.unit_path.split("/")[level]
        posts[key] = posts.get(key, 0) + line.posts
    applied: Counts = {}
    counted = Applicant.objects.filter(**inside, **plans).order_by().values("unit_path").annotate(people=Count("pk"))
    for row in counted:
        key = row["unit_path"].split("/")[level]
        applied[key] = applied.get(key, 0) + row["people"]
    return posts, applied


def _reached(question: TableQuestion) -> Iterable[str]:
    """Where those in post at the end of the period count who had a training that began in it."""
    began = TrainingRecord.objects.filter(
        person_id=OuterRef("person_id"), started__gte=question.since, started__lte=question.day
    )
    workers = rows_for_system(INDICATORS["workers"], question.of("workers").span)
    places: Iterable[str] = workers.filter(Exists(began)).order_by().values_list("place", flat=True)
    return places


def _risen(span: Span) -> Iterable[tuple[str, bool, bool]]:
    """Workers who came into the two committees in the period: place, whether a grid worker, whether elected full time.

    Each counts once, in the unit of the first of the seats; who had a seat the day before only changed it.
    """
    every = Tenure.objects.filter(body__in=(Body.PARTY, Body.COMMITTEE), post__unit__kind=UnitKind.COMMUNITY)
    before = every.filter(
        Q(end__isnull=True) | Q(end__gte=OuterRef("start")),
        person_id=OuterRef("person_id"),
        start__lt=OuterRef("start"),
    )
    job = Employment.objects.filter(
        Q(end__isnull=True) | Q(end__gte=OuterRef("start")),
        person_id=OuterRef("person_id"),
        start__lt=OuterRef("start"),
    )
    rows = (
        placed(every.filter(start__gte=span.since, start__lte=span.day), span, "post__unit", "post__unit__path")
        .filter(~Exists(before), Exists(job.filter(category__in=COUNTED_CATEGORIES)))
        .annotate(grid=Exists(job.filter(category=Category.GRID_WORKER)))
    )
    once: dict[int, tuple[str, bool, bool]] = {}
    for person, place, grid, election, full_time in rows.order_by("start", "pk").values_list(
        "person_id", "place", "grid", "election", "full_time"
    ):
        first = once.setdefault(person, (place, grid, False))
        once[person] = (*first[:2], first[2] or bool(election and full_time))
    return once.values()


def succession(user: User, question: TableQuestion) -> StandardTable:
    """Secretaries and the other members of the two committees of each unit below: how many retire within one and two
    years, how many stand in reserve, and by how many the reserve falls short of the two years."""
    level, day = question.unit.path.count("/"), question.day
    groups = (
        (_("Party secretaries"), NamedListKind.SECRETARY_RESERVE, True),
        (_("Other members of the two committees"), NamedListKind.COMMITTEE_RESERVE, False),
    )
    span = question.of("workers").span
    seats = COMMITTEE.rows(span).order_by().values_list("place", "title", "person__sex", "person__birth_date")
    retires = _retiring(question.unit, day)
    counts: dict[tuple[bool, str], list[int]] = {}
    for place, title, sex, born in seats:
        one = counts.setdefault((title == PostTitle.PARTY_SECRETARY, place.split("/")[level]), [0, 0, 0])
        one[0] += 1
        if born is not None and sex:
            for n, within in enumerate(retires(place, sex), start=1):
                one[n] += within[0] <= born < within[1]
    reserves: dict[tuple[bool, str], int] = {}
    for _label, kind, chief in groups:
        for place in reserve_rows(kind)(span).order_by().values_list("place", flat=True):
            at = (chief, place.split("/")[level])
            reserves[at] = reserves.get(at, 0) + 1
    lines = lines_for_system(question, {key for _chief, key in (*counts, *reserves)})
    columns = [Column(_("Unit"), number=False, width=20)]
    for label, _kind, _chief in groups:
        columns += [
            Column(_("In post"), label),
            Column(_("Retire within 12 months"), label),
            Column(_("Retire within 24 months"), label),
            Column(_("In reserve"), label),
            Column(_("Short by"), label),
        ]
    rows: list[list[Cell]] = []
    for line in lines:
        row: list[Cell] = [line.name]
        for _label, _kind, chief in groups:
            held, year, two = counts.get((chief, line.key), [0, 0, 0])
            ready = reserves.get((chief, line.key), 0)
            row += [held, year, two, ready, max(two - ready, 0)]
        rows.append(row)
    return StandardTable(
        "succession", _("Who comes after"), question.unit.name, question.unit.code, day, None, columns, rows,
        totalled(rows, _("Total")), [line.code for line in lines],
        [
            str(COMMITTEE.text),
            _("Retirement by the age that the rules of each place give, else the statutory one; who has no sex or date of birth on record doesn't retire here. Short by: those who retire within 24 months less those in reserve, a unit at a time."),
        ],
    )  # fmt: skip


def _retiring(unit: Unit, day: date) -> Callable[[str, str], tuple[tuple[date, date], tuple[date, date]]]:
    """By place and sex: the birth dates [from, to) of those who retire within 12 and within 24 months of a day, by the
    rules in force at the place."""
    versions = versions_around_for_system([unit.short_code], day)
    known: dict[tuple[str, str], tuple[tuple[date, date], tuple[date, date]]] = {}

    def births(place: str, sex: str) -> tuple[tuple[date, date], tuple[date, date]]:
        code = place.rstrip("/").rpartition("/")[2]
        ruling = [version for version in versions if code.startswith(version.place)]
        key = (ruling[-1].place if ruling else "", sex)
        if key not in known:
            age = retirement_age(ruling[-1].document if ruling else None, sex, day)
            year, two = (births_between(day, months_on(day, months), sex, age) for months in (12, 24))
            known[key] = year, two
        return known[key]

    return births
