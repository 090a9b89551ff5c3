"""Which fields of whom somebody sees: the declaration of `personnel.rules.disclosure`, for a user and a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from organization.access import Scope, Viewer, rights_of
from organization.models import ROLE_PERMISSIONS, Permission, Role, User
from personnel.models import Employment, Person, Tenure
from personnel.rules.disclosure import Sights, sights
from personnel.selectors.restrictions import restricted_for_system

_OF_PEOPLE = {Permission.VIEW_PEOPLE, Permission.CHANGE_PEOPLE}


def sights_of(*, user: Viewer, person: Person) -> Sights:
    """What the user sees of a person's file, by the roles over the units that it belongs to; less where it is restricted."""
    found = sights_by_place(user=user)(*_places(person))
    return found.restricted(listed=False) if restricted_for_system([person.pk]) else found


def sights_by_place(*, user: Viewer) -> Callable[..., Sights]:
    """What the user sees of somebody in a list, by the paths of the units of their rows. Asks once what the roles are."""
    roles = _roles(user)

    @cache
    def at(*paths: str) -> Sights:
        return sights(frozenset(role for role, scope in roles if any(scope.covers(path) for path in paths)))

    return at


def sights_of_people(*, user: Viewer, people: Sequence[int], listed: bool = False) -> dict[int, Sights]:
    """`sights_of` of many people, by number. listed: in a list, where nobody can ask for what is masked. Five queries."""
    seen, restricted = sights_by_place(user=user), restricted_for_system(people)
    jobs = Employment.objects.filter(person__in=people).order_by().values_list("person", "unit_path")
    posts = Tenure.objects.filter(person__in=people).order_by().values_list("person", "post__unit__path")
    places: dict[int, list[str]] = {person: [] for person in people}
    for person, path in jobs.union(posts):
        places[person].append(path)
    named = Person.objects.filter(pk__in=[person for person, paths in places.items() if not paths])
    for person, path in named.exclude(belongs_to=None).values_list("pk", "belongs_to__path"):
        places[person].append(path)
    found = {person: seen(*paths) for person, paths in places.items()}
    return {one: cells.restricted(listed=listed) if one in restricted else cells for one, cells in found.items()}


def scopes_that_see(*, user: Viewer, codes: Iterable[str]) -> list[Scope]:
    """Where the user's roles are that see any of some fields, a role each."""
    wanted = list(codes)
    return [scope for role, scope in _roles(user) if sights(frozenset({role})).sees(wanted)]


def may_reveal_somewhere(*, user: Viewer, codes: Iterable[str]) -> bool:
    """Whether there is anything among some fields that the user can ask for, of anybody."""
    return sights(frozenset(role for role, _scope in _roles(user))).reveals(codes)


def _roles(user: Viewer) -> list[tuple[str, Scope]]:
    """The user's roles and where they hold. With a token that may do less with people than a role, the role is a reader's."""
    limit = user.limited_to if isinstance(user, User) else None
    return [
        (role if limit is None or ROLE_PERMISSIONS[role] & _OF_PEOPLE <= limit else Role.REST_CLIENT, scope)
        for role, scope in rights_of(user).roles.items()
    ]


def _places(person: Person) -> list[str]:
    """As `belonging_for_system` has it: employments and posts of whichever day, and only without any the unit named."""
    jobs = Employment.objects.filter(person=person).order_by().values_list("unit_path", flat=True)
    posts = Tenure.objects.filter(person=person).order_by().values_list("post__unit__path", flat=True)
    found = list(jobs.union(posts))
    if not found and person.belongs_to is not None:
        found = [person.belongs_to.path]
    return found


__all__ = ["may_reveal_somewhere", "scopes_that_see", "sights_by_place", "sights_of", "sights_of_people"]
