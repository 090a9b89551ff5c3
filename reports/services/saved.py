"""Saving standard tables under a name, having them made by themselves, and what is made for the inbox.

The database is the truth: a due day is a row that exists once (a constraint), a row is made under its lock, and the
file is written in the transaction that says so. However many workers come at once, each due day has one file, by the
rights that its owner has when it is made.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO

from django.db import transaction
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.errors import ApplicationError, NotFound, Refused
from core.services import audit, audit_all
from organization.models import Unit, User
from personnel.selectors.imports import KEPT_DAYS
from reports.models import AsOf, Every, MadeReport, MadeState, Output, SavedReport
from reports.rules.schedules import LAST_DAY, next_due, period_of
from reports.selectors.figures import unit_asked
from reports.selectors.saved import made_for
from reports.selectors.tables import KINDS, TableQuestion, require_table
from reports.services.tables import table_export

MOST_REPORTS = 50  # saved by one user
MOST_WAITING = 10  # that one user has asked for and that aren't made
log = logging.getLogger(__name__)


@transaction.atomic
def report_save(
    *,
    actor: User,
    name: str,
    table: str,
    unit: Unit,
    day: date | None,
    since: date | None,
    columns: Sequence[str],
    shared: bool,
) -> SavedReport:
    """Keep a standard table with its parameters under a name; a name of the actor's own gets the new ones.

    day, since: None for today and 1 January, whenever it is run. Raises NotAllowed, Refused.
    """
    name = name.strip()
    require_table(user=actor, code=table, unit=unit)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    errors = []
    if not name:
        errors.append(_("Give the report a name."))
    if len(name) > 60:
        errors.append(_("The name of a report has 60 characters at most."))
    if SavedReport.objects.filter(owner=actor).exclude(name=name).count() >= MOST_REPORTS:
        errors.append(_("You have %(most)s reports already. Delete one first.") % {"most": MOST_REPORTS})
    if errors:
        raise Refused(errors, {"name": errors})
    values = {
        "table": table, "unit": unit, "day": day, "since": since, "columns": list(columns), "shared": shared,
    }  # fmt: skip
    report, created = SavedReport.objects.update_or_create(owner=actor, name=name, defaults=values)
    audit(
        actor=actor,
        action="reports.report_saved" if created else "reports.report_changed",
        obj=report,
        after=_told(report),
        unit_code=unit.code,
    )
    return report


@transaction.atomic
def report_schedule(
    *, actor: User, number: int, every: str, on_day: int | None, as_of: str, output: str
) -> SavedReport:
    """Have one of the actor's own made by itself from the next due day on; without `every`, no longer. Raises Refused."""
    report = _own(actor, number)
    errors: dict[str, list[str]] = {}
    if every and every not in Every.values:
        errors["every"] = [_("Choose how often.")]
    if every and (on_day is None or not 1 <= on_day <= LAST_DAY):
        errors["on_day"] = [_("Choose a day of the month from 1 to %(last)s.") % {"last": LAST_DAY}]
    if every and as_of not in AsOf.values:
        errors["as_of"] = [_("Choose of which day the report is.")]
    if output not in Output.values:
        errors["output"] = [_("Choose a workbook or a PDF.")]
    if errors:
        raise Refused([text for texts in errors.values() for text in texts], errors)
    report.every, report.as_of, report.output, report.paused = every, as_of if every else "", output, False
    report.on_day = on_day if every else None
    report.next_due = next_due(every, on_day, timezone.localdate()) if every and on_day else None
    report.save(update_fields=["every", "on_day", "as_of", "output", "paused", "next_due"])
    audit(actor=actor, action="reports.report_scheduled", obj=report, after=_told(report), unit_code=report.unit.code)
    return report


@transaction.atomic
def report_pause(*, actor: User, number: int, paused: bool) -> SavedReport:
    """Let a schedule rest, or go on from the next due day: what fell due meanwhile is not made. Raises NotFound."""
    report = _own(actor, number)
    report.paused = paused
    if report.every and report.on_day and not paused:
        report.next_due = next_due(report.every, report.on_day, timezone.localdate())
    report.save(update_fields=["paused", "next_due"])
    audit(
        actor=actor,
        action="reports.report_paused" if paused else "reports.report_resumed",
        obj=report,
        after={"name": report.name},
        unit_code=report.unit.code,
    )
    return report


@transaction.atomic
def report_delete(*, actor: User, number: int) -> None:
    """Delete one of the actor's own; what it has made stays until its time. Raises NotFound."""
    report = _own(actor, number)
    audit(actor=actor, action="reports.report_deleted", obj=report, before=_told(report), unit_code=report.unit.code)
    report.delete()


@transaction.atomic
def report_order(*, actor: User, table: str, question: TableQuestion, output: str) -> MadeReport:
    """Have a table made apart from the page, for the actor's inbox. Raises NotAllowed, Refused."""
    require_table(user=actor, code=table, unit=question.unit)
    if output not in Output.values:
        raise Refused([_("This table is big: it is made apart from the page, as a workbook or a PDF.")])
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if MadeReport.objects.filter(owner=actor, state=MadeState.WAITING).count() >= MOST_WAITING:
        raise Refused([_("%(most)s of your reports are being made. Wait for them.") % {"most": MOST_WAITING}])
    with translation.override("zh-hans"):
        name = str(KINDS[table].name)[:60]
    made = MadeReport.objects.create(
        owner=actor, name=name, table=table, unit=question.unit, day=question.day, since=question.since,
        columns=list(question.columns), output=output,
    )  # fmt: skip
    audit(
        actor=actor,
        action="reports.report_ordered",
        obj=made,
        after={"table": table, "day": str(question.day), "output": output},
        unit_code=question.unit.code,
    )
    return made


