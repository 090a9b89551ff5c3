"""Pay runs and promotion runs as their pages show them. What lies outside the user's units does not exist for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.services.runs import Progress
from organization.access import after, may, scope_for
from organization.models import Permission, Unit, UnitKind, User
from payroll.models import (
    LEFT_OUT,
    MOVED,
    ArrearsLine,
    PayDifference,
    PayLeftOut,
    PayRun,
    PaySlip,
    PromotionKind,
    PromotionOutcome,
    PromotionRun,
)
from payroll.models.wording import CauseCode, PolicyWords
from payroll.rules.payers import borne
from personnel.models import Employment, Person
from personnel.models.ranges import holding
from policy.models import PolicyVersion


def pay_runs(*, user: User) -> QuerySet[PayRun]:
    """The pay runs of units in which the user may look at pay, newest first."""
    runs = PayRun.objects.select_related("unit", "started_by", "confirmed_by").order_by("-id")
    return scope_for(user, Permission.VIEW_PAY).filter(runs)


def pay_run_get(*, user: User, number: int) -> PayRun:
    run = pay_runs(user=user).filter(pk=number).first()
    if run is None:
        raise NotFound(_("There is no pay run %(number)s among those you may look at.") % {"number": number})
    return run


def promotion_runs(*, user: User) -> QuerySet[PromotionRun]:
    runs = PromotionRun.objects.select_related("unit", "started_by", "confirmed_by").order_by("-id")
    return scope_for(user, Permission.VIEW_PAY).filter(runs)


def promotion_run_get(*, user: User, number: int) -> PromotionRun:
    run = promotion_runs(user=user).filter(pk=number).first()
    if run is None:
        raise NotFound(_("There is no promotion run %(number)s among those you may look at.") % {"number": number})
    return run


def person_of_run_for_system(run: PromotionRun) -> int | None:
    """The number of the person whom alone a run is about; None for a run of a unit, and for a file that is deleted."""
    return Person.objects.filter(key=run.subject).values_list("pk", flat=True).first() if run.subject else None


def job_today_for_system(person: Person) -> Employment | None:
    """Where somebody is employed today; a run about them alone begins there."""
    return person.employments.filter(holding(timezone.localdate())).select_related("unit").order_by("-start").first()


def run_progress(*, user: User, run: PayRun | PromotionRun) -> Progress:
    """How far a run is, counted from its batches."""
    from core.services.runs import progress

    return progress(run=run)


@dataclass(frozen=True)
class Allowed:
    """What the user may do with a run next, and who has to do it if they may not. prepare: take steps and leave people
    out; reverse: take back what is confirmed.
    """

    seal: bool
    cancel: bool
    why_not: str
    prepare: bool = False
    reverse: bool = False


def pay_run_allowed(*, user: User, run: PayRun) -> Allowed:
    """Which buttons the run's page has for this user."""
    waiting = run.state == "READY" and not run.dry_run
    may_seal = may(user, Permission.SEAL_PAY, run.unit)
    own = run.started_by_id is not None and run.started_by_id == user.pk
    why = ""
    if waiting and own:
        why = _("You started this run; somebody else has to seal it.")
    elif waiting and not may_seal:
        why = _("Finance seals this run.")
    return Allowed(
        seal=waiting and may_seal and not own,
        cancel=run.state in ("RUNNING", "READY", "FAILED") and may(user, Permission.RUN_PAY, run.unit),
        why_not=why,
    )


# -- Differences --------------------------------------------------------------------------------------------------------


def differences(
    *, user: User, run: PayRun, cause: str = "", street: str = "", order: str = "change"
) -> QuerySet[PayDifference]:
    """Who gets more or less than in the month before. order: change (largest first) | unit | name."""
    rows = PayDifference.objects.filter(run=run).select_related("person", "unit")
    rows = scope_for(user, Permission.VIEW_PAY).filter(rows)
    if cause:
        rows = rows.filter(codes__contains=[cause])
    if street:
        rows = rows.filter(unit_path__gte=street, unit_path__lt=after(street))
    orders: Mapping[str, tuple[Any, ...]] = {
        "unit": ("unit_path", "person__name_pinyin", "person_id"),
        "name": ("person__name_pinyin", "person_id"),
    }
    return (
        rows.order_by(*orders.get(order, (F("delta") * F("delta"),)), "person_id")
        if order in orders
        else (rows.alias(size=F("delta") * F("delta")).order_by("-size", "person_id"))
    )


@dataclass(frozen=True)
class DifferenceCards:
    """The figures above the table of differences; money in fen."""

    people: int
    changed: int
    unchanged: int
    more: int
    less: int
    joined: int
    left: int
    month_sum: int
    year_sum: int
    unexplained: int
    above_30_percent: int


