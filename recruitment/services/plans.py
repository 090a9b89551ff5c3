"""Writes of plans: lines are proposed against vacancies, put together and fixed by somebody else, announced, ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import rules as calendar_rules
from approvals.selectors import calendar_for_system
from core.errors import Conflict, NotAllowed, Refused
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import newest_row
from personnel.models import Category
from recruitment.models import Plan, PlanState, Position, Ranking, RankingRow, ReviewKind, Side
from recruitment.selectors import (
    chosen_for_system,
    exam_of_plan_for_system,
    reviews_missing_for_system,
    rules_of_for_system,
    section_for_system,
    vacancies_for_system,
)
from recruitment.services.frames import is_frame, refuse_no_frame_line, refuse_used, within_frame
from recruitment.services.steps import Faults, locked_plan, reason_of, refuse, say, trace
from staffing.models import QuotaPlan
from staffing.selectors import units_above_for_system

MOST = 500  # posts of a line
DEPTH = {"PROVINCE": 0, "CITY": 1, "COUNTY": 2, "STREET": 3, "COMMUNITY": 4, "GRID": 5, "ESTATE": 5}


@transaction.atomic
def plan_start(*, actor: User, unit: Unit, year: int, title: str) -> Plan:
    """Begin a plan of a unit: the next batch of a year. Raises Refused where the place's rules say nothing of recruitment."""
    unit, _first = newest_row(unit)
    require(actor, Permission.CHANGE_PEOPLE, unit)
    faults: Faults = {}
    if not 2000 <= year <= 2100:
        say(faults, "year", _("%(year)s is no year of a plan.") % {"year": year})
    if not 1 <= len(title.strip()) <= 100:
        say(faults, "title", _("Give the plan a title, in 1 to 100 characters."))
    _version, section = rules_of_for_system(unit, timezone.localdate())
    refuse(faults)
    latest = Plan.objects.filter(unit__lineage=unit.first_row, year=year).aggregate(batch=Max("batch"))["batch"] or 0
    plan = Plan(unit=unit, unit_path=unit.path, year=year, batch=latest + 1, title=title.strip(), started_by=actor)
    plan.frame = is_frame(unit, section)
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("Somebody has begun this batch meanwhile. Look again.")) from None
    trace(actor, "plan.start", plan, after={"title": plan.title, "year": year, "batch": plan.batch})
    return plan


@transaction.atomic
def position_propose(
    *,
    actor: User,
    plan: Plan,
    unit: Unit,
    name: str,
    number: int,
    category: str = Category.COMMUNITY_WORKER,
    reason: str = "",
) -> Position:
    """Propose so many posts in a unit. Raises Refused with all that is wrong: above all, more posts than are vacant in
    the unit, or in one above it that has approved seats, after what open plans have taken."""
    unit, _first = newest_row(unit)
    require(actor, Permission.CHANGE_PEOPLE, unit)
    plan = locked_plan(plan, PlanState.PROPOSED)
    faults: Faults = {}
    if not unit.path.startswith(plan.unit_path):
        say(faults, "unit", _("%(unit)s does not lie in %(plan)s.") % {"unit": unit.name, "plan": plan.unit.name})
    if not 1 <= len(name.strip()) <= 60:
        say(faults, "name", _("Name the post, in 1 to 60 characters."))
    if not 1 <= number <= MOST:
        say(faults, "number", _("The number of posts is from 1 to %(most)s.") % {"most": MOST})
    if category not in Category.values:
        say(faults, "category", _("“%(category)s” is no category.") % {"category": category})
    if len(reason) > 200:
        say(faults, "reason", _("A reason has at most 200 characters."))
    section = section_for_system(plan)
    if plan.frame and section is not None:
        refuse_no_frame_line(faults, unit, section)
    else:
        _proposer(faults, plan, unit)
    refuse(faults)
    if category == Category.COMMUNITY_WORKER:
        _within_vacancies(faults, plan, [(unit, number, None)])
        refuse(faults)
    position = Position(
        plan=plan, unit=unit, unit_path=unit.path, name=name.strip(), category=category, proposed=number,
        reason=reason.strip(), proposed_by=actor,
    )  # fmt: skip
    try:
        with transaction.atomic():
            position.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("%(unit)s has a line “%(name)s” in this plan already.") % {"unit": unit.name, "name": name.strip()}
        ) from None
    trace(actor, "position.propose", plan, after={"unit": unit.code, "name": position.name, "number": number})
    return position


