"""Which units may this user act on, for this permission? The only place that answers.

A grant reaches from its unit down the tree. What lies outside one's units does not exist for one: asking for it raises
NotFound, never "forbidden". Grants are read at every request, so that taking one away works at once, and one that has
run out gives nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound
from organization.models import ROLE_PERMISSIONS, Grant, Unit, User, widen

M = TypeVar("M", bound=Model)
# The grants of a user as JSON (cwms/walls.py). Of the function a connection keeps the plan, which takes three times as long
# to make as the answer.
GRANTS = "coalesce((SELECT json_agg(held)::text FROM organization_grants({}) held), '[]')"
Viewer = User | AnonymousUser | None  # whoever asks: nobody logged in sees nothing


def after(path: str) -> str:
    """The first text behind everything below a path: "34/3401/" → "34/34010" (the character after a slash is 0)."""
    return path[:-1] + "0"


def touching(paths: Iterable[str], path_field: str = "unit_path") -> Q:
    """The condition that a path is one of these, lies above one or lies below one."""
    condition = Q(pk__in=[])
    for path in paths:
        above = [path[: n + 1] for n, letter in enumerate(path) if letter == "/"]
        condition |= Q(**{f"{path_field}__in": above}) | Q(
            **{f"{path_field}__gte": path, f"{path_field}__lt": after(path)}
        )
    return condition


@dataclass(frozen=True)
class Scope:
    """The parts of the tree somebody may act on, as paths none of which lies below another."""

    paths: tuple[str, ...]

    @classmethod
    def of(cls, paths: Iterable[str]) -> Scope:
        kept: list[str] = []
        for path in sorted(set(paths)):
            if not kept or not path.startswith(kept[-1]):
                kept.append(path)
        return cls(tuple(kept))

    def __bool__(self) -> bool:
        return bool(self.paths)

    def covers(self, path: str) -> bool:
        return any(path.startswith(root) for root in self.paths)

    def q(self, path_field: str = "unit_path") -> Q:
        """The condition that a path lies in the scope; an empty scope lets nothing through."""
        condition = Q(pk__in=[])
        for path in self.paths:
            condition |= Q(**{f"{path_field}__gte": path, f"{path_field}__lt": after(path)})
        return condition

    def filter(self, queryset: QuerySet[M], path_field: str = "unit_path") -> QuerySet[M]:
        return queryset.filter(self.q(path_field))

    def within(self, path: str) -> Scope:
        """What of the scope lies in (or is) the part of the tree below `path`."""
        return Scope.of([path] if self.covers(path) else [own for own in self.paths if own.startswith(path)])


@dataclass(frozen=True, slots=True)
class Rights:
    """What one user may do by the grants of one day, and where."""

    scopes: Mapping[str, Scope]  # by permission; one that is missing is held nowhere
    units: Mapping[str, frozenset[int]]  # by permission: the lineages of the units of the grants themselves
    anywhere: Scope  # below any grant
    roles: Mapping[str, Scope]  # by role that holds somewhere: below which grants


_NONE = Rights({}, {}, Scope(()), {})
_Key = tuple[int, frozenset[str] | None, date]
_kept: ContextVar[dict[_Key, Rights] | None] = ContextVar("rights of a request", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Within, the rights of a user are read once: for requests that change nothing, whose answer is of one moment."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def rights_of(user: Viewer, *, today: date | None = None) -> Rights:
    """Everything the user may do. One query.

    A unit that has moved is there with its old places too: what was sealed there stays readable for who is in charge
    of it. Nothing new can appear below an old place of a unit, only what other units have there.
    """
    if not isinstance(user, User) or not user.is_active:
        return _NONE
    day, kept = today or timezone.localdate(), _kept.get()
    if kept is None:
        return _rights(user, day)
    key = (user.pk, user.limited_to, day)
    if key not in kept:
        kept[key] = _rights(user, day)
    return kept[key]


def _rights(user: User, day: date) -> Rights:
    return _rights_by(_grants_told(user), day, user.limited_to)


@lru_cache(1000)
def _rights_by(told: str, day: date, limited_to: frozenset[str] | None) -> Rights:
    """What grants give on a day. They are read at every request; what follows from the same grants is the same."""
    paths: dict[str, set[str]] = {}
    units: dict[str, set[int]] = {}
    roles: dict[str, set[str]] = {}
    grants = [held for held in _held(told) if _out_of_time(held, day) is None]
    for held in grants:
        roles.setdefault(held.role, set()).add(held.path)
        for permission in held.permissions:
            if lack_of(held, permission, day, limited_to) is None:
                paths.setdefault(permission, set()).add(held.path)
                units.setdefault(permission, set()).add(held.lineage)
    return Rights(
        {permission: Scope.of(found) for permission, found in paths.items()},
        {permission: frozenset(found) for permission, found in units.items()},
        Scope.of(held.path for held in grants),
        {role: Scope.of(found) for role, found in roles.items()},
    )


class Lack(StrEnum):
    """Why a grant doesn't give a permission."""

    INACTIVE = "inactive"  # its user is disabled
    LATER = "later"  # it begins on a later day
    ENDED = "ended"  # it has ended
    ROLE = "role"  # its role isn't for this
    UNWRITTEN = "unwritten"  # its permission is written nowhere: somebody changed the database by hand
    LIMITED = "limited"  # the token that is shown may not be used for this
    ELSEWHERE = "elsewhere"  # its unit is another part of the tree