def difference_cards(*, user: User, run: PayRun) -> DifferenceCards:
    rows = differences(user=user, run=run, order="unit").order_by()
    found = rows.aggregate(
        changed=Count("pk"),
        more=Count("pk", filter=Q(delta__gt=0)),
        less=Count("pk", filter=Q(delta__lt=0)),
        joined=Count("pk", filter=Q(old__isnull=True)),
        left=Count("pk", filter=Q(new__isnull=True)),
        month_sum=Sum("delta"),
        unexplained=Count("pk", filter=~Q(unexplained=0)),
        above_30_percent=Count(
            "pk",
            filter=Q(old__isnull=False, new__isnull=False)
            & (Q(delta__gt=F("old") * 0.3) | Q(delta__lt=F("old") * -0.3)),
        ),
    )
    people = int(run.totals.get("people", 0))
    return DifferenceCards(
        people=people,
        changed=found["changed"],
        unchanged=max(0, people - found["changed"] + found["left"]),
        more=found["more"],
        less=found["less"],
        joined=found["joined"],
        left=found["left"],
        month_sum=found["month_sum"] or 0,
        year_sum=12 * (found["month_sum"] or 0) - 11 * _paid_once(user, run),
        unexplained=found["unexplained"],
        above_30_percent=found["above_30_percent"],
    )


def _paid_once(user: User, run: PayRun) -> int:
    """What of the change belongs to this month alone and will not come again in the eleven that follow."""
    return sum(cause["amount"] for cause in difference_causes(user=user, run=run) if cause["code"] in ONCE)


ONCE = (CauseCode.CYCLE, CauseCode.MANUAL, CauseCode.DAYS)
CauseNames = PolicyWords


def cause_names_for_system(run: PayRun) -> CauseNames:
    """How the causes of a run's differences are called: facts and scales in the words of its rules."""
    return PolicyWords(PolicyVersion.objects.get(pk=run.policies[0]["id"]).document)