@transaction.atomic
def position_withdraw(*, actor: User, position: Position) -> None:
    """Take a proposed line back, before the plan is fixed."""
    require(actor, Permission.CHANGE_PEOPLE, position.unit)
    plan = locked_plan(position.plan, PlanState.PROPOSED)
    trace(
        actor,
        "position.withdraw",
        plan,
        before={"unit": position.unit.code, "name": position.name, "number": position.proposed},
    )
    position.delete()


@transaction.atomic
def plan_fix(*, actor: User, plan: Plan, document: str, approved: Mapping[int, int]) -> Plan:
    """The organisation department makes one plan of the proposals: a number for each line, by the line's row.

    A line that isn't named keeps its number; 0 strikes it. Nobody fixes what they have begun or proposed. The rules in
    force today are those of the plan from here on. Raises Refused with all that is wrong.
    """
    require(actor, Permission.TAKE_COUNTY_STEPS, plan.unit)
    plan = locked_plan(plan, PlanState.PROPOSED)
    positions = list(Position.objects.filter(plan=plan).select_related("unit").order_by("unit_path", "pk"))
    if actor.pk == plan.started_by_id or actor.pk in {one.proposed_by_id for one in positions}:
        raise NotAllowed(_("You have begun this plan or proposed a line of it; somebody else fixes it."))
    faults: Faults = {}
    if not 1 <= len(document.strip()) <= 100:
        say(faults, "document", _("Name the document that fixes the plan, in 1 to 100 characters."))
    for line in sorted(approved.keys() - {one.pk for one in positions}):
        say(faults, "approved", _("There is no line %(line)s in this plan.") % {"line": line})
    for one in positions:
        one.approved = approved.get(one.pk, one.proposed)
        if not 0 <= one.approved <= one.proposed:
            text = _("%(unit)s, %(post)s: from 0 to the %(most)s posts that were proposed.")
            say(faults, f"approved_{one.pk}", text % {"unit": one.unit.name, "post": one.name, "most": one.proposed})
    if not any(one.approved for one in positions):
        say(faults, "", _("A plan without a single post fixes nothing. Propose lines first, or call the plan off."))
    version, section = rules_of_for_system(plan.unit, timezone.localdate())
    within_frame(faults, plan, sum(one.approved or 0 for one in positions), section)
    refuse(faults)
    lines = [(one.unit, one.approved or 0, one) for one in positions if one.category == Category.COMMUNITY_WORKER]
    _within_vacancies(faults, plan, [line for line in lines if line[1]])
    refuse(faults)
    Position.objects.bulk_update(positions, ["approved"])
    plan.state, plan.document, plan.version, plan.fixed_by = PlanState.FIXED, document.strip(), version, actor
    plan.save(update_fields=["state", "document", "version", "fixed_by"])
    trace(
        actor, "plan.fix", plan, after={"document": plan.document, "lines": {str(p.pk): p.approved for p in positions}}
    )
    return plan


@transaction.atomic
def plan_announce(
    *, actor: User, plan: Plan, notice: str, day: date, applications_from: date, applications_until: date
) -> Plan:
    """The notice goes out; applications are taken from now on. Raises Refused while the rules leave the examination open."""
    require(actor, Permission.TAKE_COUNTY_STEPS, plan.unit)
    plan = locked_plan(plan, PlanState.FIXED)
    faults: Faults = {}
    if plan.frame:
        say(faults, "", _("A frame is not announced: the units that it gives posts hold the recruitments."))
    if not 1 <= len(notice.strip()) <= 5000:
        say(faults, "notice", _("Write the notice, in 1 to 5,000 characters."))
    if applications_from < day:
        say(faults, "applications_from", _("Applications can't begin before the notice of %(day)s.") % {"day": day})
    if applications_until < applications_from:
        say(
            faults, "applications_until",
            _("Applications would end on %(last)s, before they begin.") % {"last": applications_until},
        )  # fmt: skip
    refuse(faults)
    exam_of_plan_for_system(plan)
    plan.state, plan.notice, plan.notice_day = PlanState.ANNOUNCED, notice.strip(), day
    plan.applications_from, plan.applications_until = applications_from, applications_until
    plan.save(update_fields=["state", "notice", "notice_day", "applications_from", "applications_until"])
    trace(
        actor,
        "plan.announce",
        plan,
        after={"day": str(day), "from": str(applications_from), "until": str(applications_until)},
    )
    return plan


