"""One person's payslip as it is shown: rendered from the stored inputs and the policy version, never stored itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.money import format_yuan
from core.periods import Month
from organization.access import scope_for
from organization.models import Permission, User
from payroll.models import ArrearsLine, GradeSpan, ManualItem, PaySlip
from payroll.models.wording import PolicyWords, step_text
from payroll.rules.explain import Step
from payroll.rules.snapshot import input_values
from payroll.selectors.explained import explained_lines_for_system
from payroll.selectors.manual import manual_entries_for_system
from personnel.models import Employment
from policy.models import PolicyVersion


@dataclass(frozen=True)
class ShownStep:
    text: str
    path: str
    cite: str
    status: str


@dataclass(frozen=True)
class ShownLine:
    code: str
    name: str
    standard: int
    amount: int
    paid: bool
    assumed: bool
    cite: str
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True)
class ShownArrears:
    month: str
    line: str
    name: str
    paid: int
    due: int
    amount: int


@dataclass(frozen=True)
class ShownInput:
    code: str
    name: str
    text: str


@dataclass(frozen=True)
class ShownSlip:
    """A slip with its lines; money in fen."""

    person: int
    person_name: str
    unit_name: str
    month: date
    run: int
    state: str
    fingerprint: str
    policy_name: str
    policy_version: str
    gross: int
    arrears_sum: int
    lines: tuple[ShownLine, ...]
    arrears: tuple[ShownArrears, ...]
    inputs: tuple[ShownInput, ...]
    compared: str

    @property
    def together(self) -> int:
        return self.gross + self.arrears_sum

    @property
    def has_assumed(self) -> bool:
        return any(line.assumed for line in self.lines)

    def as_data(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "person": self.person,
            "name": self.person_name,
            "unit": self.unit_name,
            "month": f"{self.month:%Y-%m}",
            "run": self.run,
            "state": self.state,
            "fingerprint": self.fingerprint,
            "policy": {"name": self.policy_name, "version": self.policy_version},
            "gross": self.gross,
            "arrears": self.arrears_sum,
            "lines": [
                {
                    "code": line.code,
                    "name": line.name,
                    "standard": line.standard,
                    "amount": line.amount,
                    "paid": line.paid,
                    "assumed": line.assumed,
                    "cite": line.cite,
                    "steps": [
                        {"text": step.text, "path": step.path, "cite": step.cite, "status": step.status}
                        for step in line.steps
                    ],
                }
                for line in self.lines
            ],
            "arrears_lines": [one.__dict__ for one in self.arrears],
            "inputs": {one.code: one.text for one in self.inputs},
        }


def slips_list(*, user: User, run: int | None = None, person_id: int | None = None) -> QuerySet[PaySlip]:
    """The slips of the user's units, of a run or a person if asked."""
    rows = PaySlip.objects.select_related("person", "unit", "run")
    if run is not None:
        rows = rows.filter(run_id=run)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    return scope_for(user, Permission.VIEW_PAY).filter(rows, "unit__path").order_by("-month", "unit__path", "person_id")


def slips_of_person(*, user: User, person_id: int) -> QuerySet[PaySlip]:
    """A person's months, newest first, as far as they lie in the user's units; NotFound for a person outside them."""
    _visible(user, person_id)
    return slips_list(user=user, person_id=person_id)


def grades_of_person(*, user: User, person_id: int) -> QuerySet[GradeSpan]:
    _visible(user, person_id)
    return GradeSpan.objects.filter(person_id=person_id).select_related("run").order_by("scale", "-start")


def _visible(user: User, person_id: int) -> None:
    employed = Employment.objects.filter(person_id=person_id)
    if not scope_for(user, Permission.VIEW_PAY).filter(employed).exists():
        raise NotFound(_("There is no such person among those you may look at."))


def slip_for(*, user: User, person_id: int, month: Month, explained: bool) -> ShownSlip:
    """One slip for a user who may look at pay in its unit. Raises NotFound."""
    slip = slips_list(user=user, person_id=person_id).filter(month=month.first_day).first()
    if slip is None:
        raise NotFound(_("There is no payslip of %(month)s among those you may look at.") % {"month": month})
    return _shown(slip, explained=explained)


def slip_for_system(*, person_id: int, month: Month, explained: bool) -> ShownSlip:
    slip = (
        PaySlip.objects.select_related("person", "unit", "run")
        .filter(person_id=person_id, month=month.first_day)
        .first()
    )
    if slip is None:
        raise NotFound(_("There is no payslip of %(month)s for this person.") % {"month": month})
    return _shown(slip, explained=explained)


