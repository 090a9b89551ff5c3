"""The custodian of an archive follows the posts and the rules of the place by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.services import audit
from organization.models import COUNTY_DIGITS, STREET_DIGITS, Unit, User, path_above
from personnel.models import Archive, Custody, Employment, Person, Tenure
from personnel.rules.custody import STREET, Held, Recorded, Stretch, custody_of, held_on
from personnel.selectors.custody import RulesSay, ruled_days_for_system
from personnel.services.steps import columns_of, lock_person, name_writer, refuse, require_person, state_of
from policy.models import PolicyVersion
from policy.selectors import versions_of_places_for_system

_AT_ONCE = 500

_Row = tuple[str, int]  # table and number
_Days = tuple[str, date, date | None]  # path, first day and end


@transaction.atomic
def follow_units(*, actor: User | None, units: Iterable[Unit]) -> int:
    """Bring the archives in line of those who work or hold a post in units that have moved; how many they are."""
    moved = [unit.pk for unit in units]
    today = Q(end__isnull=True) | Q(end__gt=timezone.localdate())
    people = Person.objects.filter(archive__isnull=False).filter(
        Exists(Employment.objects.filter(today, person=OuterRef("pk"), unit__in=moved))
        | Exists(Tenure.objects.filter(today, person=OuterRef("pk"), post__unit__in=moved))
    )
    found = list(people.order_by("pk").values_list("pk", flat=True))
    _follow(actor, found)
    return len(found)


@transaction.atomic
def custodies_follow_rules(*, actor: User | None, version: PolicyVersion) -> dict[str, int]:
    """Bring the archives in line with a version that has been loaded: of everybody who ever worked or held a post in its
    place. {"archives": how many changed}; a version that says nothing of archives moves none.
    """
    if version.document.archives is None:
        return {}
    inside = Unit.objects.filter(Q(path__startswith=f"{version.place}/") | Q(path__contains=f"/{version.place}/"))
    lineages = inside.values("lineage")
    people = Person.objects.filter(archive__isnull=False).filter(
        Exists(Employment.objects.filter(person=OuterRef("pk"), unit__lineage__in=lineages))
        | Exists(Tenure.objects.filter(person=OuterRef("pk"), post__unit__lineage__in=lineages))
    )
    return {"archives": _follow(actor, list(people.order_by("pk").values_list("pk", flat=True)))}


@transaction.atomic
def follow_posts(*, actor: User | None, person: Person) -> list[Custody]:
    """Bring the custody of a person's archive in line with posts and employments on record and with the rules of their
    days; [] without an archive.

    What stays as it was keeps its hand-over; what is replaced stays in the history.
    """
    _follow(actor, [person.pk])
    return list(Custody.objects.filter(archive__person=person).order_by("start"))


@transaction.atomic
def custody_name(*, actor: User | None, archive: Archive, kind: str, day: date) -> Custody:
    """Somebody says who keeps an archive from a day on, where the rules of the place don't: the organisation department
    (of the county) or the street in which its person works on that day; until the next custodian on record.

    Raises Refused where the rules name somebody on that day, or nobody employs the person.
    """
    person = archive.person
    require_person(actor, person)
    lock_person(person)
    Archive.objects.select_for_update(of=("self",), no_key=True).get(pk=archive.pk)
    names = {"person": person.name, "day": day}
    if day < archive.opened:
        text = _("The archive was opened on %(opened)s; nobody kept it before.")
        refuse({"day": [text % {"opened": archive.opened}]})
    jobs = [one for one in held_on(_held([person.pk])[person.pk], day) if not one.title]
    keys = [key for one in jobs if (key := one.street if kind == STREET else one.county) is not None]
    if not keys:
        text = _("%(person)s works nowhere on %(day)s. Send the archive to whoever keeps it from then on.")
        refuse({"day": [text % names]})
    unit = Unit.objects.get(pk=keys[-1])
    on_record = Q(end__isnull=True) | Q(end__gt=day)
    row = Custody.objects.select_related("unit").filter(on_record, archive=archive, start__lte=day).first()
    if row is not None:
        if (row.kind, row.unit.first_row) == (kind, unit.first_row):
            text = _("%(unit)s keeps the archive of %(person)s on %(day)s already.")
            refuse({"kind": [text % (names | {"unit": row.unit.name})]})
        name_writer(actor, "name")
        if row.start == day:
            row.delete()
        else:
            row.end = day
            row.save(update_fields=["end"])
    following = Custody.objects.filter(archive=archive, start__gt=day).order_by("start").first()
    end = following.start if following is not None else None
    Custody(archive=archive, kind=kind, unit=unit, start=day, end=end).save()
    follow_posts(actor=actor, person=person)
    kept = Custody.objects.filter(archive=archive, start__lte=day).order_by("-start").select_related("unit")[0]
    if (kept.kind, kept.unit_id) != (kind, unit.pk):
        text = _("The rules of the place say who keeps the archive of %(person)s on %(day)s: the %(kind)s (%(unit)s).")
        refuse({"kind": [text % (names | {"kind": kept.get_kind_display(), "unit": kept.unit.name})]})
    audit(actor=actor, action="personnel.custody.name", obj=kept, after=state_of(kept, columns_of(kept)))
    return kept


def _follow(actor: User | None, people: Sequence[int]) -> int:
    """The same for many people, by their keys; how many archives changed."""
    changed = 0
    for first in range(0, len(people), _AT_ONCE):
        # Who writes a post and who loads rules see each other's work here, whoever comes first.
        archives = Archive.objects.select_for_update(of=("self",), no_key=True).filter(
            person__in=people[first : first + _AT_ONCE]
        )
        by_person = {one.person_id: one for one in archives.order_by("person_id")}
        if not by_person:
            continue
        held, says = _held(list(by_person)), RulesSay()
        rows: dict[int, list[Custody]] = defaultdict(list)
        for row in Custody.objects.filter(archive__in=by_person.values()).select_related("unit").order_by("start"):
            rows[row.archive_id].append(row)
        # A street that was renamed is the custodian that it was.
        newest = _newest({row.unit.first_row for known in rows.values() for row in known})
        for person, archive in by_person.items():
            kept = {(row.kind, newest[row.unit.first_row], row.start): row for row in rows[archive.pk]}
            recorded = [Recorded(*key, row.end, row.handed_over is not None) for key, row in kept.items()]
            wanted = custody_of(held[person], says, archive.opened, recorded)
            changed += _bring_in_line(actor, archive, kept, wanted)
    return changed


def _bring_in_line(
    actor: User | None, archive: Archive, kept: dict[tuple[str, int, date], Custody], wanted: Sequence[Stretch]
) -> bool:
    """Write what is not on record as it is wanted; whether anything was."""
    targets = {(one.kind, one.unit, one.start): one for one in wanted}
    changed = {key: row for key, row in kept.items() if key in targets and row.end != targets[key].end}
    gone = [row for key, row in kept.items() if key not in targets]
    new = [one for key, one in targets.items() if key not in kept]
    if not (changed or gone or new):
        return False
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
    return True


def _held(people: Sequence[int]) -> dict[int, list[Held]]:
    """The days of each person's posts and employments, each with the rules of the place on them.

    Each day with the county or street in which the unit lay then: a community that has moved to another street does not
    take along who kept its people's archives before. Days before a unit's first row are those of that row.
    """
    rows: list[tuple[int, _Row, str, int, date, date | None]] = []
    for model, columns in ((Tenure, ("title", "post__unit__lineage")), (Employment, ("unit__lineage",))):
        found = model._default_manager.filter(person__in=people).order_by("pk")
        for person, number, *title, lineage, start, end in found.values_list("person", "pk", *columns, "start", "end"):
            rows.append((person, (model._meta.db_table, number), title[0] if title else "", lineage, start, end))
    former = _former(people)
    lineages = {lineage for _person, _row, _title, lineage, _start, _end in rows}
    lineages |= {lineage for known in former.values() for lineage, _last in known}
    places: dict[int, list[_Days]] = {}
    for lineage, path, first, last in (
        Unit.objects.filter(lineage__in=lineages)
        .order_by("valid_from")
        .values_list("lineage", "path", "valid_from", "valid_to")
    ):
        places.setdefault(lineage, []).append((path, first, last))
    paths = {path for known in places.values() for path, _first, _last in known}
    units = _units({path_above(path, digits) for path in paths for digits in (COUNTY_DIGITS, STREET_DIGITS)})
    versions = versions_of_places_for_system(code for path in paths for code in path.rstrip("/").split("/"))
    held: dict[int, list[Held]] = defaultdict(list)
    for person, row, title, lineage, start, end in rows:
        for path, low, high in _places(_chain(former.get(row, []), lineage, places), start, end):
            county, street = units.get(path_above(path, COUNTY_DIGITS)), units.get(path_above(path, STREET_DIGITS))
            for rules, in_force, first, last in ruled_days_for_system(path, low, high, versions):
                held[person].append(Held(title, county, street, first, last, low, rules, in_force))
    return held


def _former(people: Sequence[int]) -> dict[_Row, list[tuple[int, date]]]:
    """What rows hung onto before it was merged or split: row → (lineage of the unit, day on which it ended), in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT h.table_name, h.row_id, u.lineage, u.valid_to
                 FROM personnel_history h LEFT JOIN personnel_post p ON p.id = (h.row->>'post_id')::bigint
                 JOIN organization_unit u ON u.id = coalesce((h.row->>'unit_id')::bigint, p.unit_id)
                WHERE h.person_id = ANY(%s) AND h.act = 'organization.unit' AND u.valid_to IS NOT NULL
                  AND h.table_name IN ('personnel_employment', 'personnel_tenure')
                ORDER BY u.valid_to, h.id""",
            [list(people)],
        )
        found: dict[_Row, list[tuple[int, date]]] = {}
        for table, number, lineage, last in cursor.fetchall():
            found.setdefault((str(table), int(number)), []).append((int(lineage), last))
    return found


def _chain(former: list[tuple[int, date]], lineage: int, places: dict[int, list[_Days]]) -> list[_Days]:
    """Where a row lay in all its days: in the units that it was carried from, each until it ended, then in its own."""
    begin = date.min
    found: list[_Days] = []
    for unit, until in [*((one, last) for one, last in former if one != lineage), (lineage, date.max)]:
        for path, first, last in places[unit]:
            low, high = max(begin, first), min(until, last or date.max)
            if low < high:
                found.append((path, low, None if high == date.max else high))
        begin = max(begin, until)
    return found


def _places(rows: list[_Days], start: date, end: date | None) -> Iterator[_Days]:
    """The paths of a unit in the days [start, end), each with its own days; rows: path, first day and end, in order."""
    for n, (path, first, last) in enumerate(rows):
        low = start if n == 0 else max(start, first)
        high = end if n == len(rows) - 1 or last is None else last if end is None else min(end, last)
        if high is None or low < high:
            yield path, low, high


def _units(paths: set[str]) -> dict[str, int]:
    """The unit of each path, as what it is by now: its newest row."""
    lineages = dict(Unit.objects.filter(path__in=paths).order_by("valid_from").values_list("path", "lineage"))
    newest = _newest(set(lineages.values()))
    return {path: newest[lineage] for path, lineage in lineages.items()}


def _newest(lineages: set[int]) -> dict[int, int]:
    """The newest row of each unit, by lineage."""
    rows = Unit.objects.filter(lineage__in=lineages).order_by("valid_from").values_list("lineage", "pk")
    return dict(rows)