@dataclass(frozen=True, slots=True)
class Held:
    """A grant, with one row of its unit's history: path and name of then. permissions: those written for its unit."""

    number: int
    role: str
    lineage: int
    path: str
    unit: str
    valid_from: date
    valid_to: date | None
    permissions: frozenset[str]


def _out_of_time(held: Held, day: date) -> Lack | None:
    if day < held.valid_from:
        return Lack.LATER
    return Lack.ENDED if held.valid_to is not None and held.valid_to <= day else None


def lack_of(held: Held, permission: str, day: date, limited_to: frozenset[str] | None = None) -> Lack | None:
    """Why a grant doesn't give a permission on a day, wherever; None where it does."""
    if (out := _out_of_time(held, day)) is not None:
        return out
    if permission not in ROLE_PERMISSIONS[held.role]:
        return Lack.ROLE
    if permission not in held.permissions:
        return Lack.UNWRITTEN
    return Lack.LIMITED if limited_to is not None and permission not in limited_to else None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a user may do something there, and what each of their grants has to do with it: those that decide first."""

    allowed: bool
    grounds: tuple[tuple[Held, Lack | None], ...]


def explain(user: User, permission: str, paths: Iterable[str], *, today: date | None = None) -> Explanation:
    """Why somebody may or may not do something where one of the paths is: by the very steps that decide it."""
    day, wanted = today or timezone.localdate(), list(paths)
    newest: dict[int, tuple[Held, Lack | None]] = {}
    for held in _grants(user):
        lack = lack_of(held, permission, day, user.limited_to)
        if lack is None and not any(Scope.of([held.path]).covers(path) for path in wanted):
            lack = Lack.ELSEWHERE
        if lack is None and not user.is_active:
            lack = Lack.INACTIVE
        if held.number not in newest or lack is None:  # of each grant one ground, that of an old place where it decides
            newest[held.number] = (held, lack)
    grounds = sorted(newest.values(), key=lambda ground: (ground[1] is not None, ground[0].path, ground[0].number))
    return Explanation(any(lack is None for _held, lack in grounds), tuple(grounds))


def _grants(user: User) -> list[Held]:
    return _held(_grants_told(user))


def _held(told: str) -> list[Held]:
    return [
        Held(
            number=row["number"],
            role=row["role"],
            lineage=row["lineage"],
            path=row["path"],
            unit=row["unit"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            permissions=frozenset(row["permissions"]),
        )
        for row in json.loads(told)
    ]


def _grants_told(user: User) -> str:
    """Every grant of a user, of whatever time, with every row of its unit's history, the newest first, as JSON. One query;
    none in a request that changes nothing and showed a token, with which they were read.
    """
    if user.grants_told is not None and _kept.get() is not None:
        return user.grants_told
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {GRANTS.format('%s')}", [user.pk])
        return str(cursor.fetchone()[0])


def scope_for(user: Viewer, permission: str, *, today: date | None = None) -> Scope:
    """The parts of the tree on which the user holds the permission."""
    return rights_of(user, today=today).scopes.get(permission, Scope(()))


def units_for(user: Viewer, permission: str, *, today: date | None = None) -> QuerySet[Unit]:
    """The units on which the user holds the permission by a grant of their own (the roots of what they may do).

    Of each unit the newest row: a grant was given on the unit, whatever it is called by now and wherever it belongs.
    """
    later = Unit.objects.filter(lineage=OuterRef("lineage"), valid_from__gt=OuterRef("valid_from"))
    own = rights_of(user, today=today).units.get(permission, frozenset())
    return Unit.objects.filter(~Exists(later), lineage__in=own).order_by("path")


def may(user: Viewer, permission: str, unit: Unit) -> bool:
    return scope_for(user, permission).covers(unit.path)


def may_somewhere(user: Viewer, permission: str) -> bool:
    """Whether a menu entry makes sense at all."""
    return bool(scope_for(user, permission))


def require(user: Viewer, permission: str, unit: Unit) -> None:
    """For services: the unit is known to the caller; refuse if they may not do this there.

    Raises NotFound if the user may not even look at the unit, NotAllowed if they may see it but not do this.
    """
    if may(user, permission, unit):
        return
    if visible(user, unit):
        raise NotAllowed(
            _("You may not do this for %(unit)s. Ask somebody who holds a role there that allows it.")
            % {"unit": unit.name}
        )
    raise NotFound(_("There is no such unit."))


def not_ended(prefix: str = "") -> Q:
    """The condition that a grant has not ended by today."""
    return Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": timezone.localdate()})


def scope_over(user: Viewer, permission: str) -> Q:
    """The condition that a user belongs to a unit of one's scope, or holds a role there that has not ended."""
    scope = scope_for(user, permission)
    grants = Grant.objects.filter(not_ended())
    return scope.q("unit__path") | Q(pk__in=scope.filter(grants, "unit__path").values("user"))


