"""Moves that go through a case: both units say yes, and the last step moves the person or lends them out."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import MOVES, Case, CaseAct
from approvals.services import case_open
from core.errors import NotAllowed, NotFound, Refused
from core.services import audit
from organization.models import Permission, Unit, User
from organization.selectors.above import above
from organization.services import hold_tree, newest_row
from organization.walls import beyond_walls
from personnel.models import Employment, Person, Placement, PlacementKind, PostTitle
from personnel.models.ranges import holding
from personnel.selectors.appointments import post_holders_for_system
from personnel.selectors.employing import lending_faults_for_system, move_faults_for_system, recomputes_for_system
from personnel.selectors.people import file_in
from personnel.services.employment import BODY_OF_TITLE, begin_tenure, move_employment
from personnel.services.entry_ways import EntryWays
from personnel.services.exits import job_of, summary_of
from personnel.services.guard import Guard
from personnel.services.steps import columns_of, lock_person, name_writer, party_errors, refuse, save_checked, state_of


@transaction.atomic
def move_open(
    *,
    actor: User,
    person: Person,
    unit: Unit,
    to_unit: Unit,
    act: str,
    reason: str,
    post: str = "",
    away: str = "",
    planned: date | None = None,
    due_back: date | None = None,
) -> Case:
    """Open the case of a transfer or a secondment from a unit to another one, which may be anybody's.

    post: of a transfer, what they take up there ("" for none). away, due_back: of a secondment, its kind and when they
    are expected back. Raises NotAllowed for a file that the actor may not look at, Refused with all that the rules of
    either unit have against it; and what `case_open` raises.
    """
    if not file_in(user=actor, person=person, permission=Permission.VIEW_PEOPLE):
        raise NotAllowed(_("You may not look at the file of %(person)s.") % {"person": person.name})
    person = lock_person(person)
    to_unit, _first_day = newest_row(to_unit)
    today = timezone.localdate()
    day = planned or today
    job = job_of(person, unit, today)
    errors: dict[str, list[str]] = {}
    if act not in MOVES:
        errors["act"] = [_("Choose a transfer or a secondment.")]
    if to_unit.lineage == job.unit.lineage:
        errors["to_unit"] = [_("%(person)s works in %(unit)s already.") % {"person": person.name, "unit": to_unit.name}]
    if act == CaseAct.TRANSFER:
        faults = [*move_faults_for_system(job, to_unit, day), *EntryWays().move_faults(job, to_unit, day)]
        errors.setdefault("to_unit", []).extend(faults)
        errors["post"] = _post_faults(person, to_unit, post, day)
    elif act == CaseAct.SECONDMENT:
        errors |= _away_faults(job, to_unit, away, day, due_back)
    refuse(errors)
    return case_open(
        actor=actor,
        unit=unit,
        act=act,
        post=post if act == CaseAct.TRANSFER else "",
        subject=person.key,
        subject_name=person.name,
        summary=summary_of(person, today),
        reason=reason,
        planned=planned,
        to_unit=to_unit,
        away=away if act == CaseAct.SECONDMENT else "",
        due_back=due_back if act == CaseAct.SECONDMENT else None,
    )


@transaction.atomic
def move_by_case(
    *,
    actor: User,
    act: str,
    person: Person,
    unit: Unit,
    to_unit: Unit,
    day: date,
    order: str = "",
    post: str = "",
    away: str = "",
    due_back: date | None = None,
) -> Employment | Placement:
    """What the order of a move changes, in the transaction that takes the last step.

    Whoever takes it acts for one unit and sees none of the other's rows, as which both units have been asked already;
    so the database shows them here. Raises Refused if the person left the unit meanwhile, and what is in the way by
    then.
    """
    with beyond_walls("both units have said yes to a move"):
        person = lock_person(person)
        job = job_of(person, unit, day)
        if act == CaseAct.SECONDMENT:
            return _lend(actor, job, to_unit, away, day, due_back, order)
        refuse({"post": _post_faults(person, to_unit, post, day)})
        held = {
            one.title: one.appointed_as for one in person.tenures.filter(holding(day), post__unit__lineage=unit.lineage)
        }
        moved = move_employment(actor=actor, employment=job, unit=to_unit, day=day, document=order, with_posts=True)
        if post:
            # The same post elsewhere keeps what its appointment said: that is what is recognised there.
            begin_tenure(
                actor=actor, person=person, unit=to_unit, title=post, start=day, document=order,
                appointed_as=held.get(post),
            )  # fmt: skip
        if above.ladders is not None and recomputes_for_system(unit, moved.unit, day):
            above.ladders.begin(actor=actor, person=person.pk, unit=moved.unit, day=day)
        return moved


def person_of_case(case: Case, *, lock: bool = False) -> Person:
    """Whose file a case is about, for whoever has a say in it: of a move also where the file belongs to the other unit.

    lock: nobody else writes to the file until the transaction ends. Raises NotFound for a file that is gone.
    """
    with beyond_walls("whose move it is") if case.act in MOVES else nullcontext():
        found = Person.objects.filter(key=case.subject).first()
        if found is None:
            raise NotFound(_("There is no such row."))
        return lock_person(found) if lock else found


def _lend(
    actor: User, job: Employment, to_unit: Unit, away: str, day: date, due_back: date | None, order: str
) -> Placement:
    hold_tree()
    to_unit, _first_day = newest_row(to_unit)
    row = Placement(employment=job, kind=away, work_unit=to_unit, start=day, end=job.end, due=due_back, document=order)
    refuse(lending_faults_for_system(row))
    name_writer(actor, "add", document=order)
    save_checked(row)
    audit(
        actor=actor,
        action="personnel.placement.add",
        obj=row,
        unit_code=job.unit.code,
        after=state_of(row, columns_of(row)),
    )
    return row


def _post_faults(person: Person, unit: Unit, post: str, day: date) -> list[str]:
    """Why somebody can't take up a post of the receiving unit with their transfer."""
    if not post:
        return []
    if post not in PostTitle.values:
        return [_("“%(title)s” is no post.") % {"title": post}]
    found = list(party_errors(person, BODY_OF_TITLE[PostTitle(post)], post))
    try:
        Guard().refuse_appointment(unit, post, day, election="")
    except Refused as error:
        found += [str(one) for one in error.errors]
    if post_holders_for_system(unit, post, day).filter(post__single_holder=True).exclude(person=person).exists():
        found.append(_("The post is held by somebody in %(unit)s.") % {"unit": unit.name})
    return found


def _away_faults(job: Employment, to_unit: Unit, away: str, day: date, due_back: date | None) -> dict[str, list[str]]:
    if away not in PlacementKind.values or away == PlacementKind.HOME:
        return {"away": [_("Choose in which way they are away.")]}
    if due_back is not None and due_back <= day:
        return {"due_back": [_("They are expected back after the first day.")]}
    # The document that approves it is the order, which the last step of the case asks for.
    row = Placement(employment=job, kind=away, work_unit=to_unit, start=day, due=due_back, document="-")
    faults = lending_faults_for_system(row)
    names = {"kind": "away", "due": "due_back"}
    return {names.get(name, name): list(texts) for name, texts in faults.items()}


__all__ = ["move_by_case", "move_open", "person_of_case"]
