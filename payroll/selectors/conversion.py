"""The steps of a conversion: those that the rules name, and which of them were taken."""

from __future__ import annotations

from dataclasses import dataclass

from payroll.models import ConversionStep as TakenStep
from payroll.models import PromotionKind, PromotionOutcome, PromotionRun
from policy.models import PolicyVersion, named
from policy.rules.document import ConversionStep, Policy


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a conversion at its place (from 1), and who took it if somebody has. follows: it is the one to be taken
    now. cite: the clause.
    """

    position: int
    spec: ConversionStep
    taken: TakenStep | None
    follows: bool
    cite: str

    @property
    def name(self) -> str:
        return named(self.spec.name)


@dataclass(frozen=True, slots=True)
class LeftOutByHand:
    """An exception of a conversion: the number of the person, and why."""

    person: int
    reason: str


def conversion_steps_for_system(run: PromotionRun) -> list[PlannedStep]:
    """The steps in their order; none for a review, and where the rules name none."""
    if run.kind != PromotionKind.CONVERSION:
        return []
    policy = _policy(run)
    starts = [policy.scales[code].start for code in run.scales]
    start = next((one for one in starts if one is not None and one.conversion), None)
    if start is None:
        return []
    taken = {row.position: row for row in run.steps.select_related("taken_by")}
    return [
        PlannedStep(position, spec, taken.get(position), position == len(taken) + 1, spec.cite or start.cite or "")
        for position, spec in enumerate(start.conversion, start=1)
    ]


def left_out_by_hand_for_system(run: PromotionRun) -> list[LeftOutByHand]:
    """Whom a conversion leaves out as exceptions, by number; nobody of another run."""
    if run.kind != PromotionKind.CONVERSION:
        return []
    rows = PromotionOutcome.objects.filter(run=run).exclude(left_out="").order_by("person_id")
    return [LeftOutByHand(*row) for row in rows.values_list("person_id", "left_out").distinct()]


def clauses_for_system(run: PromotionRun) -> dict[str, str]:
    """Scale → the clause by which somebody gets a first value on it; a review gives none."""
    if run.kind == PromotionKind.REVIEW:
        return {}
    scales = _policy(run).scales
    return {
        code: scale.start.cite if scale.start and scale.start.cite else scale.cite or ""
        for code, scale in ((code, scales[code]) for code in run.scales)
    }


def _policy(run: PromotionRun) -> Policy:
    version: PolicyVersion = PolicyVersion.objects.get(pk=run.policies[0]["id"])
    return version.document


__all__ = [
    "LeftOutByHand",
    "PlannedStep",
    "clauses_for_system",
    "conversion_steps_for_system",
    "left_out_by_hand_for_system",
]
