"""Tables of seats (员额使用), yearly results (考核) and pay (薪酬), for each unit below."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from assessment.models import Evaluation, PoolCap
from assessment.selectors.conflicts import grade_names_for_system
from organization.access import after, scope_for
from organization.models import Permission, Unit, User, units_on
from payroll.models import PayRun
from payroll.rules.payers import borne
from payroll.templatetags.payroll import payer_name
from reports.indicators import INDICATORS
from reports.rules.rounding import half_up
from reports.rules.tables import WITHHELD, Cell, Column, StandardTable, number, totalled, vacant_and_over, value
from reports.selectors.figures import by_shapes, cells
from reports.selectors.tables.kinds import TableQuestion, by_unit, lines_for_system, of_whole
from staffing.selectors import approved_on_for_system, formulas_for_system


def quota(user: User, question: TableQuestion) -> StandardTable:
    """Approved and filled seats of each unit below, and frozen ones where there are any; in a line of its own what of the
    unit's seats isn't shared out.

    A unit may be full while one below it has seats to fill, so that vacant seats and people beyond don't add up.
    """
    unit, day = question.unit, question.day
    level = unit.path.count("/")
    occupied = by_unit(user, question.of("occupied"))
    below = list(Unit.objects.filter(units_on(day), parent__path=unit.path).order_by("path"))
    approved = approved_on_for_system([unit, *below], day)
    formulas = {  # a number that can't be worked out is none
        key: one for key, one in formulas_for_system([unit, *below], day).items() if one.computed.known
    }
    shared = {one.path.split("/")[level]: approved[one.first_row] for one in below if one.first_row in approved}
    seats, frozen = {key: one.number for key, one in shared.items()}, {key: one.frozen for key, one in shared.items()}
    own = approved.get(unit.first_row)
    if own is not None and (rest := own.number - sum(seats.values())):
        seats[""] = rest
    if own is not None:
        frozen[""] = own.frozen - sum(frozen.values())
    any_frozen = any(frozen.values())
    ranges = {one.path.split("/")[level]: formulas[one.first_row].range for one in below if one.first_row in formulas}
    if not below and unit.first_row in formulas:
        ranges[""] = formulas[unit.first_row].range
    lines = lines_for_system(question, {*(key[0] for key in occupied), *seats})
    rows: list[list[Cell]] = []
    for line in lines:
        filled = number(occupied.get((line.key,)))
        apart = line.key or not below  # what isn't shared out has no people of its own
        ice = frozen.get(line.key, 0)
        vacant, over = vacant_and_over(seats.get(line.key), filled, ice) if apart else (None, None)
        use = _use(seats.get(line.key), filled) if apart else None
        rows.append([line.name, ranges.get(line.key), seats.get(line.key), filled, ice, vacant, over, use])
    total = totalled(rows, _("Total"), {3: lambda: number(of_whole(user, question.of("occupied"))[()])})
    total[1] = formulas[unit.first_row].range if unit.first_row in formulas else None
    ice = own.frozen if own is not None else 0
    total[4:] = [
        ice,
        *vacant_and_over(own.number if own is not None else None, total[3], ice),
        _use(total[2], total[3]),
    ]
    columns = [
        Column(_("Unit"), number=False, width=20),
        Column(_("By the rules"), number=False),
        Column(_("Approved seats")),
        Column(_("Filled")),
        Column(pgettext("seats", "Frozen")),
        Column(_("Vacant")),
        Column(_("Beyond")),
        Column(_("Use (%)")),
    ]
    if not any_frozen:
        del columns[4]
        for row in (total, *rows):
            del row[4]
    return StandardTable(
        "quota", _("Use of approved seats, by unit"), unit.name, unit.code, day, None, columns, rows, total, [line.code for line in lines],
        [
            str(INDICATORS["occupied"].population.text),
            _("Vacant and beyond are those of each line's own unit, in the last line those of the unit as a whole."),
        ],
    )  # fmt: skip


def _use(approved: Cell, filled: Cell) -> Cell:
    if WITHHELD in (approved, filled):
        return WITHHELD
    return (
        half_up(100 * filled, approved, 1)
        if isinstance(approved, int) and isinstance(filled, int) and approved > 0
        else None
    )


def results(user: User, question: TableQuestion) -> StandardTable:
    """Closed results of the year of the day by grade, with the places that caps give.

    A cap counts in the line of the unit over which it is taken; one that is taken above all lines isn't shown.
    """
    graded = question.of("results")
    people, grades = by_shapes(user=user, asked=[(graded, ("unit",)), (graded, ("unit", "result"))])
    caps, names = _caps(user, question)
    codes = sorted(
        {key[1] for key in grades} | {grade for _key, grade in caps}, key=lambda code: (not code, _rank(names, code))
    )
    lines = lines_for_system(question, {*(key[0] for key in people), *(key for key, _grade in caps)})
    columns = [Column(_("Unit"), number=False, width=20), Column(_("People assessed"))]
    whole = {1: lambda: number(of_whole(user, graded)[()])}
    for code in codes:
        name = names.get(code, code) or _("not graded")
        columns.append(Column(name, _("Grade")))
        if any(grade == code for _key, grade in caps):
            columns.append(Column(_("%(grade)s at most") % {"grade": name}, _("Grade"), width=12))
    rows: list[list[Cell]] = []
    for line in lines:
        row: list[Cell] = [line.name, number(people.get((line.key,)))]
        for code in codes:
            row.append(number(grades.get((line.key, code))))
            if any(grade == code for _key, grade in caps):
                row.append(caps.get((line.key, code)))
        rows.append(row)
    return StandardTable(
        "results", _("Yearly results of %(year)s") % {"year": question.day.year}, question.unit.name,
        question.unit.code, question.day, None, columns, rows, totalled(rows, _("Total"), whole), [line.code for line in lines],
        [str(INDICATORS["results"].population.text)],
    )  # fmt: skip


def _rank(names: dict[str, str], code: str) -> tuple[int, str]:
    order = list(names)
    return (order.index(code) if code in names else len(order), code)


def _caps(user: User, question: TableQuestion) -> tuple[dict[tuple[str, str], int], dict[str, str]]:
    """The places of capped grades by the unit below and the grade, and the places' own names of grades."""
    path, level = question.unit.path, question.unit.path.count("/")
    closed = Evaluation.objects.filter(cycle="year", year=question.day.year, state="CLOSED")
    names: dict[str, str] = {}
    for run in closed.filter(pools__unit_path__gte=path, pools__unit_path__lt=after(path)).distinct().order_by("pk"):
        names |= {code: name for code, name in grade_names_for_system(run).items() if code not in names}
    if not scope_for(user, Permission.VIEW_RESULTS).covers(path):
        return {}, names
    found: dict[tuple[str, str], int] = {}
    rows = PoolCap.objects.filter(
        pool__evaluation__in=closed, pool__unit_path__gte=path, pool__unit_path__lt=after(path)
    ).values_list("pool__unit_path", "grade", "at_most")
    for place, grade, most in rows:
        key = (place.split("/")[level], grade)
        found[key] = found.get(key, 0) + most
    return found, names


