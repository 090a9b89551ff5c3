"""Who fills the approved seats: seats and people of units, side by side, and the people that a number counts.

Who counts, the rules of each place say (`quota.counts`), for the people who work there. Where they say nothing, counted
is who is employed as a community worker and belongs to no establishment, in the unit that manages them; who is seconded
out counts there too. Public-welfare posts and staff of an establishment in a community fill no seat then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, scope_for
from organization.models import Permission, Unit, units_on, widen
from organization.walls import beyond_walls
from personnel.models import Category, Employment, Placement, PlacementKind
from personnel.rules.retirement import births_between, months_on, retirement_age
from policy.rules.document import Counts, Policy
from policy.rules.facts import NONE
from policy.rules.terms import All, AnyOf, Condition, Not, Test
from policy.selectors import versions_around_for_system
from staffing.rules import balance
from staffing.selectors import (
    Approved,
    Formula,
    approved_ceilings_for_system,
    approved_on_for_system,
    formulas_for_system,
    seat_rule_for_system,
    units_above_for_system,
)


@dataclass(frozen=True, slots=True)
class Filled:
    """Seats and people of a unit, with all below it, on a day. Without approved seats nothing is vacant or over.

    lists: whether the user may look at the people behind the number. opens: whether at the plan of the seats.
    """

    unit: Unit
    approved: Approved | None
    occupied: int
    lists: bool
    opens: bool
    formula: Formula | None = None
    retiring: int | None = None  # of those in post, how many retire within twelve months

    @property
    def differs(self) -> bool:
        """Whether the approved number lies outside what the formula gives."""
        return (
            self.formula is not None
            and self.approved is not None
            and not self.formula.computed.holds(self.approved.number)
        )

    @property
    def vacant(self) -> int | None:
        seats = self.approved
        return None if seats is None else balance(seats.number, self.occupied, seats.frozen).vacant

    @property
    def over(self) -> int | None:
        return None if self.approved is None else balance(self.approved.number, self.occupied).over


@dataclass(frozen=True, slots=True)
class FilledLevel:
    """One level of the tree: the unit asked for, those above it that the user may see, and those directly below.

    unit is None where the user has several highest units; `below` has those then.
    """

    above: list[Unit]
    unit: Filled | None
    below: list[Filled]

    @property
    def frozen(self) -> bool:
        """Whether any unit below has frozen seats."""
        return any(one.approved is not None and one.approved.frozen for one in self.below)


def counted_for_system(paths: Iterable[str], day: date) -> QuerySet[Employment]:
    """The employments that fill a seat in or below some paths on a day, by the rules of the place they are in; one a
    person."""
    paths = list(paths)
    held = Employment.objects.filter(Q(end__isnull=True) | Q(end__gt=day), start__lte=day)
    return Scope.of(paths).filter(held).filter(_counted_in(paths, day))


def _counts_q(counts: Counts, day: date) -> Q:
    """The employments that fill a seat by a rule of who counts, whatever their days."""
    found = _counts_itself(counts)
    if counts.seconded_out == "nowhere":
        lasting = Q(end__isnull=True) | Q(end__gt=day)
        away = Placement.objects.filter(
            lasting, employment=OuterRef("pk"), kind=PlacementKind.SECONDED_OUT, start__lte=day
        )
        found &= Q(~Exists(away))
    return found


def _counts_itself(counts: Counts) -> Q:
    """The employments that a rule of who counts means, also of those who are seconded out."""
    found = Q(category=Category.COMMUNITY_WORKER) if counts.who is None else _asked(counts.who)
    return found if counts.establishment_staff else found & Q(establishment__isnull=True)


def newly_counted_for_system(employment: Employment, policy: Policy, *, moved: date | None = None) -> bool:
    """Whether somebody who was not counted where a policy reaches is from the first day of a saved employment on.

    moved: the day on which the employment would go on as it is where the policy reaches, in another unit.

    Whoever was there until that day, in another unit or another counted category, only goes on. Secondments change
    nothing. Two queries at most.
    """
    counted = _counts_itself(policy.quota.counts if policy.quota is not None else Counts())
    if not Employment.objects.filter(counted, pk=employment.pk).exists():
        return False
    day = moved or employment.start
    with beyond_walls("whether somebody was in a unit of the place before"):
        until = Employment.objects.filter(Q(end__isnull=True) | Q(end__gte=day), start__lt=day)
        there = until.filter(counted, person=employment.person_id, unit__code__startswith=policy.place)
        return not (there if moved else there.exclude(pk=employment.pk)).exists()


def _counted_in(paths: Sequence[str], day: date) -> Q:
    """Who counts in or below some paths: each place's own rule for who works there. One query for all rules."""
    codes = [path.rstrip("/").rpartition("/")[2] for path in paths]
    rules: dict[str, Q] = {"": _counts_q(Counts(), day)}
    for version in versions_around_for_system(codes, day):
        quota = version.document.quota
        rules[version.place] = rules[""] if quota is None else _counts_q(quota.counts, day)
    if all(rule == rules[""] for rule in rules.values()):
        return rules[""]
    inside = {place: Q(unit_path__regex=rf"/{place}[0-9]*/$") for place in rules if place}
    nearest = {
        place: reduce(lambda all_of, one: all_of & ~inside[one],
                      [one for one in inside if one != place and one.startswith(place)], inside.get(place, Q()))
        for place in rules
    }  # fmt: skip
    return reduce(lambda any_of, place: any_of | (nearest[place] & rules[place]), rules, Q(pk__in=[]))


