"""The list of people: who is meant, and where in the tree of units. The pages are in `pages`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, after, scope_for
from organization.models import Permission, Unit, User, units_on, widen
from personnel.models import Archive, Education, Listing, PersonPast, SavedFilter
from personnel.rules.listing import COMING, EVERYBODY, LEFT, WORKING
from personnel.selectors.rows import replaced_people_for_system


class Newest(Func):
    """No other row of the person holds on a day within a scope and began later (migration 0006)."""

    function = "personnel_listing_newest"
    output_field = BooleanField()

    def __init__(self, day: date, scope: Scope) -> None:
        paths = ArrayField(TextField())
        low, high = Value(list(scope.paths), paths), Value([after(path) for path in scope.paths], paths)
        super().__init__(F("person_id"), F("pk"), F("start"), Value(day), low, high)


class HoldsPost(Func):
    """The person of the row holds one of some posts on a day (migration 0006)."""

    function = "personnel_holds_post"
    output_field = BooleanField()

    def __init__(self, titles: list[str], day: date) -> None:
        super().__init__(F("person_id"), Value(list(titles), ArrayField(TextField())), Value(day))


_PERSON = OuterRef("person_id")


def lacking_for_system(what: str, day: date) -> Q:
    """The condition that the person of a row lacks on a day one of what every record should have (rules.listing.LACKING).

    An archive counts from its opening, a diploma from its day, a single value as the changes after the day tell. A
    photograph has no day but that on which it came on record.
    """
    if what == "education":
        return ~Q(Exists(Education.objects.filter(person=_PERSON, graduated__lte=day)))
    if what == "archive":
        return ~Q(Exists(Archive.objects.filter(person=_PERSON, opened__lte=day)))
    if what == "photo":
        return _photo_lacks(day)
    now = Q(("person__phone", "")) if what == "phone" else Q(person__identity_number_index__isnull=True)
    if day >= timezone.localdate():
        return now
    changed = PersonPast.objects.filter(person=_PERSON, field=what, until__gt=day)
    sooner = PersonPast.objects.filter(
        person=OuterRef("person"), field=what, until__gt=day, until__lt=OuterRef("until")
    )
    return Q(Exists(changed.filter(~Exists(sooner), value=""))) | (now & ~Q(Exists(changed)))


def _photo_lacks(day: date) -> Q:
    now = Q(person__photo__isnull=True)
    if day >= timezone.localdate():
        return now
    replaced = replaced_people_for_system(_PERSON, day)
    then = replaced.annotate(then=KT("row__photo_id")).values("then")[:1]
    return Q(Exists(replaced)) & Q(IsNull(Subquery(then), True)) | ~Q(Exists(replaced)) & now


def people_rows(*, user: Viewer, day: date, state: str = WORKING, unit: Unit | None = None) -> QuerySet[Listing]:
    """One row a person of the user's units, or of `unit` and below, who on a day is in a state. Not sorted.

    working: has an employment, or a post without one; left: had one, has none; coming: has one that begins later, and
    none yet; all: any of these. Who has several at once is shown with the one that began last.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    return rows_for_system(scope.within(unit.path) if unit is not None else scope, day, state)


def rows_for_system(scope: Scope, day: date, state: str) -> QuerySet[Listing]:
    others = scope.filter(Listing.objects.filter(person_id=OuterRef("person_id")))
    later = Q(start__gt=OuterRef("start")) | Q(start=OuterRef("start"), pk__gt=OuterRef("pk"))
    earlier = Q(start__lt=OuterRef("start")) | Q(start=OuterRef("start"), pk__lt=OuterRef("pk"))
    now = Q(start__lte=day, end__gt=day)
    rows = scope.filter(Listing.objects.all())
    if state == LEFT:
        longer = Q(end__gt=OuterRef("end")) | Q(end=OuterRef("end"), pk__gt=OuterRef("pk"))
        return rows.filter(~Exists(others.filter(longer, start__lte=day)), end__lte=day)
    if state == COMING:
        return rows.filter(~Exists(others.filter(now | Q(earlier, start__gt=day))), start__gt=day)
    if state == EVERYBODY:
        return rows.filter(~Exists(others.filter(later)))
    return rows.filter(now).filter(Q(alone=True) | Q(Newest(day, scope)))


@dataclass(frozen=True)
class Branch:
    """Where in the tree of units a list stands: the units above (within what the user may see), itself, those below."""

    above: list[Unit]
    unit: Unit | None
    below: list[Unit]
    scope: Scope  # what of the user's units lies here


def unit_branch(*, user: Viewer, code: str, day: date) -> Branch:
    """The units around one of the user's, by its code (short or full) or its whole name; without a code, where the user's own begin.

    Raises NotFound for a unit that is not among the user's. Three queries.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    mine = scope.filter(Unit.objects.filter(units_on(day)), "path")
    typed = code.strip()
    if not typed:
        # whoever has one unit starts with what lies below it
        start = Q(parent__path=scope.paths[0]) if len(scope.paths) == 1 else Q(path__in=scope.paths)
        return Branch([], None, list(mine.filter(start).order_by("path")[:200]), scope)
    named = Q(code=widen(typed)) if typed.isdecimal() else Q(name=typed)
    everywhen = scope.filter(Unit.objects.filter(named), "path").order_by(F("valid_from").desc())
    unit = mine.filter(named).order_by("path").first() or everywhen.first()
    if unit is None:
        raise NotFound(
            _("There is no unit “%(typed)s” among those you may work with. Choose one from the tree.")
            % {"typed": typed}
        )
    parts = unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts) - 1)]
    near = list(mine.filter(Q(path__in=paths) | Q(parent=unit)).order_by("path"))
    return Branch(
        [one for one in near if unit.path.startswith(one.path)],
        unit,
        [one for one in near if not unit.path.startswith(one.path)],
        scope.within(unit.path),
    )


def filters_list(*, user: User) -> QuerySet[SavedFilter]:
    """The user's own filters, by name."""
    return SavedFilter.objects.filter(user=user)


def filter_of_link(*, user: Viewer, key: UUID) -> SavedFilter:
    """The filter behind a link, whoever asks: it holds a question, and the answer stays within the asker's units."""
    kept = SavedFilter.objects.filter(key=key).first()
    if kept is None or user is None:
        raise NotFound(_("This filter is no longer there. Ask for a new link."))
    return kept
