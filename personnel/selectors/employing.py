"""What the rules of a place say of contracts, of lending out, of moving, and of the reasons of leaving."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl
from django.utils.translation import gettext as _

from approvals.rules import levels_left
from organization.models import Unit
from personnel.models import Employment, EndReason, HandoverKind, Person, Placement, PlacementKind
from personnel.models.ranges import holding
from personnel.rules.checks import scope_of
from personnel.rules.retirement import months_on
from personnel.selectors.facts import day_facts_for_system
from personnel.selectors.results import results
from policy.models import PolicyVersion, named
from policy.rules.conditions import condition, facts_of, walk, with_years
from policy.rules.context import Context, UnsetValue
from policy.rules.derive import derive
from policy.rules.document import Block, Employing, Exit, Policy, Rise, Transfer
from policy.rules.terms import HistoryTest, Test
from policy.selectors import policy_of_unit_for_system

Faults = Mapping[str, list[str]]

# What ends an employment whatever a place lists: somebody moved, died, reached the age, or was never there.
ALWAYS = (EndReason.TRANSFERRED, EndReason.DIED, EndReason.RETIRED, EndReason.CORRECTED)


def contract_faults_for_system(employment: Employment) -> Faults:
    """What of a new employment the rules of the place do not allow: too long a contract or probation. By attribute."""
    version, rule = _employing(employment.unit, employment.start)
    contract = rule.contract if rule is not None else None
    if version is None or contract is None:
        return {}
    words = {
        "person": employment.person.name,
        "place": named(version.document.name),
        "clause": _clause(version.document, contract),
    }
    faults: dict[str, list[str]] = {}
    start = employment.contract_start or employment.start
    if contract.years is not None and contract.years.value is not None and employment.contract_end is not None:
        most = months_on(start, int(contract.years.number) * 12)
        if employment.contract_end > most:
            text = _(
                "The contract of %(person)s may last until %(most)s at most: %(years)s years (%(place)s, %(clause)s)."
            )
            faults["contract_end"] = [text % (words | {"most": most, "years": contract.years.number})]
    trial = contract.probation
    if trial is not None and trial.months.value is not None and employment.probation_end is not None:
        most = months_on(employment.start, int(trial.months.number))
        if employment.probation_end > most:
            text = _(
                "Probation of %(person)s may last until %(most)s at most: %(months)s months (%(place)s, %(clause)s)."
            )
            faults["probation_end"] = [text % (words | {"most": most, "months": trial.months.number})]
    return faults


def lending_faults_for_system(placement: Placement) -> Faults:
    """Why somebody may not be seconded by the rules of their place; by attribute of the placement."""
    version, rule = _employing(placement.employment.unit, placement.start)
    if version is None or rule is None:
        return {}
    if faults := _too_long(placement, version, rule):
        return faults
    if placement.kind != PlacementKind.SECONDED_OUT or rule.lending_out == "allowed":
        return {}
    words = {
        "person": placement.employment.person.name,
        "place": named(version.document.name),
        "clause": _leaf_cite(version.document, f"{rule.path}.lending_out") or _clause(version.document, rule),
    }
    if rule.lending_out == "forbidden":
        return {"kind": [_("The rules of %(place)s (%(clause)s) let nobody be seconded: %(person)s stays.") % words]}
    if not placement.document.strip():
        text = _("Name the document that approves the secondment of %(person)s (%(place)s, %(clause)s).")
        return {"document": [text % words]}
    return {}


def _too_long(placement: Placement, version: PolicyVersion, rule: Employing) -> Faults:
    """Whether somebody is expected back later than the place lets people be away in this way."""
    own = next((one for one in rule.secondments if one.kind == placement.kind), None)
    if own is None or own.months is None or own.months.value is None or placement.due is None:
        return {}
    most = months_on(placement.start, int(own.months.number))
    if placement.due <= most:
        return {}
    text = _("“%(name)s” lasts %(months)s months at most (%(place)s, %(clause)s): until %(most)s.")
    words = {
        "name": named(own.name), "months": own.months.number, "place": named(version.document.name),
        "clause": _clause(version.document, own), "most": most,
    }  # fmt: skip
    return {"due": [text % words]}


def move_faults_for_system(employment: Employment, unit: Unit, day: date) -> list[str]:
    """Why somebody may not move to a unit by the rules of the place that they leave. Inside a street everybody may."""
    version, rule = _employing(employment.unit, day)
    move = rule.transfer if rule is not None else None
    street = scope_of(employment.unit_path, "street")
    if version is None or move is None or (street and unit.path.startswith(street)):
        return []
    policy = version.document
    words = {
        "person": employment.person.name, "unit": unit.name, "place": named(policy.name), "clause": _clause(policy, move),
    }  # fmt: skip
    if not unit.path.startswith(scope_of(employment.unit_path, move.scope) or employment.unit_path):
        text = _("%(person)s can't move to %(unit)s: it lies beyond where the rules of %(place)s (%(clause)s) reach.")
        return [text % words]
    try:
        if _fits(move, employment, version, day):
            return []
    except UnsetValue as error:
        opened = "; ".join(leaf.because or leaf.path for leaf in error.leaves)
        return [_("The rules of %(place)s leave open who may move: %(open)s") % (words | {"open": opened})]
    text = _("%(person)s can't move out of the street: %(place)s lets only those move to whom %(clause)s applies.")
    return [text % words]


def rise_faults_for_system(person: Person, unit: Unit, appointed_as: str | None, day: date) -> list[str]:
    """Why somebody may not be appointed as a higher category of posts by the rules of a unit; [] where these say nothing
    of it. Asked before it is written: what they are is read as of the day before.
    """
    version, rule = _employing(unit, day)
    rise = next((one for one in rule.rises if one.to == appointed_as), None) if rule is not None else None
    if version is None or rise is None:
        return []
    before, last = day - timedelta(days=1), day.year - 1
    words = {
        "person": person.name, "place": named(version.document.name), "clause": _clause(version.document, rise),
        "rise": named(rise.name),
    }  # fmt: skip
    try:
        units = [unit, *_worked_in(person, version, before)]
        found = _people_of(rise, units, version, before, last).filter(pl.col("person") == person.pk)
        if found.is_empty() or found["post"][0] != rise.from_:
            return []
        ctx = Context(version.document, before, results_year=last)
        if found.filter(condition(rise.when, ctx)).height:
            return []
    except UnsetValue as error:
        text = _("The rules of %(place)s (%(clause)s) leave open who rises (%(rise)s): %(open)s")
        return [text % (words | {"open": "; ".join(f"{leaf.path}: {leaf.because or ''}" for leaf in error.leaves)})]
    text = _("%(person)s does not fulfil what the rules of %(place)s (%(clause)s) ask for: %(rise)s.")
    return [text % words, *_results_said(person, rise, found, version.document, last)]


def _worked_in(person: Person, version: PolicyVersion, day: date) -> list[Unit]:
    """The units of a place's rules in which somebody is employed on a day: whoever moves first rises by the same ones."""
    held = Employment.objects.filter(holding(day), person=person).select_related("unit")
    return [one.unit for one in held if policy_of_unit_for_system(one.unit.code, day) == version]


