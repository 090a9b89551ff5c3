"""Who has looked at somebody's file: openings, numbers that were shown, and lists that left with the person in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import parse_qs

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from core.models import AuditEntry, Export
from organization.access import Viewer
from organization.models import Grant, Permission, Unit, User, widen
from organization.walls import beyond_walls
from personnel.models import Employment, Looked, OwnFile, Person, Purpose, Tenure
from personnel.selectors.people import person_for

SEEN, SHOWN, COPIED = "personnel.person.seen", "personnel.person.unmask", "personnel.person.copied"
MOST_EXPORTS = 500  # that are looked through, the newest first
_KINDS = ("personnel.people", "personnel.accounts")
_PLAIN = {"unit", "day", "state", "sort", "size"}  # what of a list's question doesn't choose by what people are like


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody opened something of the file, or was shown what is masked of it (`revealed`) for a purpose."""

    at: datetime
    who: str
    what: str
    revealed: bool
    purpose: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A list that left as a file. certain: everybody of the unit was in it; else its other filters decided."""

    at: datetime
    who: str
    code: str
    certain: bool
    revealed: bool
    purpose: str


@dataclass(frozen=True)
class Readings:
    """entries: of the trail, the newest first, not read yet; taken: lists, the newest first."""

    entries: QuerySet[AuditEntry]
    taken: list[Taken]


def readings_of(*, user: Viewer, person_id: int) -> tuple[Person, Readings]:
    """Who has looked at a person, for a user who looks at the audit trail where they work; else NotFound."""
    person = person_for(user=user, person_id=person_id, permission=Permission.VIEW_AUDIT)
    return person, _readings_for_system(person.pk)


def own_readings(*, user: User) -> Readings | None:
    """Who has looked at the user's own file; None for who is linked to no person."""
    own = OwnFile.objects.filter(user=user).first()
    if own is None:
        return None
    with beyond_walls("one's own file"):
        return _readings_for_system(own.person_id)


def own_person(*, user: User) -> Person | None:
    """The person that the user is, None for who is linked to none."""
    with beyond_walls("one's own file"):
        own = OwnFile.objects.filter(user=user).select_related("person").first()
    return own.person if own is not None else None


def readings_page_for_system(entries: list[AuditEntry]) -> list[Reading]:
    """Entries of one page in words; one query for the names."""
    names = _names({one.actor_id for one in entries if one.actor_id})
    found = []
    for one in entries:
        after = one.after or {}
        what = after.get("what", "")
        found.append(
            Reading(
                one.at,
                names.get(one.actor_id or 0, one.actor_name),
                str(Looked(what).label) if what in Looked.values else "",
                one.action in (SHOWN, COPIED),
                purpose_words_for_system(after),
            )
        )
    return found


def purpose_words_for_system(after: dict[str, str]) -> str:
    """The purpose of an entry of the trail, with its words; "" for none."""
    code, words = after.get("purpose", ""), after.get("words", "")
    label = str(Purpose(code).label) if code in Purpose.values else ""
    return f"{label}: {words}" if label and words else label


def _readings_for_system(person: int) -> Readings:
    entries = AuditEntry.objects.filter(
        object_type=Person._meta.label_lower, object_id=str(person), action__in=(SEEN, SHOWN, COPIED)
    ).order_by("-pk")
    return Readings(entries, _taken(person))


def _taken(person: int) -> list[Taken]:
    """The lists in which a person was, as far as the list's unit, its day and the taker's grants of then say."""
    places = _places(person)
    if not places:
        return []
    first = min(start for _path, start, _end in places)
    exports = list(Export.objects.filter(kind__in=_KINDS, at__date__gte=first).order_by("-at", "-pk")[:MOST_EXPORTS])
    asked = {one.pk: parse_qs(one.query) for one in exports}
    units = _units({code for query in asked.values() for code in query.get("unit", [])})
    grants: dict[int, list[tuple[str, date, date | None]]] = defaultdict(list)
    for given in Grant.objects.filter(user__in={one.actor_id for one in exports}).select_related("unit"):
        grants[given.user_id].append((given.unit.path, given.valid_from, given.valid_to))
    names = _names({one.actor_id for one in exports})
    purposes = dict(
        AuditEntry.objects.filter(
            object_type=Export._meta.label_lower, object_id__in=[str(one.pk) for one in exports]
        ).values_list("object_id", "after")
    )
    found = []
    for one in exports:
        query, on = asked[one.pk], timezone.localdate(one.at)
        day = parse_date(query.get("day", [""])[0]) or on
        whenever = query.get("state", [""])[0] not in ("", "working")
        then = [path for path, start, end in places if whenever or (start <= day and (end is None or end > day))]
        code = query.get("unit", [""])[0]
        below = [root for root, since, until in grants[one.actor_id] if since <= on and (until is None or until > on)]
        if any(
            any(path.startswith(root) for root in below)
            and (not code or any(path.startswith(root) for root in units.get(code, ())))
            for path in then
        ):
            certain = not set(query) - _PLAIN and not whenever
            after = purposes.get(str(one.pk)) or {}
            found.append(
                Taken(
                    one.at,
                    names.get(one.actor_id, one.actor_name),
                    one.code,
                    certain,
                    one.sensitive,
                    purpose_words_for_system(after),
                )
            )
    return found


def _places(person: int) -> list[tuple[str, date, date | None]]:
    """(path, from, until) of every employment and post."""
    jobs = Employment.objects.filter(person=person).order_by().values_list("unit_path", "start", "end")
    posts = Tenure.objects.filter(person=person).order_by().values_list("post__unit__path", "start", "end")
    return list(jobs.union(posts))


def _units(codes: set[str]) -> dict[str, list[str]]:
    """Code or name as it was asked for → the paths that the unit has had."""
    wide = {code: widen(code) if code.isdecimal() else "" for code in codes}
    found: dict[str, list[str]] = {code: [] for code in codes}
    rows = Unit.objects.filter(code__in=set(wide.values())) | Unit.objects.filter(name__in=codes)
    for code, name, path in rows.values_list("code", "name", "path"):
        for typed in codes:
            if typed == name or wide[typed] == code:
                found[typed].append(path)
    return found


def _names(users: set[int]) -> dict[int, str]:
    rows = User.objects.filter(pk__in=users).values_list("pk", "display_name", "username")
    return {pk: name or username for pk, name, username in rows}