def _asked(who: Condition) -> Q:
    """A condition on what an employment says by itself (`policy.rules.document.quota.COUNTED_BY`)."""
    match who:
        case All():
            return reduce(lambda all_of, part: all_of & _asked(part), who.of, Q())
        case AnyOf():
            return reduce(lambda any_of, part: any_of | _asked(part), who.of, Q(pk__in=[]))
        case Not():
            return ~_asked(who.of)
        case Test():
            codes = [str(leaf.value) for leaf in who.operand]
            member = Q(**{f"{who.fact}__in": [code for code in codes if code != NONE]})
            if NONE in codes:
                member |= Q(**{f"{who.fact}__isnull": True})
            # Whoever has none fulfils no test but "is NONE", as everywhere in the rules.
            return Q(**{f"{who.fact}__isnull": False}) & ~member if who.op == "none_of" else member
    raise TypeError(f"an employment alone can't say: {who!r}")


def headcount_by_path_for_system(paths: Iterable[str], day: date) -> dict[str, int]:
    """How many people fill a seat in each unit in and below some paths, by the unit's path. One query."""
    rows = counted_for_system(paths, day).order_by().values("unit_path").annotate(people=Count("person", distinct=True))
    return {str(row["unit_path"]): int(row["people"]) for row in rows}


@dataclass(frozen=True, slots=True)
class HeadsFor:
    """Counts for the guard of the seats (`staffing.services.Heads`) around one employment that is written.

    A street may hire against a number of its county, so it counts wherever somebody works. `before`: the employment as
    it was, where it is changed.
    """

    employment: Employment
    before: Held | None = None

    def count(self, paths: Sequence[str], day: date) -> dict[str, tuple[int, int]]:
        with beyond_walls("how many seats are taken"):
            rows = counted_for_system(paths, day).order_by().values_list("unit_path")
            heads = list(
                rows.annotate(
                    without=Count("person", distinct=True, filter=~Q(pk=self.employment.pk)),
                    everybody=Count("person", distinct=True),
                )
            )
        found = {}
        for path in paths:
            inside = [numbers for own, *numbers in heads if own.startswith(path)]
            without, everybody = (sum(numbers[n] for numbers in inside) for n in (0, 1))
            held = self.before is not None and self.before.fills(path, day)
            found[path] = (everybody if held else without, everybody)
        return found

    def days(self, path: str, first: date, end: date | None) -> list[date]:
        today = timezone.localdate()
        with beyond_walls("how many seats are taken"):
            rows = Scope.of([path]).filter(Employment.objects.filter(start__gt=max(first, today)))
            later = set(rows.order_by().values_list("start", flat=True).distinct())
        return sorted(day for day in {*later, today} if day > first and (end is None or day < end))


@dataclass(frozen=True, slots=True)
class Effect:
    """What one more, or one fewer, counted person makes of the seats of a unit on a day."""

    unit: Unit
    approved: int
    document: str
    now: int
    after: int
    blocks: bool
    frozen: int = 0

    @property
    def vacant(self) -> int:
        return balance(self.approved, self.after, self.frozen).vacant

    @property
    def over(self) -> int:
        return balance(self.approved, self.after).over


def effect_for_system(unit: Unit, day: date, more: int) -> list[Effect]:
    """What `more` counted people in a unit (below 0: fewer) make of its seats and of those above it, the highest first.

    For the page of a decision, before it is taken; nothing is locked, so the guard may find it otherwise. Units without
    approved seats are missing. Five queries.
    """
    return [replace(one, after=one.now + more) for one in seats_around_for_system([unit], day)]


def seats_around_for_system(units: Sequence[Unit], day: date) -> list[Effect]:
    """The seats of units and of those above them as they are filled on a day, the highest first; nothing is changed.

    Units without approved seats are missing. Four queries, and one for each unit.
    """
    ceilings = approved_ceilings_for_system(units_above_for_system(units), day)
    rules = {unit.path: seat_rule_for_system(unit, day) for unit in units}
    paths = [one.unit.path for one in ceilings]
    with beyond_walls("how many seats are taken"):
        rows = counted_for_system(paths, day).order_by().values_list("unit_path")
        heads = list(rows.annotate(Count("person", distinct=True))) if paths else []
    found = []
    for one in ceilings:
        now = sum(number for path, number in heads if path.startswith(one.unit.path))
        blocks = any(rule.blocks for path, rule in rules.items() if path.startswith(one.unit.path))
        found.append(Effect(one.unit, one.number, one.document, now, now, blocks, one.frozen))
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """A seat that an employment filled before it was changed."""

    path: str
    start: date
    end: date | None

    def fills(self, path: str, day: date) -> bool:
        return self.path.startswith(path) and self.start <= day and (self.end is None or day < self.end)