@transaction.atomic
def report_take(*, actor: User, number: int) -> MadeReport:
    """The file of a report that was made for the actor, or why there is none; it has been seen then.

    Who may no longer ask for the table doesn't get the file either. Raises NotFound, NotAllowed.
    """
    made = made_for(user=actor, number=number)
    if made.state == MadeState.MADE:
        require_table(user=actor, code=made.table, unit=made.unit)
    MadeReport.objects.filter(pk=made.pk, seen__isnull=True).update(seen=timezone.now())
    audit(
        actor=actor,
        action="reports.report_taken",
        obj=made,
        after={"export": made.export, "state": made.state},
        unit_code=made.unit.code,
    )
    return made


def reports_make(*, today: date) -> int:
    """Note what has fallen due and make whatever waits, a transaction each. Returns how many were made or refused."""
    while _note_due(today):
        pass
    done = 0
    while _make_one():
        done += 1
    return done


@transaction.atomic
def reports_forget(*, actor: User | None = None) -> int:
    """Remove what was made more than KEPT_DAYS ago, files and rows. Returns how many."""
    old = timezone.now() - timedelta(days=KEPT_DAYS)
    found = list(
        MadeReport.objects.select_for_update(skip_locked=True).filter(created__lt=old).exclude(state=MadeState.WAITING)
        .select_related(None).defer("content")
    )  # fmt: skip
    audit_all(
        actor=actor,
        entries=(
            {"action": "reports.report_forgotten", "obj": made, "before": {"export": made.export}} for made in found
        ),
    )
    MadeReport.objects.filter(pk__in=[made.pk for made in found]).delete()
    return len(found)


@transaction.atomic
def _note_due(today: date) -> bool:
    """Turn one due day of one schedule into a report that waits, and set the next."""
    report = _due(today)
    if report is None or report.next_due is None or report.on_day is None:
        return False
    since, day = period_of(report.as_of, report.next_due)
    made = MadeReport.objects.create(
        report=report, due=report.next_due, owner_id=report.owner_id, name=report.name, table=report.table,
        unit_id=report.unit_id, day=day, since=since, columns=report.columns, output=report.output,
    )  # fmt: skip
    report.next_due = next_due(report.every, report.on_day, report.next_due)
    report.save(update_fields=["next_due"])
    audit(actor=None, action="reports.report_due", obj=made, after={"report": report.pk, "due": str(made.due)})
    return True


def _due(today: date) -> SavedReport | None:
    rows = SavedReport.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.filter(paused=False, next_due__lte=today).order_by("next_due", "pk").first()


def _waiting() -> MadeReport | None:
    rows = MadeReport.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.filter(state=MadeState.WAITING).select_related("owner", "unit").order_by("pk").first()


@transaction.atomic
def _make_one() -> bool:
    """Make the report that has waited longest, by the rights that its owner has now."""
    made = _waiting()
    if made is None:
        return False
    with translation.override("zh-hans"):
        try:
            with transaction.atomic():
                _write(made)
        except ApplicationError as error:
            texts = error.errors if isinstance(error, Refused) else [error.message]
            _refuse(made, "\n".join(str(text) for text in texts))
        except Exception:  # whatever it is: it must not stand in the way of those that come after
            log.exception("report %s could not be made", made.pk)
            _refuse(made, _("The report could not be made because of an error of the program, which is in the log."))
    return True


def _write(made: MadeReport) -> None:
    unit = unit_asked(user=made.owner, code=made.unit.code, day=made.day)
    question = TableQuestion(unit, made.day, made.since, tuple(made.columns))
    out = BytesIO()
    query = urlencode({"unit": unit.code, "day": str(made.day), "since": str(made.since), "made": str(made.pk)})
    export = table_export(
        actor=made.owner,
        code=made.table,
        question=question,
        output="pdf" if made.output == Output.PDF else "xlsx",
        out=out,
        query=query,
    )
    made.state, made.content, made.export = MadeState.MADE, out.getvalue(), export.code
    made.save(update_fields=["state", "content", "export"])


def _refuse(made: MadeReport, problem: str) -> None:
    made.state, made.problem, made.content, made.export = MadeState.REFUSED, problem, None, ""
    made.save(update_fields=["state", "problem", "content", "export"])
    audit(actor=None, action="reports.report_refused", obj=made, after={"problem": problem})


def _own(actor: User, number: int) -> SavedReport:
    """One of the actor's own under its lock, whatever they may ask for today: to run it the right is asked again."""
    report = SavedReport.objects.select_for_update(of=("self",)).select_related("unit").filter(owner=actor, pk=number)
    found = report.first()
    if found is None:
        raise NotFound(_("There is no such report among yours."))
    return found


def _told(report: SavedReport) -> dict[str, object]:
    names = ("name", "table", "shared", "columns", "every", "on_day", "as_of", "output")
    return {name: getattr(report, name) for name in names} | {
        "unit": report.unit.code, "day": str(report.day or ""), "since": str(report.since or ""),
    }  # fmt: skip
