"""What a pay run fixes when it starts: the rules of each month that it looks at, the results and figures known by then."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from core.periods import Month
from organization.models import Unit
from payroll.models import PayKind, PayRun
from payroll.rules.components import component_order, paid_period, period_of
from payroll.rules.lines import payables
from payroll.rules.snapshot import input_order
from payroll.selectors.frames import results_year_for_system
from payroll.selectors.own_means import own_means_for_system
from policy.models import PolicyVersion
from policy.rules.document import Policy
from policy.selectors import index_values_for_system, policy_of_unit_for_system


def planned_run_for_system(
    unit: Unit, month: Month, version: PolicyVersion, *, arrears_from: date | None = None
) -> PayRun:
    """The run that would pay a unit for a month by today's knowledge, not saved. arrears_from: from which sealed month
    on it works out again."""
    document = version.document
    versions = {month: version} | _versions(unit, version, _other_months(document, month, arrears_from))
    return PayRun(
        unit=unit,
        unit_path=unit.path,
        month=month.first_day,
        kind=PayKind.REGULAR,
        arrears_from=arrears_from,
        results_year=results_year_for_system(
            unit.path, month, closing=document.pay is not None and document.pay.annual_grade_from == "closing"
        ),
        known_on=timezone.localdate(),
        published=_published(version.place),
        policies=[policy_entry_for_system(one) for one in {one.pk: one for one in versions.values()}.values()],
        lines=[
            {
                "code": line.code,
                "name": line.name.zh,
                "name_en": line.name.en,
                "payer": dict(line.payer),
                "paid": line.paid,
                "cite": line.cite or "",
                "kind": line.kind,
            }
            for line in component_order(document)
        ],
        inputs=input_order(document)
        | {"months": {str(one): found.pk for one, found in versions.items()}, "own_means": _own_means(versions)},
    )


def _other_months(document: Policy, month: Month, since: date | None) -> list[Month]:
    """The months beside its own that a run looks at: those of a cycle that it pays, and those it works out again."""
    months: set[Month] = set()
    if since is not None:
        months |= set(Month.of(since).until(month))
    for component in document.pay.components if document.pay else ():
        for part in payables(component):
            period = paid_period(part.cycle, month)
            if period is not None:
                months |= set(period.months())
            if part.cycle.every != "month" and part.cycle.leaver == "at_exit":
                months |= set(period_of(part.cycle.every, month).first.until(month))
    return sorted(months - {month})


def _versions(unit: Unit, own: PolicyVersion, months: list[Month]) -> dict[Month, PolicyVersion]:
    """The version in force in each month; before a place had any, the run's own."""
    return {month: policy_of_unit_for_system(unit.code, month.first_day) or own for month in months}


def _own_means(versions: dict[Month, PolicyVersion]) -> dict[str, dict[str, list[int]]]:
    """Of each month: index code → [numerator, denominator] of the mean of the year before, as it is sealed today."""
    found: dict[str, dict[str, list[int]]] = {}
    known: dict[tuple[int, int], dict[str, list[int]]] = {}
    for month, version in versions.items():
        key = (version.pk, month.year - 1)
        if key not in known:
            means = own_means_for_system(version.document, month.year - 1)
            known[key] = {code: [mean.numerator, mean.denominator] for code, mean in means.items()}
        if known[key]:
            found[str(month)] = known[key]
    return found


def _published(place: str) -> list[list[str | int | None]]:
    """The index figures entered beside the policy, as they are known today."""
    return [
        [index, key if isinstance(key, int) else key.isoformat(), str(value), published.isoformat()]
        for (index, unit_code, key), (value, published) in sorted(index_values_for_system(place).items(), key=str)
        if not unit_code
    ]


def policy_entry_for_system(version: PolicyVersion) -> dict[str, str | int]:
    return {
        "id": version.pk,
        "place": version.place,
        "name": str(version.document.name.zh),
        "name_en": str(version.document.name.en),
        "version": str(version.version),
        "sha256": version.sha256,
    }