def _results_said(person: Person, rise: Rise, found: pl.DataFrame, policy: Policy, last: int) -> list[str]:
    """The yearly results that a condition looks at: which of them the person has, and which year is missing.

    found: the row of the person. last: the newest year that counts.
    """
    years = sorted(_years_asked(rise, found, last))
    own = with_years(found, years).row(0, named=True)
    names = {one.code: named(one.name) for one in policy.assessment.grades} if policy.assessment else {}
    grades = {year: own[f"annual_grades.{year}"] for year in years}
    said = []
    had = [f"{year} {names.get(grade, grade)}" for year, grade in grades.items() if grade is not None]
    if had:
        said.append(
            _("Yearly results of %(person)s: %(results)s.") % {"person": person.name, "results": "、".join(had)}
        )
    missing = "、".join(str(year) for year, grade in grades.items() if grade is None)
    if missing:
        text = _("No yearly result of %(person)s is closed for %(years)s. Close the evaluation, or enter the result.")
        said.append(text % {"person": person.name, "years": missing})
    return said


def _years_asked(rise: Rise, found: pl.DataFrame, last: int) -> set[int]:
    """The years whose results a condition looks at; of the term of a contract, those since it began."""
    years: set[int] = set()
    for part in walk(rise.when):
        if isinstance(part, HistoryTest) and isinstance(part.in_last, int):
            years |= set(range(last - part.in_last + 1, last + 1))
        elif isinstance(part, HistoryTest):
            began: date = found["contract_start"][0] or found["entry_date"][0]
            years |= set(range(max(last - 9, began.year), last + 1))
        elif isinstance(part, Test) and part.fact == "annual_grade":
            years.add(last)
    return years