@transaction.atomic
def position_cut(*, actor: User, position: Position, number: int, reason: str) -> Position:
    """Fewer posts than were fixed, by decision: too few applied. 0 calls the post off."""
    require(actor, Permission.TAKE_COUNTY_STEPS, position.plan.unit)
    plan = locked_plan(position.plan, PlanState.ANNOUNCED, PlanState.SCREENED)
    position = Position.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=position.pk)
    faults: Faults = {}
    text = reason_of(reason, faults, _("Say in 1 to 200 characters why posts are cut."))
    if not 0 <= number < position.posts:
        say(faults, "number", _("There are %(posts)s posts; cut them to fewer.") % {"posts": position.posts})
    refuse(faults)
    before = position.posts
    position.approved, position.reason = number, text
    position.save(update_fields=["approved", "reason"])
    trace(
        actor,
        "position.cut",
        plan,
        before={"number": before},
        after={"line": position.pk, "number": number, "reason": text},
    )
    return position


@transaction.atomic
def names_publish(*, actor: User, plan: Plan, day: date) -> Plan:
    """Make the names of those to be hired public, for as long as the rules say; hires begin the day after.

    Raises Refused while equals stand across a line, or somebody chosen hasn't passed every review that the rules ask
    for; NotAllowed for whoever made the ranking.
    """
    require(actor, Permission.TAKE_COUNTY_STEPS, plan.unit)
    plan = locked_plan(plan, PlanState.RANKED)
    newest = Ranking.objects.filter(plan=plan).order_by("-number").first()
    if newest is None or newest.made_by_id == actor.pk:
        raise NotAllowed(_("You made the ranking; somebody else makes the names public."))
    section = section_for_system(plan)
    assert section is not None
    errors = []
    equal = (
        RankingRow.objects.filter(ranking=newest, side=Side.UNDECIDED)
        .select_related("applicant")
        .order_by("applicant__number")
    )
    names = "、".join(row.applicant.name for row in equal)
    if names:
        errors.append(_("Equal across the line: %(names)s. Decide their order first.") % {"names": names})
    chosen = chosen_for_system(plan)
    if not chosen:
        errors.append(_("Nobody is to be hired by this ranking."))
    for row in chosen:
        missing = reviews_missing_for_system(row.applicant, section)
        if missing:
            errors.append(
                _("%(name)s has not passed: %(reviews)s (%(clause)s).")
                % {
                    "name": row.applicant.name,
                    "reviews": ", ".join(_review_names(missing)),
                    "clause": _clause(plan, "reviews", missing),
                }
            )
    notice = section.notice
    if notice is None or notice.days is None or notice.count is None:
        errors.append(_("The rules leave open for how long names are public: recruitment.notice."))
    if errors:
        raise Refused(errors)
    assert notice is not None
    assert notice.days is not None
    assert notice.count is not None
    plan.state, plan.published_on, plan.published_until = (
        PlanState.PUBLISHED,
        day,
        _last_day(day, notice.days, notice.count),
    )
    plan.save(update_fields=["state", "published_on", "published_until"])
    trace(
        actor, "plan.publish", plan, after={"day": str(day), "until": str(plan.published_until), "people": len(chosen)}
    )
    return plan


@transaction.atomic
def plan_close(*, actor: User, plan: Plan) -> Plan:
    """The recruitment is over: what is vacant still is nobody's plan any more."""
    require(actor, Permission.TAKE_COUNTY_STEPS, plan.unit)
    plan = locked_plan(plan, PlanState.PUBLISHED)
    plan.state = PlanState.CLOSED
    plan.save(update_fields=["state"])
    trace(actor, "plan.close", plan)
    return plan


