"""People for a user: the list of a scope on a day, and one person's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, scope_for
from organization.models import Permission, Unit
from personnel.models import (
    Certificate,
    Discipline,
    Education,
    Employment,
    Honour,
    PartyMembership,
    Person,
    Tenure,
)


def _on(day: date, prefix: str = "") -> Q:
    return Q(**{f"{prefix}start__lte": day}) & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": day}))


def people_list(*, user: Viewer, unit: Unit | None = None, day: date | None = None) -> QuerySet[Person]:
    """The people employed in the user's units on a day (today unless given), by name.

    `unit` narrows to a part of the tree. Each person carries `unit_name`, `unit_code`, `unit_path`, `category`,
    `entered` and `probation_end` of the employment, and `titles` of the posts held by prefetch (`current_tenures`).
    """
    day = day or timezone.localdate()
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    if unit is not None:
        scope = scope.within(unit.path)
    return _people_of(scope, day)


def _people_of(scope: Scope, day: date) -> QuerySet[Person]:
    employments = scope.filter(Employment.objects.filter(_on(day)))
    current = employments.filter(person=OuterRef("pk")).order_by("-start", "-pk")
    return (
        Person.objects.filter(pk__in=employments.values("person"))
        .annotate(
            unit_name=Subquery(current.values("unit__name")[:1]),
            unit_code=Subquery(current.values("unit__code")[:1]),
            unit_path=Subquery(current.values("unit_path")[:1]),
            category=Subquery(current.values("category")[:1]),
            entered=Subquery(current.values("start")[:1]),
            probation_end=Subquery(current.values("probation_end")[:1]),
        )
        .order_by("name_pinyin", "pk")
    )


def titles_for_system(person_ids: list[int], day: date) -> dict[int, list[str]]:
    """The titles held on a day by each of some people (the rows of one page), in the order of rank."""
    held: dict[int, list[str]] = {person: [] for person in person_ids}
    for tenure in Tenure.objects.filter(_on(day), person__in=person_ids).select_related("post").order_by("pk"):
        held[tenure.person_id].append(str(tenure.post.get_title_display()))
    return held


def belonging_for_system(scope: Scope) -> Q:
    """The condition that a person's file belongs to a scope: by an employment or a post, of whichever day.

    A file in which there is neither (none was entered yet, or the last one was withdrawn) belongs to the unit that the
    person names, and to nobody else.
    """
    jobs = Employment.objects.filter(person=OuterRef("pk"))
    posts = Tenure.objects.filter(person=OuterRef("pk"))
    return (
        Exists(scope.filter(jobs))
        | Exists(scope.filter(posts, "post__unit__path"))
        | (scope.q("belongs_to__path") & ~Exists(jobs) & ~Exists(posts))
    )


def person_for(*, user: Viewer, person_id: int, permission: str = Permission.VIEW_PEOPLE) -> Person:
    """A person who works or has worked, or holds or has held a post, in the user's units; else NotFound."""
    person = Person.objects.filter(belonging_for_system(scope_for(user, permission)), pk=person_id).first()
    if person is None:
        raise NotFound(_("There is no such person among those you may work with."))
    return person


def file_in(*, user: Viewer, person: Person, permission: str) -> bool:
    """Whether a person's file belongs to units on which the user holds the permission."""
    return Person.objects.filter(belonging_for_system(scope_for(user, permission)), pk=person.pk).exists()


@dataclass(frozen=True)
class PersonRecord:
    """Everything on record about a person, newest first."""

    person: Person
    employments: list[Employment]
    tenures: list[Tenure]
    educations: list[Education]
    certificates: list[Certificate]
    honours: list[Honour]
    disciplines: list[Discipline]
    party_membership: PartyMembership | None

    @property
    def current_employment(self) -> Employment | None:
        today = timezone.localdate()
        return next((e for e in self.employments if e.start <= today and (e.end is None or e.end > today)), None)


def person_record(*, user: Viewer, person_id: int) -> PersonRecord:
    """One person's record for a user who may look at them; else NotFound."""
    person = person_for(user=user, person_id=person_id)
    return PersonRecord(
        person=person,
        employments=list(person.employments.select_related("unit", "employer").order_by("-start", "-pk")),
        tenures=list(person.tenures.select_related("post__unit").order_by("-start", "-pk")),
        educations=list(person.educations.order_by("-graduated", "-pk")),
        certificates=list(person.certificates.order_by("-issued", "-pk")),
        honours=list(person.honours.order_by("-day", "-pk")),
        disciplines=list(person.disciplines.order_by("-start", "-pk")),
        party_membership=PartyMembership.objects.filter(person=person).select_related("branch").first(),
    )
