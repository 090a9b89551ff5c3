"""Writes of applications: entered one by one or from a file, screened by the hard conditions, decided by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services.files import file_sheets
from organization.access import require
from organization.models import Permission, User
from personnel.rules import IdentityProblem, read_document_number
from personnel.services.steps import identity_errors, read_values
from policy.rules.context import Context
from recruitment.models import Applicant, ApplicationState, Plan, PlanState, Position
from recruitment.rules import screened
from recruitment.rules.columns import APPLIED, COLUMNS, POSITION, read_rows
from recruitment.selectors import facts_day_for_system, facts_of_for_system, section_for_system
from recruitment.services.steps import Faults, locked_applicant, locked_plan, reason_of, refuse, say, trace

# What an application says of a person.
VALUES = (
    "name", "sex", "birth_date", "document_type", "identity_number", "phone", "political_status", "education", "degree",
    "study_mode", "school", "major", "graduated", "certificate", "certificate_number", "certificate_issued",
    "background", "registered_residence", "work_started", "experience_months",
)  # fmt: skip


@transaction.atomic
def applicant_enter(
    *, actor: User, plan: Plan, position: Position, values: Mapping[str, Any], applied: date | None = None
) -> Applicant:
    """Take an application; sex and birth date come from the identity number where they are not given.

    values: of VALUES. applied: the day on which it came in, today without one; it stands in the trail. Raises Refused
    with all that is wrong, by value, above all a day that is none of those announced; Conflict for whoever has applied
    already.
    """
    require(actor, Permission.CHANGE_PEOPLE, plan.unit)
    plan = locked_plan(plan, PlanState.ANNOUNCED)
    applicant, faults = _read(plan, position, values)
    day = applied or timezone.localdate()
    _day_faults(faults, plan, day)
    refuse(faults)
    assert applicant is not None
    applicant.number = _next_number(plan)
    try:
        with transaction.atomic():
            applicant.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("Somebody with this identity number has applied in this recruitment already.")) from None
    after = {"plan": plan.pk, "line": position.pk, "number": applicant.number, "applied": str(day)}
    trace(actor, "applicant.enter", applicant, after=after)
    return applicant


@transaction.atomic
def applicants_import(*, actor: User, plan: Plan, data: bytes) -> int:
    """Take the applications of a file (xlsx, xls, ods or csv): all of them or none. Returns how many.

    Where a row says the day on which the application came in, that is the one that counts; else it is today.
    Raises Refused with everything that is wrong, each with its row and column.
    """
    require(actor, Permission.CHANGE_PEOPLE, plan.unit)
    plan = locked_plan(plan, PlanState.ANNOUNCED)
    sheets = [sheet for sheet in file_sheets(data) if sheet.visible and sheet.rows]
    if len(sheets) != 1:
        raise Refused([_("The file has %(count)s filled sheets; put the applicants on one.") % {"count": len(sheets)}])
    read = read_rows(sheets[0].rows)
    errors = [_cell_words(*fault) for fault in read.faults]
    lines = list(Position.objects.filter(plan=plan).select_related("unit").order_by("unit_path", "pk"))
    found: list[Applicant] = []
    days: list[date] = []  # of those found
    today = timezone.localdate()
    seen: dict[str, int] = {}
    for row, values in read.rows:
        line = values.pop(POSITION, "")
        position = lines[int(line) - 1] if line.isdecimal() and 1 <= int(line) <= len(lines) else None
        if line and position is None:
            text = _("Row %(row)s: there is no line %(line)s; the plan has 1 to %(lines)s.")
            errors.append(text % {"row": row, "line": line, "lines": len(lines)})
        applicant, faults = _read(plan, position or lines[0], values) if lines else (None, {})
        day = date.fromisoformat(values[APPLIED]) if APPLIED in values else today
        _day_faults(faults, plan, day)
        errors += [_fault_words(row, name, text) for name, texts in faults.items() for text in texts]
        number = values.get("identity_number", "")
        if number and number in seen:
            errors.append(
                _("Row %(row)s: the same identity number as in row %(first)s.") % {"row": row, "first": seen[number]}
            )
        seen.setdefault(number, row)
        if applicant is not None:
            found.append(applicant)
            days.append(day)
    known = Applicant.objects.filter(plan=plan, identity_number__in=[one.identity_number for one in found])
    for one in known:
        at = seen.get(one.identity_number or "", 0)
        errors.append(
            _("Row %(row)s: %(name)s has applied already, as number %(number)s.")
            % {"row": at, "name": one.name, "number": one.number}
        )
    if not read.rows and not errors:
        errors.append(_("The file has no applicants below its headings."))
    if errors:
        raise Refused(errors)
    first = _next_number(plan)
    for place, one in enumerate(found):
        one.number = first + place
    Applicant.objects.bulk_create(found, batch_size=500)
    applied: dict[str, list[int]] = {}  # numbers by the day on which they came in
    for one, day in zip(found, days, strict=True):
        applied.setdefault(str(day), []).append(one.number)
    trace(actor, "applicants.import", plan, after={"people": len(found), "first": first, "applied": applied})
    return len(found)


@transaction.atomic
def applicants_screen(*, actor: User, plan: Plan) -> dict[str, int]:
    """Screen whoever has not been screened by the hard conditions; returns how many came to which state.

    Who fails one is not admitted, and which is kept. Where conditions are left open by the rules, whoever meets the
    others is to be checked by hand: nobody is admitted by a condition that nobody can read.
    """
    require(actor, Permission.CHANGE_PEOPLE, plan.unit)
    plan = locked_plan(plan, PlanState.ANNOUNCED, PlanState.SCREENED)
    section = section_for_system(plan)
    assert section is not None
    assert plan.version is not None
    entered = Applicant.objects.filter(plan=plan, state=ApplicationState.ENTERED).order_by("pk")
    waiting = list(entered)
    day = facts_day_for_system(plan, section)
    frame = screened(facts_of_for_system(entered, day), section, Context(plan.version.document, day))
    found = {row["applicant"]: row for row in frame.iter_rows(named=True)}
    whole = [leaf.path for leaf in plan.version.document.unset("recruitment.hard") if leaf.path == "recruitment.hard"]
    counts: dict[str, int] = {}
    for one in waiting:
        one.failed, one.open = found[one.pk]["failed"], found[one.pk]["open"] or whole
        state = (
            ApplicationState.REFUSED
            if one.failed
            else ApplicationState.BY_HAND
            if one.open
            else ApplicationState.ADMITTED
        )
        one.state = state
        counts[state] = counts.get(state, 0) + 1
    Applicant.objects.bulk_update(waiting, ["failed", "open", "state"], batch_size=500)
    plan.state = PlanState.SCREENED
    plan.save(update_fields=["state"])
    trace(actor, "applicants.screen", plan, after={**counts, "as_of": str(day)})
    return counts


@transaction.atomic
def applicant_decide(*, actor: User, applicant: Applicant, admit: bool, reason: str) -> Applicant:
    """Admit or refuse somebody whom screening left to people. Raises Refused without a reason."""
    require(actor, Permission.CHANGE_PEOPLE, applicant.plan.unit)
    plan = locked_plan(applicant.plan, PlanState.SCREENED)
    applicant = locked_applicant(applicant)
    if applicant.state != ApplicationState.BY_HAND:
        raise Conflict(_("%(name)s is not waiting to be checked by hand any more.") % {"name": applicant.name})
    faults: Faults = {}
    text = reason_of(reason, faults, _("Say in 1 to 200 characters what was checked."))
    refuse(faults)
    applicant.state = ApplicationState.ADMITTED if admit else ApplicationState.REFUSED
    applicant.reason = text
    applicant.save(update_fields=["state", "reason"])
    trace(actor, "applicant.decide", applicant, after={"plan": plan.pk, "state": applicant.state, "reason": text})
    return applicant


@transaction.atomic
def applicant_withdraw(*, actor: User, applicant: Applicant, reason: str) -> Applicant:
    """Somebody gives up; whoever stands next may come up for them. Raises Conflict for whoever is hired or out."""
    require(actor, Permission.CHANGE_PEOPLE, applicant.plan.unit)
    locked_plan(applicant.plan, PlanState.ANNOUNCED, PlanState.SCREENED, PlanState.RANKED, PlanState.PUBLISHED)
    applicant = locked_applicant(applicant)
    if applicant.state in (ApplicationState.HIRED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN):
        raise Conflict(
            _("%(name)s is “%(state)s” and can't withdraw.")
            % {"name": applicant.name, "state": applicant.get_state_display()}
        )
    faults: Faults = {}
    text = reason_of(reason, faults, _("Say in 1 to 200 characters why they give up."))
    refuse(faults)
    before, applicant.state, applicant.reason = applicant.state, ApplicationState.WITHDRAWN, text
    applicant.save(update_fields=["state", "reason"])
    trace(actor, "applicant.withdraw", applicant, before={"state": before}, after={"reason": text})
    return applicant


def _next_number(plan: Plan) -> int:
    return (Applicant.objects.filter(plan=plan).aggregate(number=Max("number"))["number"] or 0) + 1


def _read(plan: Plan, position: Position, values: Mapping[str, Any]) -> tuple[Applicant | None, Faults]:
    """An application that isn't saved, and all that is wrong with it, by value."""
    faults: Faults = {}
    clean, wrong = read_values(Applicant, {name: value for name, value in values.items() if name in VALUES})
    for name, texts in wrong.items():
        faults.setdefault(name, []).extend(texts)
    for name, text in (
        ("name", _("Give the name.")),
        ("identity_number", _("Give the identity number: nobody applies twice.")),
    ):
        if not clean.get(name) and name not in faults:
            say(faults, name, text)
    if position.plan_id != plan.pk or not position.posts:
        say(faults, "position", _("There is no such post in this recruitment."))
    if clean.get("certificate") and not (clean.get("certificate_number") and clean.get("certificate_issued")):
        say(faults, "certificate_number", _("Give the number of the certificate and the day it was issued."))
    number = (clean.get("identity_number") or "").upper()
    document = clean.get("document_type") or "RESIDENT_ID"
    if number and "identity_number" not in faults:
        clean["identity_number"] = number
        found = identity_errors(number, clean.get("sex"), clean.get("birth_date"), document)
        if found:
            faults["identity_number"] = found
        else:
            read = read_document_number(document, number)
            assert not isinstance(read, IdentityProblem)
            if read is not None:
                clean["sex"], clean["birth_date"] = (
                    clean.get("sex") or read.sex,
                    clean.get("birth_date") or read.birth_date,
                )
    if not clean.get("birth_date") and "identity_number" not in faults and "birth_date" not in faults:
        say(faults, "birth_date", _("Give the date of birth; this kind of document doesn't say it."))
    if faults:
        return None, faults
    return Applicant(plan=plan, position=position, unit_path=position.unit_path, number=0, **clean), {}


