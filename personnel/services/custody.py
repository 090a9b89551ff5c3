"""The custodian of an archive follows the posts by itself."""

from __future__ import annotations

from django.db import transaction

from core.services import audit
from organization.models import Unit, User
from personnel.models import Archive, Custody, Employment, Person, Tenure
from personnel.rules.custody import MANAGED_BY_COUNTY, ORGANISATION_DEPARTMENT, STREET, Stretch, custody_of
from personnel.services.steps import name_writer

_COUNTY, _STREET = 6, 9  # digits of their codes in a path


@transaction.atomic
def follow_posts(*, actor: User | None, person: Person) -> list[Custody]:
    """Bring the custody of a person's archive in line with the posts and employments on record; [] without an archive.

    What stays as it was keeps its hand-over; what is replaced stays in the history.
    """
    archive = Archive.objects.filter(person=person).first()
    if archive is None:
        return []
    wanted = custody_of(_stretches(person), archive.opened)
    known = list(Custody.objects.select_for_update(of=("self",), no_key=True).filter(archive=archive))
    kept = {(row.kind, row.unit_id, row.start): row for row in known}
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
    """The days as a secretary, with the county, and the days of work and of other posts, with the street."""
    tenures = list(Tenure.objects.filter(person=person).values_list("title", "post__unit__path", "start", "end"))
    jobs = list(Employment.objects.filter(person=person).values_list("unit_path", "start", "end"))
    paths = {path for _title, path, _start, _end in tenures} | {path for path, _start, _end in jobs}
    units = _units({_above(path, digits) for path in paths for digits in (_COUNTY, _STREET)})
    found = []
    for title, path, start, end in tenures:
        county = title in MANAGED_BY_COUNTY
        unit = units.get(_above(path, _COUNTY if county else _STREET))
        if unit is not None:
            found.append(Stretch(ORGANISATION_DEPARTMENT if county else STREET, unit, start, end))
    for path, start, end in jobs:
        unit = units.get(_above(path, _STREET))
        if unit is not None:
            found.append(Stretch(STREET, unit, start, end))
    return found


def _above(path: str, digits: int) -> str:
    """The path of the county or street that a path lies in; the path itself where it lies above that level."""
    parts = path.rstrip("/").split("/")
    return "".join(part + "/" for part in parts if len(part) <= digits)


def _units(paths: set[str]) -> dict[str, int]:
    """The newest unit of each path."""
    rows = Unit.objects.filter(path__in=paths).order_by("valid_from").values_list("path", "pk")
    return dict(rows)