def pay(user: User, question: TableQuestion) -> StandardTable:
    """Sealed payslips of the month of the day: how many, what they come to together, each payer's part, and the mean,
    least and highest. Money in yuan."""
    codes = ("pay_sum", "pay_mean", "pay_least", "pay_most")
    found = cells(user=user, questions=[question.of(code) for code in codes], by=("unit",))
    whole = {code: found[code].pop(()) for code in codes}
    open_ = scope_for(user, Permission.VIEW_PAY).covers(question.unit.path)
    payers = _payers(question) if open_ else {}
    every = sorted({payer for _key, payer in payers})
    lines = lines_for_system(question, {*(key[0] for key in found["pay_sum"])})
    columns = [
        Column(_("Unit"), number=False, width=20),
        Column(_("People paid")),
        Column(_("Gross pay (yuan)"), width=16),
        *(Column(payer_name(payer), _("Of which by payer (yuan)"), width=14) for payer in every),
        Column(_("Mean (yuan)"), width=12),
        Column(_("Least (yuan)"), width=12),
        Column(_("Highest (yuan)"), width=12),
    ]
    rows: list[list[Cell]] = []
    for line in lines:
        one = {code: found[code].get((line.key,)) for code in codes}
        mean = one["pay_mean"]
        heads: Cell = 0 if mean is None else WITHHELD if mean.withheld else mean.denominator
        rows.append(
            [
                line.name,
                heads,
                value(one["pay_sum"]) if one["pay_sum"] is not None else Decimal("0.00"),
                *(_yuan(payers.get((line.key, payer), 0)) for payer in every),
                *(value(one[code]) for code in codes[1:]),
            ]
        )
    heads_of_all: Cell = WITHHELD if whole["pay_mean"].withheld else whole["pay_mean"].denominator or 0
    total = totalled(rows, _("Total"), {1: lambda: heads_of_all, 2: lambda: value(whole["pay_sum"])})
    total[-3:] = [value(whole[code]) for code in codes[1:]]
    return StandardTable(
        "pay", _("Pay of %(month)s") % {"month": f"{question.day:%Y-%m}"}, question.unit.name, question.unit.code,
        question.day, None, columns, rows, total, [line.code for line in lines],
        [str(INDICATORS["pay_sum"].population.text), _("Without arrears of earlier months.")],
    )  # fmt: skip


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


_LINES = """
SELECT s.run_id, split_part(u.path, '/', %s) AS below, one.place, sum(one.amount)
  FROM payroll_payslip s
  JOIN payroll_payrun r ON r.id = s.run_id AND r.state = 'SEALED'
  JOIN organization_unit u ON u.id = s.unit_id AND u.path >= %s AND u.path < %s
 CROSS JOIN unnest(s.amounts) WITH ORDINALITY AS one (amount, place)
 WHERE s.month = %s
 GROUP BY 1, 2, 3
"""


def _payers(question: TableQuestion) -> dict[tuple[str, str], int]:
    """What each payer bears (fen) by the unit below, of each unit by itself: the payers of a unit add up to its pay."""
    path = question.unit.path
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [path.count("/") + 1, path, after(path), question.day.replace(day=1)])
        rows = cursor.fetchall()
    lines = dict(PayRun.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", "lines"))
    units: dict[str, list[tuple[dict[str, Any], int]]] = {}
    for run, below, place, amount in rows:
        units.setdefault(below, []).append((lines[run][place - 1], int(amount)))
    return {(below, payer): fen for below, some in units.items() for payer, fen in borne(some).items()}