def _day_faults(faults: Faults, plan: Plan, day: date) -> None:
    """An application comes in on one of the days that the notice has announced, whenever it is entered."""
    first, last = plan.applications_from, plan.applications_until
    words = {"day": day, "first": first, "last": last}
    if day > timezone.localdate():
        say(faults, APPLIED, _("%(day)s lies ahead. Give the day on which the application came in.") % words)
    elif first is not None and last is not None and not first <= day <= last:
        text = _(
            "The notice takes applications from %(first)s to %(last)s, and %(day)s is none of these days. Where it came "
            "in on one of them and is only entered now, give that day; else it can't be taken."
        )
        say(faults, APPLIED, text % words)


def _fault_words(row: int, name: str, text: str) -> str:
    """A fault of a value of a row, with the heading of its column."""
    heading = next((column.headings[0] for column in COLUMNS if column.name == name), "")
    if not heading:
        return _("Row %(row)s: %(text)s") % {"row": row, "text": text}
    return _("Row %(row)s, %(heading)s: %(text)s") % {"row": row, "heading": heading, "text": text}


def _cell_words(row: int, heading: str, code: str, found: str) -> str:
    words = {
        "COLUMN": _("The column “%(heading)s” is missing."),
        "HEADING": _("Nobody knows a column “%(heading)s”. Take it out, or name it as the template does."),
        "TWICE": _("The column “%(heading)s” stands there twice."),
        "EMPTY": _("Row %(row)s, %(heading)s: give a value."),
    }
    text = words.get(code) or _("Row %(row)s, %(heading)s: “%(found)s” can't be read (%(code)s).")
    return text % {"row": row, "heading": heading, "found": found, "code": code}