def may_over(user: Viewer, permission: str, other: User) -> bool:
    """Whether the permission reaches everything that another user has: whoever resets a password could use it all."""
    scope = scope_for(user, permission)
    grants = Grant.objects.filter(not_ended(), user=other)
    paths = [*grants.values_list("unit__path", flat=True), *([other.unit.path] if other.unit is not None else [])]
    return bool(paths) and all(scope.covers(path) for path in paths)


def require_over(user: Viewer, permission: str, other: User) -> None:
    """For services that act on a user: raises NotFound for one of whom the actor knows nothing, else NotAllowed."""
    if may_over(user, permission, other):
        return
    if User.objects.filter(scope_over(user, permission), pk=other.pk).exists():
        raise NotAllowed(
            _("%(user)s holds a role outside your units. Whoever is in charge of all their units does this.")
            % {"user": other}
        )
    raise NotFound(_("There is no such user."))


def visible(user: Viewer, unit: Unit) -> bool:
    """Whether the unit lies below any valid grant of the user."""
    return scope_of_any_grant(user).covers(unit.path)


def scope_of_any_grant(user: Viewer) -> Scope:
    """The parts of the tree that the user may know at all: those below any grant that holds today."""
    return rights_of(user).anywhere


def get_unit_for(user: Viewer, permission: str, code: str) -> Unit:
    """The newest unit of a code (short or full) if the user holds the permission there; else NotFound."""
    unit = (
        scope_for(user, permission)
        .filter(Unit.objects.filter(code=widen(str(code).strip())), "path")
        .order_by(F("valid_from").desc())
        .first()
    )
    if unit is None:
        raise NotFound(_("There is no unit %(code)s among those you may work with.") % {"code": code})
    return unit


def scoped(user: Viewer, permission: str, queryset: QuerySet[Any], path_field: str) -> QuerySet[Any]:
    return scope_for(user, permission).filter(queryset, path_field)