def held_for_system(employment: Employment, day: date) -> Held | None:
    """The seat that an employment fills by the rules of a day; None if it doesn't count."""
    counts = _counts_q(seat_rule_for_system(employment.unit, day).counts, day)
    if not Employment.objects.filter(counts, pk=employment.pk).exists():
        return None
    return Held(employment.unit_path, employment.start, employment.end)


def filled_for_system(units: list[Unit], day: date, *, people: Scope, seats: Scope) -> list[Filled]:
    """Seats and people of some units on a day; `people` and `seats`: where each may be looked at. Two queries."""
    approved = approved_on_for_system(units, day)
    heads = headcount_by_path_for_system([unit.path for unit in units], day)
    found = []
    for unit in units:
        own = approved.get(unit.first_row)
        occupied = sum(number for path, number in heads.items() if path.startswith(unit.path))
        opens = own is not None and seats.covers(own.plan.unit.path)
        found.append(Filled(unit, own, occupied, people.covers(unit.path), opens))
    return found


def filled_units(*, user: Viewer, day: date) -> QuerySet[Unit]:
    """The units on which the user may look at seats, as of a day, in the order of the tree."""
    return scope_for(user, Permission.VIEW_QUOTA).filter(Unit.objects.filter(units_on(day)), "path").order_by("path")


def filled_level(*, user: Viewer, code: str, day: date) -> FilledLevel:
    """A level of the tree with its seats and people; without a code, where the user's own units begin.

    code: of a unit, short or full. Raises NotFound for one that is not among the user's. Four queries at most.
    """
    scope = scope_for(user, Permission.VIEW_QUOTA)
    mine = filled_units(user=user, day=day)
    typed = code.strip()
    roots = scope.paths
    unit = None
    if typed:
        unit = mine.filter(code=widen(typed)).first()
        if unit is None:
            raise NotFound(
                _("There is no unit “%(typed)s” on %(day)s among those you may work with. Choose one from the tree.")
                % {"typed": typed, "day": day}
            )
        parts = unit.path.rstrip("/").split("/")
        paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        near = list(mine.filter(Q(path__in=paths) | Q(parent__path=unit.path)))
    elif len(roots) == 1:
        near = list(mine.filter(Q(path=roots[0]) | Q(parent__path=roots[0])))
        unit = next((one for one in near if one.path == roots[0]), None)
    else:
        near = list(mine.filter(path__in=roots))
    above = [one for one in near if unit is not None and unit.path.startswith(one.path) and one.path != unit.path]
    shown = [one for one in near if one not in above]
    filled = filled_for_system(shown, day, people=scope_for(user, Permission.VIEW_PEOPLE), seats=scope)
    formulas, retiring = formulas_for_system(shown, day), _retiring([one.path for one in shown], day)
    filled = [
        replace(
            one,
            formula=formulas.get(one.unit.first_row),
            retiring=sum(number for path, number in retiring.items() if path.startswith(one.unit.path)),
        )
        for one in filled
    ]
    if unit is None:
        return FilledLevel([], None, filled)
    return FilledLevel(above, filled[0], filled[1:])


def _retiring(paths: list[str], day: date) -> dict[str, int]:
    """How many of those in post retire within twelve months of a day, by the unit's path. Two queries."""
    if not paths:
        return {}
    rows = counted_for_system(paths, day).filter(_retires(paths, day)).order_by().values_list("unit_path")
    return dict(rows.annotate(Count("person", distinct=True)))


def _retires(paths: list[str], day: date) -> Q:
    """Who retires within twelve months: by the age that the rules of the first path's place give, else the statutory."""
    code = paths[0].rstrip("/").rpartition("/")[2]
    ruling = [version for version in versions_around_for_system([code], day) if code.startswith(version.place)]
    policy = ruling[-1].document if ruling else None
    soon = Q(pk__in=[])
    for sex in ("FEMALE", "MALE"):
        first, end = births_between(day, months_on(day, 12), sex, retirement_age(policy, sex, day))
        soon |= Q(person__sex=sex, person__birth_date__gte=first, person__birth_date__lt=end)
    return soon


def people_counted(
    *, user: Viewer, number: int, day: date, retiring: bool = False
) -> tuple[Unit, QuerySet[Employment]]:
    """The people whom the number of a unit counts on a day, by name; the unit's row as it was on the day.

    number: of any row of the unit. retiring: only those who retire within twelve months. Raises NotFound where the user
    may not look at seats or at people.
    """
    seats, people = scope_for(user, Permission.VIEW_QUOTA), scope_for(user, Permission.VIEW_PEOPLE)
    asked = seats.filter(Unit.objects.filter(pk=number), "path").first()
    if asked is not None:
        held = Unit.objects.filter(units_on(day), lineage=asked.first_row).first()
        asked = held if held is not None and seats.covers(held.path) else asked
    if asked is None or not people.covers(asked.path):
        raise NotFound(_("There is no such unit."))
    rows = counted_for_system([asked.path], day).select_related("person", "unit")
    if retiring:
        rows = rows.filter(_retires([asked.path], day))
    return asked, rows.order_by(F("person__name_pinyin").asc(), "person_id")