def recomputes_for_system(unit: Unit, to: Unit, day: date) -> bool:
    """Whether the values on ladders of whoever moves between two units are worked out anew: so say the rules that they
    come under or, where those are silent, the rules that they leave. Inside a street values go along.
    """
    if "street" not in levels_left(unit.path, to.path):
        return False
    for place in (to, unit):
        _version, rule = _employing(place, day)
        if rule is not None and rule.transfer is not None:
            return rule.transfer.keeps == "recompute"
    return False


def exits_for_system(unit: Unit, day: date) -> tuple[tuple[Exit, ...], bool]:
    """The reasons of leaving of a place, and whether there are no others: none of its list is left open."""
    version = policy_of_unit_for_system(unit.code, day)
    if version is None:
        return (), False
    return version.document.exits, bool(version.document.exits) and not version.document.unset("exits")


def listed_exits_for_system(unit: Unit, day: date) -> list[tuple[str, str]]:
    """The place's own reasons of leaving, each with its clause: (code, words)."""
    exits, _closed = exits_for_system(unit, day)
    names = ((one, named(one.name)) for one in exits)
    return [(one.code, f"{name}（{one.cite}）" if one.cite else name) for one, name in names]


def exit_choices_for_system(unit: Unit, day: date) -> list[tuple[str, str]]:
    """The reasons of leaving to choose from: the place's own with their clauses, and what else ends an employment."""
    _exits, closed = exits_for_system(unit, day)
    own = listed_exits_for_system(unit, day)
    general = [(value, str(label)) for value, label in EndReason.choices if not closed or value in ALWAYS]
    return [*own, *general]


def handed_over_for_system(unit: Unit, day: date, code: str) -> list[str]:
    """The kinds of things that somebody hands over before leaving for a reason of the place; the common ones if it names
    none. OTHER is added by hand.
    """
    exits, _closed = exits_for_system(unit, day)
    named_kinds = next((one.hands_over for one in exits if one.code == code), ())
    return list(named_kinds) or [kind for kind in HandoverKind.values if kind != HandoverKind.OTHER]


def _fits(move: Transfer, employment: Employment, version: PolicyVersion, day: date) -> bool:
    ctx = Context(version.document, day, results_year=day.year - 1)
    people = _people_of(move, [employment.unit], version, day, day.year - 1).filter(condition(move.who, ctx))
    return employment.person_id in people["person"].to_list()


def _people_of(rule: Block, units: list[Unit], version: PolicyVersion, day: date, last: int) -> pl.DataFrame:
    """The people of some units on a day with the facts that a rule looks at, their posts among them.

    last: the newest year whose results count.
    """
    policy = version.document
    ctx = Context(policy, day, results_year=last)
    needs = facts_of(rule) | facts_of(policy.service) | facts_of((policy.posts, *policy.classes.values())) | {"post"}
    facts = results.added_for_system(day_facts_for_system([one.path for one in units], day, needs), policy, last, needs)
    return derive(facts, policy, ctx, needs=needs).people


def _employing(unit: Unit, day: date) -> tuple[PolicyVersion | None, Employing | None]:
    version = policy_of_unit_for_system(unit.code, day)
    return version, (version.document.employment if version is not None else None)


def _leaf_cite(policy: Policy, path: str) -> str | None:
    return next((leaf.cite for leaf in policy.leaves if leaf.path == path and leaf.cite), None)


def _clause(policy: Policy, block: Block) -> str:
    """Where the rules say it: the block's own source, or that of a value in it."""
    inside = (leaf.cite for leaf in policy.leaves if leaf.cite and leaf.path.startswith(block.path + "."))
    return block.cite or next(inside, None) or block.path
