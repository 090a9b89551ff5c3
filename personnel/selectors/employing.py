"""What the rules of a place say of contracts, of lending out, of moving, and of the reasons of leaving."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from organization.models import Unit
from personnel.models import Employment, EndReason, Placement, PlacementKind
from personnel.rules.checks import scope_of
from personnel.rules.retirement import months_on
from personnel.selectors.facts import day_facts_for_system
from policy.models import PolicyVersion
from policy.rules.conditions import condition, facts_of
from policy.rules.context import Context, UnsetValue
from policy.rules.derive import derive
from policy.rules.document import Block, Employing, Exit, Policy, Transfer
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
        "place": version.document.name.zh,
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
    if placement.kind != PlacementKind.SECONDED_OUT:
        return {}
    version, rule = _employing(placement.employment.unit, placement.start)
    if version is None or rule is None or rule.lending_out == "allowed":
        return {}
    words = {
        "person": placement.employment.person.name,
        "place": version.document.name.zh,
        "clause": _leaf_cite(version.document, f"{rule.path}.lending_out") or _clause(version.document, rule),
    }
    if rule.lending_out == "forbidden":
        return {"kind": [_("The rules of %(place)s (%(clause)s) let nobody be seconded: %(person)s stays.") % words]}
    if not placement.document.strip():
        text = _("Name the document that approves the secondment of %(person)s (%(place)s, %(clause)s).")
        return {"document": [text % words]}
    return {}


def move_faults_for_system(employment: Employment, unit: Unit, day: date) -> list[str]:
    """Why somebody may not move to a unit by the rules of the place that they leave. Inside a street everybody may."""
    version, rule = _employing(employment.unit, day)
    move = rule.transfer if rule is not None else None
    street = scope_of(employment.unit_path, "street")
    if version is None or move is None or (street and unit.path.startswith(street)):
        return []
    policy = version.document
    words = {
        "person": employment.person.name, "unit": unit.name, "place": policy.name.zh, "clause": _clause(policy, move),
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


def exits_for_system(unit: Unit, day: date) -> tuple[tuple[Exit, ...], bool]:
    """The reasons of leaving of a place, and whether there are no others: none of its list is left open."""
    version = policy_of_unit_for_system(unit.code, day)
    if version is None:
        return (), False
    return version.document.exits, bool(version.document.exits) and not version.document.unset("exits")


def listed_exits_for_system(unit: Unit, day: date) -> list[tuple[str, str]]:
    """The place's own reasons of leaving, each with its clause: (code, words)."""
    exits, _closed = exits_for_system(unit, day)
    chinese = (get_language() or "").startswith("zh")
    names = ((one, one.name.zh if chinese else one.name.en) for one in exits)
    return [(one.code, f"{name}（{one.cite}）" if one.cite else name) for one, name in names]


def exit_choices_for_system(unit: Unit, day: date) -> list[tuple[str, str]]:
    """The reasons of leaving to choose from: the place's own with their clauses, and what else ends an employment."""
    _exits, closed = exits_for_system(unit, day)
    own = listed_exits_for_system(unit, day)
    general = [(value, str(label)) for value, label in EndReason.choices if not closed or value in ALWAYS]
    return [*own, *general]


def _fits(move: Transfer, employment: Employment, version: PolicyVersion, day: date) -> bool:
    ctx = Context(version.document, day, results_year=day.year - 1)
    needs = facts_of(move) | facts_of(version.document.service)
    facts = derive(day_facts_for_system([employment.unit_path], day, needs), version.document, ctx, needs=needs)
    people = facts.people.filter(condition(move.who, ctx))
    return employment.person_id in people["person"].to_list()


def _employing(unit: Unit, day: date) -> tuple[PolicyVersion | None, Employing | None]:
    version = policy_of_unit_for_system(unit.code, day)
    return version, (version.document.employment if version is not None else None)


def _leaf_cite(policy: Policy, path: str) -> str | None:
    return next((leaf.cite for leaf in policy.leaves if leaf.path == path and leaf.cite), None)


def _clause(policy: Policy, block: Block) -> str:
    """Where the rules say it: the block's own source, or that of a value in it."""
    inside = (leaf.cite for leaf in policy.leaves if leaf.cite and leaf.path.startswith(block.path + "."))
    return block.cite or next(inside, None) or block.path
