"""The custodian of an archive follows the posts by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core.services import audit
from organization.models import Unit, User
from personnel.models import Archive, Custody, Employment, Person, Tenure
from personnel.rules.custody import MANAGED_BY_COUNTY, ORGANISATION_DEPARTMENT, STREET, Stretch, custody_of
from personnel.services.steps import name_writer

_COUNTY, _STREET = 6, 9  # digits of their codes in a path


@transaction.atomic
def follow_units(*, actor: User | None, units: Iterable[Unit]) -> int:
    """Bring the archives in line of those who work or hold a post in units that have moved; how many they are."""
    moved = [unit.pk for unit in units]
    today = Q(end__isnull=True) | Q(end__gt=timezone.localdate())
    people = Person.objects.filter(archive__isnull=False).filter(
        Exists(Employment.objects.filter(today, person=OuterRef("pk"), unit__in=moved))
        | Exists(Tenure.objects.filter(today, person=OuterRef("pk"), post__unit__in=moved))
    )
    found = list(people.order_by("pk"))
    for person in found:
        follow_posts(actor=actor, person=person)
    return len(found)


@transaction.atomic
def follow_posts(*, actor: User | None, person: Person) -> list[Custody]:
    """Bring the custody of a person's archive in line with the posts and employments on record; [] without an archive.

    What stays as it was keeps its hand-over; what is replaced stays in the history.
    """
    archive = Archive.objects.filter(person=person).first()
    if archive is None:
        return []
    wanted = custody_of(_stretches(person), archive.opened)
    known = list(
        Custody.objects.select_for_update(of=("self",), no_key=True).filter(archive=archive).select_related("unit")
    )
    # A street that was renamed is the custodian that it was.
    newest = _newest({row.unit.first_row for row in known})
    kept = {(row.kind, newest[row.unit.first_row], row.start): row for row in known}
    targets = {(one.kind, one.unit, one.start): one for one in wanted}
    changed = {key: row for key, row in kept.items() if key in targets and row.end != targets[key].end}
    gone = [row for key, row in kept.items() if key not in targets]
    new = [one for key, one in targets.items() if key not in kept]
    if not (changed or gone or new):
        return known
    name_writer(actor, "follow")
    Custody.objects.filter(pk__in=[row.pk for row in gone]).delete()
    # Ends come forward before others go back, so that two never hold at once.
    for key, row in sorted(changed.items(), key=lambda item: (targets[item[0]].end is None, item[0][2])):
        row.end = targets[key].end
        row.save(update_fields=["end"])
    Custody.objects.bulk_create(
        Custody(archive=archive, kind=one.kind, unit_id=one.unit, start=one.start, end=one.end) for one in new
    )
    after = [f"{one.kind} {one.unit} {one.start}–{one.end or ''}" for one in wanted]
    audit(actor=actor, action="personnel.custody.follow", obj=archive, after={"custodies": after})
    return list(Custody.objects.filter(archive=archive).order_by("start"))


def _stretches(person: Person) -> list[Stretch]:
    """The days as a secretary, with the county, and the days of work and of other posts, with the street.

    Each day with the county or street in which the unit lay then: a community that has moved to another street does not
    take along who kept its people's archives before. Days before a unit's first row are those of that row.
    """
    tenures = [
        ((Tenure._meta.db_table, number), one, title)
        for number, title, *one in _rows(Tenure, person, "pk", "title", "post__unit__lineage")
    ]
    jobs = [
        ((Employment._meta.db_table, number), one, "")
        for number, *one in _rows(Employment, person, "pk", "unit__lineage")
    ]
    former = _former(person)
    lineages = {one[0] for _key, one, _title in (*tenures, *jobs)}
    lineages |= {lineage for known in former.values() for lineage, _last in known}
    places: dict[int, list[tuple[str, date, date | None]]] = {}
    for lineage, path, first, last in (
        Unit.objects.filter(lineage__in=lineages)
        .order_by("valid_from")
        .values_list("lineage", "path", "valid_from", "valid_to")
    ):
        places.setdefault(lineage, []).append((path, first, last))
    paths = {path for known in places.values() for path, _first, _last in known}
    units = _units({_above(path, digits) for path in paths for digits in (_COUNTY, _STREET)})
    found = []
    for key, (lineage, start, end), title in (*tenures, *jobs):
        county = title in MANAGED_BY_COUNTY
        for path, low, high in _places(_chain(former.get(key, []), lineage, places), start, end):
            unit = units.get(_above(path, _COUNTY if county else _STREET))
            if unit is not None:
                found.append(Stretch(ORGANISATION_DEPARTMENT if county else STREET, unit, low, high))
    return found


def _rows(model: type[Tenure] | type[Employment], person: Person, *columns: str) -> list[tuple[Any, ...]]:
    return list(model._default_manager.filter(person=person).values_list(*columns, "start", "end"))


def _former(person: Person) -> dict[tuple[str, int], list[tuple[int, date]]]:
    """What rows hung onto before it was merged or split: row → (lineage of the unit, day on which it ended), in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT h.table_name, h.row_id, u.lineage, u.valid_to
                 FROM personnel_history h LEFT JOIN personnel_post p ON p.id = (h.row->>'post_id')::bigint
                 JOIN organization_unit u ON u.id = coalesce((h.row->>'unit_id')::bigint, p.unit_id)
                WHERE h.person_id = %s AND h.act = 'organization.unit' AND u.valid_to IS NOT NULL
                  AND h.table_name IN ('personnel_employment', 'personnel_tenure')
                ORDER BY u.valid_to, h.id""",
            [person.pk],
        )
        found: dict[tuple[str, int], list[tuple[int, date]]] = {}
        for table, number, lineage, last in cursor.fetchall():
            found.setdefault((str(table), int(number)), []).append((int(lineage), last))
    return found


def _chain(
    former: list[tuple[int, date]], lineage: int, places: dict[int, list[tuple[str, date, date | None]]]
) -> list[tuple[str, date, date | None]]:
    """Where a row lay in all its days: in the units that it was carried from, each until it ended, then in its own."""
    begin = date.min
    found: list[tuple[str, date, date | None]] = []
    for unit, until in [*((one, last) for one, last in former if one != lineage), (lineage, date.max)]:
        for path, first, last in places[unit]:
            low, high = max(begin, first), min(until, last or date.max)
            if low < high:
                found.append((path, low, None if high == date.max else high))
        begin = max(begin, until)
    return found


def _places(
    rows: list[tuple[str, date, date | None]], start: date, end: date | None
) -> Iterator[tuple[str, date, date | None]]:
    """The paths of a unit in the days [start, end), each with its own days; rows: path, first day and end, in order."""
    for n, (path, first, last) in enumerate(rows):
        low = start if n == 0 else max(start, first)
        high = end if n == len(rows) - 1 or last is None else last if end is None else min(end, last)
        if high is None or low < high:
            yield path, low, high


def _above(path: str, digits: int) -> str:
    """The path of the county or street that a path lies in; the path itself where it lies above that level."""
    parts = path.rstrip("/").split("/")
    return "".join(part + "/" for part in parts if len(part) <= digits)


def _units(paths: set[str]) -> dict[str, int]:
    """The unit of each path, as what it is by now: its newest row."""
    lineages = dict(Unit.objects.filter(path__in=paths).order_by("valid_from").values_list("path", "lineage"))
    newest = _newest(set(lineages.values()))
    return {path: newest[lineage] for path, lineage in lineages.items()}


def _newest(lineages: set[int]) -> dict[int, int]:
    """The newest row of each unit, by lineage."""
    rows = Unit.objects.filter(lineage__in=lineages).order_by("valid_from").values_list("lineage", "pk")
    return dict(rows)
