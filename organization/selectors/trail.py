"""The trail of what was done, for the auditor of a place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.models import AuditEntry
from organization.access import Viewer, get_unit_for, scope_for
from organization.models import Permission, Unit, User

# Somebody tried a user name that there is not: of nobody's unit, so that every auditor reads it.
STRANGER = "organization.session.stranger"


@dataclass(frozen=True, slots=True)
class TrailQuery:
    """What of the trail is asked for. kind and number: of the thing, such as personnel.person and 17; days inclusive."""

    username: str = ""
    unit: str = ""
    action: str = ""
    kind: str = ""
    number: str = ""
    since: date | None = None
    until: date | None = None


def trail_list(*, user: Viewer, query: TrailQuery) -> QuerySet[AuditEntry]:
    """The entries of the asker's units, newest first: of things there, and of what users who belong there did.

    Raises NotFound for a unit that is none of theirs.
    """
    scope = scope_for(user, Permission.VIEW_AUDIT)
    if query.unit:
        scope = scope.within(get_unit_for(user, Permission.VIEW_AUDIT, query.unit).path)
    codes = scope.filter(Unit.objects.all(), "path").values("code")
    members = scope.filter(User.objects.all(), "unit__path").values("pk")
    of_place = Q(unit_code__in=codes) | Q(unit_code="", actor_id__in=members)
    if scope and not query.unit:
        of_place |= Q(action=STRANGER)
    found = AuditEntry.objects.filter(of_place)
    if query.username:
        actors = list(User.objects.filter(username=query.username).values_list("pk", flat=True))
        found = found.filter(actor_id__in=actors)
    if query.action:
        found = found.filter(action__startswith=query.action)
    if query.kind:
        found = found.filter(object_type=query.kind)
    if query.number:
        found = found.filter(object_id=query.number)
    if query.since:
        found = found.filter(at__gte=_midnight(query.since))
    if query.until:
        found = found.filter(at__lt=_midnight(query.until + timedelta(days=1)))
    return found.order_by("-pk")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One entry, with what changed: (name, before, after) of every value that it has."""

    entry: AuditEntry
    kind: str
    values: list[tuple[str, Any, Any]] = field(default_factory=list)


def trail_entry(*, user: Viewer, number: int) -> TrailEntry:
    """One entry of the asker's units. Raises NotFound for any other."""
    found = trail_list(user=user, query=TrailQuery()).filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such entry."))
    before, after = found.before or {}, found.after or {}
    return TrailEntry(
        found,
        kinds_for_system().get(found.object_type, found.object_type),
        [(name, before.get(name), after.get(name)) for name in sorted({*before, *after})],
    )


def kinds_for_system() -> dict[str, str]:
    """What the trail can be about: names of things by the word that entries have."""
    ours = (
        "core",
        "organization",
        "staffing",
        "approvals",
        "policy",
        "personnel",
        "training",
        "recruitment",
        "assessment",
        "payroll",
        "reports",
    )
    models = [model for app in ours if apps.is_installed(app) for model in apps.get_app_config(app).get_models()]
    return {model._meta.label_lower: str(model._meta.verbose_name) for model in models}