def difference_causes(*, user: User, run: PayRun) -> list[dict[str, Any]]:
    """The causes with how many people and how much they make: [{"code", "people", "amount"}, …], largest first."""
    paths = scope_for(user, Permission.VIEW_PAY).within(run.unit_path).paths
    conditions = " OR ".join("(d.unit_path >= %s AND d.unit_path < %s)" for _path in paths) or "false"
    bounds = [bound for path in paths for bound in (path, after(path))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c->>'code', count(DISTINCT d.id), sum((c->>'amount')::bigint)
                  FROM payroll_paydifference d CROSS JOIN LATERAL jsonb_array_elements(d.causes) c
                 WHERE d.run_id = %s AND ({conditions}) GROUP BY 1 ORDER BY abs(sum((c->>'amount')::bigint)) DESC, 1""",
            [run.pk, *bounds],
        )
        return [{"code": code, "people": people, "amount": int(amount)} for code, people, amount in cursor.fetchall()]


def streets_of_run(*, user: User, run: PayRun) -> QuerySet[Unit]:
    """The streets of a run's scope, for the filter."""
    units = Unit.objects.filter(kind=UnitKind.STREET, path__gte=run.unit_path, path__lt=after(run.unit_path))
    return scope_for(user, Permission.VIEW_PAY).filter(units, "path").order_by("path")


# -- Slips and totals ---------------------------------------------------------------------------------------------------


def slips(*, user: User, run: PayRun) -> QuerySet[PaySlip]:
    """The slips of a run that lie in the user's units, in the order of the tree."""
    rows = PaySlip.objects.filter(run=run).select_related("person", "unit")
    return scope_for(user, Permission.VIEW_PAY).filter(rows, "unit__path").order_by("unit__path", "person_id")


def left_out(*, user: User, run: PayRun) -> QuerySet[PayLeftOut]:
    rows = PayLeftOut.objects.filter(run=run).select_related("person")
    return scope_for(user, Permission.VIEW_PAY).filter(rows).order_by("unit_path", "person_id")


def arrears(*, user: User, run: PayRun, person: int | None = None) -> QuerySet[ArrearsLine]:
    rows = ArrearsLine.objects.filter(run=run).select_related("person").order_by("person_id", "month", "id")
    if person is not None:
        rows = rows.filter(person_id=person)
    visible = slips(user=user, run=run).values("person_id")
    return rows.filter(person_id__in=visible)


@dataclass(frozen=True)
class UnitTotal:
    """A line of the table of totals; money in fen. lines: sum by code."""

    unit: str
    path: str
    people: int
    gross: int
    least: int
    most: int
    lines: tuple[tuple[str, int], ...]

    @property
    def mean(self) -> int:
        from core.money import round_ratio

        return int(round_ratio(self.gross, self.people, "half_up")) if self.people else 0


def unit_totals(*, user: User, run: PayRun) -> list[UnitTotal]:
    """The run's sums by street (by unit where there is no street above), in the order of the tree."""
    scope = scope_for(user, Permission.VIEW_PAY).within(run.unit_path)
    conditions = " OR ".join("(u.path >= %s AND u.path < %s)" for _path in scope.paths) or "false"
    bounds = [bound for path in scope.paths for bound in (path, after(path))]
    street = "array_to_string((string_to_array(u.path, '/'))[1:4], '/') || '/'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {street}, count(*), sum(s.gross)::bigint, min(s.gross), max(s.gross)
                  FROM payroll_payslip s JOIN organization_unit u ON u.id = s.unit_id
                 WHERE s.run_id = %s AND ({conditions}) GROUP BY 1 ORDER BY 1""",
            [run.pk, *bounds],
        )
        groups: list[tuple[str, int, int, int, int]] = [
            (str(path).replace("//", "/"), int(people), int(gross), int(least), int(most))
            for path, people, gross, least, most in cursor.fetchall()
        ]
        cursor.execute(
            f"""SELECT {street}, n.line, sum(n.fen)::bigint
                  FROM payroll_payslip s JOIN organization_unit u ON u.id = s.unit_id
                  CROSS JOIN LATERAL unnest(s.amounts) WITH ORDINALITY AS n (fen, line)
                 WHERE s.run_id = %s AND ({conditions}) GROUP BY 1, 2""",
            [run.pk, *bounds],
        )
        sums: dict[str, dict[int, int]] = {}
        for path, line, fen in cursor.fetchall():
            sums.setdefault(str(path).replace("//", "/"), {})[int(line)] = int(fen)
    names = dict(Unit.objects.filter(path__in=[group[0] for group in groups]).values_list("path", "name"))
    return [
        UnitTotal(
            unit=names.get(path, run.unit.name),
            path=path,
            people=people,
            gross=gross,
            least=least,
            most=most,
            lines=tuple((line["code"], sums.get(path, {}).get(n, 0)) for n, line in enumerate(run.lines, start=1)),
        )
        for path, people, gross, least, most in groups
    ]


def payer_totals(*, user: User, run: PayRun) -> list[tuple[str, int]]:
    """What each payer bears (fen) of the whole run, largest first (`payroll.rules.payers`)."""
    sums: dict[str, int] = {}
    for total in unit_totals(user=user, run=run):
        for code, fen in total.lines:
            sums[code] = sums.get(code, 0) + fen
    payers = borne((line, sums.get(line["code"], 0)) for line in run.lines)
    return sorted(payers.items(), key=lambda pair: (-pair[1], pair[0]))


def observed_range(*, user: User, run: PayRun) -> dict[str, int | None]:
    """Least, mean and most of the slips the user may see (fen)."""
    found = (
        slips(user=user, run=run)
        .order_by()
        .aggregate(least=Min("gross"), most=Max("gross"), people=Count("person_id"), gross=Sum("gross"))
    )
    from core.money import round_ratio

    mean = int(round_ratio(found["gross"], found["people"], "half_up")) if found["people"] else None
    return {"least": found["least"], "mean": mean, "most": found["most"], "people": found["people"]}


# -- Promotion ----------------------------------------------------------------------------------------------------------


def outcomes(
    *, user: User, run: PromotionRun, moving: bool | None = None, code: str = "", left_out: bool = False
) -> QuerySet[PromotionOutcome]:
    """Everybody's outcome with its reason; moving True: who rises or falls, False: who stays. left_out: only those who
    are exceptions or whom the rules give no value.
    """
    rows = promotion_outcomes(user=user).filter(run=run)
    if left_out:
        rows = rows.filter(LEFT_OUT)
    if moving is not None:
        rows = rows.filter(MOVED if moving else ~MOVED)
    if code:
        rows = rows.filter(code=code)
    return rows.order_by("unit_path", "person__name_pinyin", "person_id", "scale")


def promotion_outcomes(*, user: User) -> QuerySet[PromotionOutcome]:
    """The outcomes of all runs for people of units in which the user may look at pay, newest run first."""
    rows = PromotionOutcome.objects.select_related("person", "unit")
    return scope_for(user, Permission.VIEW_PAY).filter(rows).order_by("-run_id", "unit_path", "person_id", "scale")


def promotion_allowed(*, user: User, run: PromotionRun) -> Allowed:
    waiting = run.state == "READY"
    may_confirm = may(user, Permission.CONFIRM_PROMOTION, run.unit)
    may_run = may(user, Permission.RUN_PROMOTION, run.unit)
    own = run.started_by_id is not None and run.started_by_id == user.pk
    why = ""
    if waiting and own:
        why = _("You started this run; somebody else has to confirm it.")
    elif waiting and not may_confirm:
        why = _("The approver of the organisation department confirms this run.")
    return Allowed(
        seal=waiting and may_confirm and not own,
        cancel=run.state in ("RUNNING", "READY", "FAILED") and may_run,
        why_not=why,
        prepare=waiting and may_run,
        reverse=(
            run.state == "CONFIRMED"
            and run.kind == PromotionKind.CONVERSION
            and may_confirm
            and run.confirmed_by_id != user.pk
        ),
    )
