"""What the pages of units say about people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import F, FilteredRelation

from organization.access import Viewer, after, scope_for
from organization.models import Permission, Unit
from organization.selectors.above import Subject
from personnel.models import Person, Post
from personnel.models.ranges import holding


@dataclass(frozen=True, slots=True)
class Holder:
    person_id: int
    name: str
    start: date


@dataclass(frozen=True, slots=True)
class PostOfUnit:
    """A post of a unit on a day; nobody in `holders` means that it is vacant."""

    title: str
    body: str
    holders: list[Holder]


def headcounts_by_path_for_system(path: str, day: date) -> dict[str, int]:
    """How many people are employed on the day in each unit in and below the path, by the unit's path."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT unit_path, count(DISTINCT person_id) FROM personnel_employment
                WHERE unit_path >= %s AND unit_path < %s AND start <= %s AND ("end" IS NULL OR "end" > %s)
                GROUP BY unit_path ORDER BY unit_path""",
            [path, after(path), day, day],
        )
        return {str(unit_path): int(people) for unit_path, people in cursor.fetchall()}


def unit_posts(user: Viewer, unit: Unit, day: date) -> list[PostOfUnit]:
    """The posts of a unit and who holds them on the day; nothing for who may not look at its people. One query."""
    if not scope_for(user, Permission.VIEW_PEOPLE).covers(unit.path):
        return []
    held = FilteredRelation("tenures", condition=holding(day, "tenures__"))
    posts = (
        Post.objects.filter(unit__lineage=unit.first_row)
        .annotate(held=held, holder=F("held__person"), holder_name=F("held__person__name"), since=F("held__start"))
        .order_by("body", "title", "since", "held__pk")
    )
    seen: dict[tuple[str, str], PostOfUnit] = {}  # the same post of the unit's earlier rows counts once
    for post in posts:
        shown = PostOfUnit(post.get_title_display(), post.get_body_display(), [])
        one = seen.setdefault((post.body, post.title), shown)
        if post.holder is not None:
            one.holders.append(Holder(post.holder, post.holder_name, post.since))
    return list(seen.values())


def person_subject_for_system(number: int) -> Subject | None:
    """A person, for the question who may do what with their file; where it is: see `belonging_for_system`."""
    person = Person.objects.filter(pk=number).select_related("belongs_to").first()
    if person is None:
        return None
    paths = {*person.employments.values_list("unit_path", flat=True)}
    paths |= {*person.tenures.values_list("post__unit__path", flat=True)}
    if not paths and person.belongs_to is not None:
        paths = {person.belongs_to.path}
    return Subject(person.name, tuple(sorted(paths)))
