"""Which units may this user act on, for this permission? The only place that answers.

A grant reaches from its unit down the tree. What lies outside one's units does not exist for one: asking for it raises
NotFound, never "forbidden". Grants are read at every request, so that taking one away works at once, and one that has
run out gives nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound
from organization.models import ROLE_PERMISSIONS, Unit, User, widen

M = TypeVar("M", bound=Model)
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
    roles: frozenset[str]


_NONE = Rights({}, {}, Scope(()), frozenset())
_kept: ContextVar[dict[tuple[int, date], Rights] | None] = ContextVar("rights of a request", default=None)


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
    if (user.pk, day) not in kept:
        kept[user.pk, day] = _rights(user, day)
    return kept[user.pk, day]


def _rights(user: User, day: date) -> Rights:
    with connection.cursor() as cursor:
        cursor.execute(_RIGHTS, [user.pk, day, day])
        rows: list[tuple[str, int, str, list[str]]] = cursor.fetchall()
    paths: dict[str, set[str]] = {}
    units: dict[str, set[int]] = {}
    for role, lineage, path, permissions in rows:
        for permission in ROLE_PERMISSIONS[role] & set(permissions):
            paths.setdefault(permission, set()).add(path)
            units.setdefault(permission, set()).add(lineage)
    return Rights(
        {permission: Scope.of(found) for permission, found in paths.items()},
        {permission: frozenset(found) for permission, found in units.items()},
        Scope.of(path for _role, _lineage, path, _permissions in rows),
        frozenset(role for role, *_rest in rows),
    )


# A permission counts where a grant's role has it and the object permission is there too; every row of a unit's history.
_RIGHTS = """
SELECT g.role, u.lineage, u.path, array_remove(array_agg(p.codename), NULL)
  FROM organization_grant g
  JOIN organization_unit own ON own.id = g.unit_id
  JOIN organization_unit u ON u.lineage = own.lineage
  LEFT JOIN (organization_unituserobjectpermission o
             JOIN auth_permission p ON p.id = o.permission_id
             JOIN django_content_type c ON c.id = p.content_type_id AND c.app_label = 'organization')
         ON o.user_id = g.user_id AND o.content_object_id = g.unit_id
 WHERE g.user_id = %s AND g.valid_from <= %s AND (g.valid_to IS NULL OR g.valid_to > %s)
 GROUP BY g.id, g.role, u.id, u.lineage, u.path
"""


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