@transaction.atomic
def plan_cancel(*, actor: User, plan: Plan, reason: str) -> Plan:
    """Call a recruitment off before names are public, with the reason."""
    require(actor, Permission.TAKE_COUNTY_STEPS, plan.unit)
    plan = locked_plan(
        plan, PlanState.PROPOSED, PlanState.FIXED, PlanState.ANNOUNCED, PlanState.SCREENED, PlanState.RANKED
    )
    faults: Faults = {}
    plan.reason = reason_of(reason, faults, _("Say in 1 to 200 characters why the recruitment is called off."))
    refuse(faults)
    if plan.frame:
        refuse_used(plan)
    before, plan.state = plan.state, PlanState.CANCELLED
    plan.save(update_fields=["state", "reason"])
    trace(actor, "plan.cancel", plan, before={"state": before}, after={"reason": plan.reason})
    return plan


def _proposer(faults: Faults, plan: Plan, unit: Unit) -> None:
    """The level that proposes by the rules, or one below it."""
    section = section_for_system(plan)
    level = section.planning.proposes if section is not None and section.planning is not None else None
    if level is not None and DEPTH.get(unit.kind, 9) < DEPTH[level.upper()]:
        say(
            faults, "unit",
            _("%(unit)s: by the rules (%(clause)s) posts are proposed for a unit of the level %(level)s.")
            % {"unit": unit.name, "clause": _clause(plan, "planning.proposes"), "level": level},
        )  # fmt: skip


def _within_vacancies(faults: Faults, plan: Plan, lines: list[tuple[Unit, int, Position | None]]) -> None:
    """No more posts than are vacant, in each unit and in each one above it with approved seats.

    The plans of those seats are locked first, so that two who propose at once don't both take the last vacancy.
    """
    day = timezone.localdate()
    above = {unit.pk: units_above_for_system([unit])[::-1] for unit, _number, _line in lines}
    units = {one.pk: one for found in above.values() for one in found}
    lineages = [one.first_row for one in units.values()]
    held = QuotaPlan.objects.filter(allocations__unit__lineage__in=lineages).values_list("pk", flat=True)
    list(QuotaPlan.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=sorted(set(held))).order_by("pk"))
    known = {
        one.unit.pk: one
        for one in vacancies_for_system(units.values(), day, leaving=[line for *_, line in lines if line])
    }
    for unit, _number, line in lines:
        name = "number" if line is None else f"approved_{line.pk}"
        seated = [known[one.pk] for one in above[unit.pk] if known[one.pk].free is not None]
        if not seated:
            say(
                faults, name,
                _("No document approves seats of %(unit)s or of a unit above it, so nothing is vacant there.")
                % {"unit": unit.name},
            )  # fmt: skip
        for one in seated:
            wanted = sum(n for other, n, _line in lines if other.path.startswith(one.unit.path))
            free = one.free or 0
            if wanted > free:
                say(
                    faults, name,
                    _("%(unit)s has %(free)s vacancies that no plan has taken, fewer than %(wanted)s (%(seats)s seats, %(people)s people, %(planned)s planned).")
                    % {
                        "unit": one.unit.name, "free": max(free, 0), "wanted": wanted,
                        "seats": one.filled.approved.number if one.filled.approved else 0,
                        "people": one.filled.occupied, "planned": one.planned,
                    },
                )  # fmt: skip
                break


def _last_day(day: date, days: int, count: str) -> date:
    calendar, years = calendar_for_system() if count == "working" else ({}, frozenset())
    try:
        return calendar_rules.last_day(day, days, count, calendar, years)
    except calendar_rules.YearMissing as error:
        raise Refused(
            [
                _("The days off of %(year)s are not entered, so working days can't be counted. Ask an administrator.")
                % {"year": error.year}
            ]
        ) from None


def _clause(plan: Plan, path: str, values: Iterable[str] = ()) -> str:
    """Which clause says it, or which value of the policy. values: those of a list that are meant, for clauses of their
    own."""
    section = section_for_system(plan)
    block = getattr(section, path.split(".")[0], None)
    wanted = set(values)
    leaves = plan.version.document.leaves if plan.version is not None and wanted else ()
    inside = (leaf.cite for leaf in leaves if leaf.path.startswith(f"recruitment.{path}.") and leaf.value in wanted)
    own = ", ".join(dict.fromkeys(cite for cite in inside if cite))
    cite = own or getattr(block, "cite", None) or (section.cite if section is not None else None)
    return cite or f"recruitment.{path}"


def _review_names(kinds: list[str]) -> list[str]:
    return [str(ReviewKind(kind).label) for kind in kinds]
