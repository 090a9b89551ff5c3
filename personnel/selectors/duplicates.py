"""Who may be the same person as somebody who is being entered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from organization.access import Viewer, scope_for
from organization.models import Permission
from organization.walls import beyond_walls
from personnel.models import Employment, Person, Tenure
from personnel.rules.names import compact, name_pinyin

NUMBER, NAME = "NUMBER", "NAME"
MOST = 5


@dataclass(frozen=True, slots=True)
class Likeness:
    """Somebody on record who may be the same person.

    why: NUMBER (the same identity number: the same person) or NAME (name with birth date, or with phone number).
    person: None where the user may not look at them; then nothing else is said either. unit, since, left: of the newest
    employment or post; left is None while it holds. may_change: the user may write to the record.
    """

    why: str
    person: Person | None = None
    unit: str = ""
    since: date | None = None
    left: date | None = None
    job: int | None = None
    may_change: bool = False


def likenesses(
    *, user: Viewer, identity_number: str = "", name: str = "", birth_date: date | None = None, phone: str = ""
) -> list[Likeness]:
    """People on record of the same identity number, or of the same name and birth date (or phone number).

    Everybody is looked at, also beyond the user's units: one person has one file. Of people there it is only said
    that they exist.
    """
    with beyond_walls("one person has one file"):
        return _likenesses(user, identity_number, name, birth_date, phone)


def _likenesses(user: Viewer, identity_number: str, name: str, birth_date: date | None, phone: str) -> list[Likeness]:
    same = list(Person.objects.filter(identity_number=identity_number)) if identity_number else []
    found = {person.pk: (NUMBER, person) for person in same}
    if name.strip() and (birth_date or phone) and not same:
        close = Q(birth_date=birth_date) if birth_date else Q(pk__in=[])
        if phone:
            close |= Q(phone=phone)
        for person in Person.objects.filter(close, name_pinyin=name_pinyin(name))[: 4 * MOST]:
            other = identity_number and person.identity_number and person.identity_number != identity_number
            if compact(person.name) == compact(name) and not other:
                found[person.pk] = (NAME, person)
    if not found:
        return []
    return [_likeness(user, why, person) for why, person in list(found.values())[:MOST]]


def _likeness(user: Viewer, why: str, person: Person) -> Likeness:
    sees, writes = scope_for(user, Permission.VIEW_PEOPLE), scope_for(user, Permission.CHANGE_PEOPLE)
    jobs = list(Employment.objects.filter(person=person).select_related("unit").order_by("-start", "-pk"))
    posts = list(Tenure.objects.filter(person=person).select_related("post__unit").order_by("-start", "-pk"))
    paths = [job.unit_path for job in jobs] + [post.post.unit.path for post in posts]
    if not paths and person.belongs_to is not None:
        paths = [person.belongs_to.path]
    if paths and not any(sees.covers(path) for path in paths):
        return Likeness(why)
    today = timezone.localdate()
    may_change = any(writes.covers(path) for path in paths)
    holding = next((job for job in jobs if job.start <= today and (job.end is None or job.end > today)), None)
    if newest := holding or next(iter(jobs), None):
        return Likeness(
            why, person, newest.unit.name, newest.start, None if holding else newest.end,
            newest.pk if holding else None, may_change,
        )  # fmt: skip
    if posts:
        return Likeness(why, person, posts[0].post.unit.name, posts[0].start, posts[0].end, None, may_change)
    if not writes:
        return Likeness(why)
    return Likeness(why, person, person.belongs_to.name if person.belongs_to else "", may_change=may_change)