def _shown(slip: PaySlip, *, explained: bool) -> ShownSlip:
    chinese = str(get_language()).startswith("zh")
    run = slip.run
    names = {line["code"]: line["name"] if chinese else line["name_en"] for line in run.lines}
    steps = {line.code: line.steps for line in explained_lines_for_system(slip)} if explained else {}
    words = PolicyWords(PolicyVersion.objects.get(pk=run.policies[0]["id"]).document)
    policy = run.policies[0]
    by_hand = _by_hand(slip, steps)
    lines = tuple(
        ShownLine(
            code=line["code"],
            name=names[line["code"]],
            standard=standard,
            amount=amount,
            paid=line["paid"],
            assumed=bool(slip.assumed >> n & 1),
            cite=line["cite"] or "",
            steps=tuple(
                ShownStep(
                    step_text(step.kind, step.value, words.told(step.facts), names.get(step.ref, step.ref)),
                    step.leaf.path if step.leaf else "",
                    (step.leaf.cite or "") if step.leaf else "",
                    str(step.leaf.status) if step.leaf else "",
                )
                for step in steps.get(line["code"], ())
            )
            + by_hand.get(line["code"], ()),
        )
        for n, (line, standard, amount) in enumerate(zip(run.lines, slip.standards, slip.amounts, strict=True))
        if standard or amount or steps.get(line["code"])
    )
    return ShownSlip(
        person=slip.person_id,
        person_name=slip.person.name,
        unit_name=slip.unit.name,
        month=slip.month,
        run=run.pk,
        state=run.get_state_display(),
        fingerprint=run.fingerprint,
        policy_name=policy["name"] if chinese else policy["name_en"],
        policy_version=policy["version"],
        gross=slip.gross,
        arrears_sum=slip.arrears,
        lines=lines,
        arrears=_arrears(slip, names),
        inputs=_inputs(slip, words),
        compared=_compared(slip),
    )


def _by_hand(slip: PaySlip, steps: dict[str, tuple[Step, ...]]) -> dict[str, tuple[ShownStep, ...]]:
    """The entries behind the lines that were entered by hand, with their reasons: entries as they stand today, shown
    only where they add up to at least what the slip says. An amount approved later is arrears of another slip.
    """
    manual = {code for code, own in steps.items() if any(step.kind == "MANUAL" and step.value for step in own)}
    if not manual:
        return {}
    standards = {line["code"]: standard for line, standard in zip(slip.run.lines, slip.standards, strict=True)}
    entries = manual_entries_for_system(slip.person_id, Month.of(slip.month))
    capped = {code for code in manual if any(step.kind == "AT_MOST_YUAN" for step in steps[code])}
    found: dict[str, tuple[ShownStep, ...]] = {}
    for code in manual:
        items = entries.get(code, [])
        together = sum(item.amount for item in items)
        if together == standards[code] or (code in capped and together > standards[code]):
            found[code] = tuple(ShownStep(_entry_text(item), "", "", "") for item in items)
    return found


def _entry_text(item: ManualItem) -> str:
    return _("%(yuan)s: %(reason)s (entered by %(entered)s, approved by %(approved)s)") % {
        "yuan": format_yuan(item.amount),
        "reason": item.reason,
        "entered": item.entered_by or _("the system"),
        "approved": item.approved_by,
    }


def _arrears(slip: PaySlip, names: dict[str, str]) -> tuple[ShownArrears, ...]:
    if not slip.arrears:
        return ()
    return tuple(
        ShownArrears(f"{one.month:%Y-%m}", one.line, names.get(one.line, one.line), one.paid, one.due, one.amount)
        for one in ArrearsLine.objects.filter(run_id=slip.run_id, person_id=slip.person_id).order_by("month", "id")
    )


def _inputs(slip: PaySlip, words: PolicyWords) -> tuple[ShownInput, ...]:
    values = input_values(slip.run.inputs, slip.input_codes, slip.input_numbers)
    return tuple(
        ShownInput(name, words.fact(name), words.value(name, value))
        for name, value in values.items()
        if value is not None
    )


def _compared(slip: PaySlip) -> str:
    """One sentence: how much more or less than in the month before."""
    before = (
        PaySlip.objects.filter(month=Month.of(slip.month).previous().first_day, person_id=slip.person_id)
        .values_list("gross", flat=True)
        .first()
    )
    if before is None:
        return ""
    change = slip.gross - before
    if change == 0:
        return _("The same as in the month before.")
    if change > 0:
        return _("%(yuan)s yuan more than in the month before.") % {"yuan": format_yuan(change)}
    return _("%(yuan)s yuan less than in the month before.") % {"yuan": format_yuan(-change)}
