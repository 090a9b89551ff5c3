"""Writes of the examination: marks are pasted, the ranking is worked out and kept, people put equals in order."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import Refused
from core.services.tables import copy_rows, csv_rows, csv_text
from organization.access import require
from organization.models import Permission, User
from recruitment.models import Applicant, ApplicationState, Mark, Plan, PlanState, Position, Ranking, RankingRow, Side
from recruitment.rules.exam import columns_of
from recruitment.rules.pasting import CellFault, pasted
from recruitment.rules.ranking import MISSING
from recruitment.selectors import exam_of_plan_for_system, examined_for_system, section_for_system
from recruitment.services.steps import Faults, locked_plan, reason_of, refuse, trace

SHOWN = 200  # faults of a grid that are said at once


@transaction.atomic
def marks_enter(*, actor: User, plan: Plan, part: str, text: str) -> int:
    """Take the marks of a part as pasted from a table: an applicant's number, then a mark a column. Returns how many rows.

    Whoever has marks of this part already gets the new ones. All of the grid or none; raises Refused with everything
    that is wrong, each with its row and column.
    """
    require(actor, Permission.CHANGE_PEOPLE, plan.unit)
    plan = locked_plan(plan, PlanState.SCREENED, PlanState.RANKED)
    section = section_for_system(plan)
    exam_of_plan_for_system(plan)
    assert section is not None
    assert section.exam is not None
    spec = next((one for one in section.exam.parts if one.code == part), None)
    if spec is None:
        raise Refused([_("The examination has no part “%(part)s”.") % {"part": part}], {"part": [_("Choose a part.")]})
    known = dict(Applicant.objects.filter(plan=plan, state=ApplicationState.ADMITTED).values_list("number", "pk"))
    columns = columns_of(spec)
    marks, faults = pasted(text, known.keys(), columns)
    errors = [_fault_words(fault, columns) for fault in faults[:SHOWN]]
    if not marks and not errors:
        errors.append(_("Paste a table: the applicant's number in the first column, marks after it."))
    if errors:
        raise Refused(errors, {"grid": errors})
    subjects = [one.code for one in spec.subjects]
    rows = [
        Mark(
            applicant_id=known[one.number],
            part=part,
            subject=subjects[one.column - 1] if subjects else "",
            judge=one.column if spec.judges is not None else 0,
            mark=one.mark,
        )
        for one in marks
    ]
    people = {row.applicant_id for row in rows}
    Mark.objects.filter(applicant__in=people, part=part).delete()
    Mark.objects.bulk_create(rows, batch_size=1000)
    trace(actor, "marks.enter", plan, after={"part": part, "people": len(people), "marks": len(rows)})
    return len(people)


@transaction.atomic
def ranking_make(*, actor: User, plan: Plan) -> Ranking:
    """Work out the ranking by the marks of now and keep it with the rules. Raises Refused while marks are missing."""
    require(actor, Permission.CHANGE_PEOPLE, plan.unit)
    plan = locked_plan(plan, PlanState.SCREENED, PlanState.RANKED)
    assert plan.version is not None
    rows = examined_for_system(plan)
    missing = rows.filter(pl.col("state") == MISSING)["applicant"].to_list()
    if missing:
        first = Applicant.objects.filter(pk__in=missing).order_by("number").values_list("number", "name")[:20]
        names = "、".join(f"{number} {name}" for number, name in first)
        raise Refused(
            [
                _("%(count)s have no marks yet: %(names)s. Enter them, or 缺考 for who was absent.")
                % {"count": len(missing), "names": names}
            ]
        )
    if not rows.height:
        raise Refused([_("Nobody has been admitted, so there is nobody to rank.")])
    latest = Ranking.objects.filter(plan=plan).aggregate(number=Max("number"))["number"] or 0
    ranking = Ranking.objects.create(plan=plan, number=latest + 1, version=plan.version, made_by=actor)
    copy_rows(RankingRow._meta.db_table, _ROW, _rows_text(ranking, rows), csv=True)
    plan.state = PlanState.RANKED
    plan.save(update_fields=["state"])
    trace(
        actor,
        "ranking.make",
        plan,
        after={"number": ranking.number, "people": rows.height, "rules": plan.version.sha256},
    )
    return ranking


@transaction.atomic
def equals_order(*, actor: User, plan: Plan, position: Position, numbers: Sequence[int], reason: str) -> Ranking:
    """People decide the order of equals of a post across the line: all of them, by number; the ranking follows.

    Raises Refused where these are not exactly those who are equal, or without a reason.
    """
    require(actor, Permission.CHANGE_PEOPLE, plan.unit)
    plan = locked_plan(plan, PlanState.RANKED)
    newest = Ranking.objects.filter(plan=plan).order_by("-number").first()
    rows = RankingRow.objects.filter(ranking=newest, position=position, side=Side.UNDECIDED).select_related("applicant")
    equal = {row.applicant.number: row.applicant for row in rows}
    faults: Faults = {}
    text = reason_of(reason, faults, _("Say in 1 to 200 characters how the order was decided."))
    if not equal or sorted(numbers) != sorted(equal):
        faults["numbers"] = [
            _("Name each of the equals once, in their order: %(numbers)s.")
            % {"numbers": ", ".join(map(str, sorted(equal)))}
        ]
    refuse(faults)
    for order, number in enumerate(numbers, start=1):
        Applicant.objects.filter(pk=equal[number].pk).update(decided=order)
    trace(actor, "equals.order", plan, after={"line": position.pk, "order": list(numbers), "reason": text})
    return ranking_make(actor=actor, plan=plan)


_ROW = (
    "applicant_id", "position_id", "standing", "total", "place", "equals", "by", "side", "values", "ranking_id",
)  # fmt: skip


def _rows_text(ranking: Ranking, rows: pl.DataFrame) -> bytes:
    """The lines of a ranking as CSV; values: what the total was worked out from, by the names of the rules."""
    scores = [name for name in rows.columns if name.startswith(("score:", "weighted:"))]
    values = pl.struct(*scores, "bonus", "failed", "posts").struct.json_encode()
    texts = {name: pl.col(name).cast(pl.String).fill_null("") for name in ("state", "by", "side")}
    return csv_rows(
        [
            pl.col("applicant"), pl.col("position"), csv_text(texts["state"]), pl.col("total"), pl.col("place"),
            pl.col("equals"), csv_text(texts["by"]), csv_text(texts["side"]), csv_text(values), pl.lit(ranking.pk),
        ],
        rows,
    )  # fmt: skip


def _fault_words(fault: CellFault, columns: Sequence[str]) -> str:
    words = {
        "NUMBER": _("Row %(row)s: “%(found)s” is no applicant's number."),
        "UNKNOWN": _("Row %(row)s: nobody who is admitted has the number %(found)s."),
        "TWICE": _("Row %(row)s: the number %(found)s stands in an earlier row already."),
        "MARK": _(
            "Row %(row)s, column %(column)s: “%(found)s” is no mark. Write 0 to 100 with two decimals at most, or 缺考."
        ),
        "BOUNDS": _("Row %(row)s, column %(column)s: %(found)s is more than 100."),
        "WIDTH": _("Row %(row)s has %(found)s marks; 1 to %(most)s belong there."),
        "AWAY": _("Row %(row)s: somebody was absent or has marks, not both."),
    }
    return words[fault.code] % {"row": fault.row, "column": fault.column, "found": fault.found, "most": len(columns)}
