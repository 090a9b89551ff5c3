"""Appointments and removals that go through a case: opened from a person's file, carried out when the order is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import MOVES, Case, CaseAct
from approvals.services import case_finish, case_open
from core.errors import NotAllowed, Refused
from organization.models import Permission, Unit, User
from organization.services import hold_tree
from personnel.models import Person, PostTitle
from personnel.selectors.appointments import post_holders_for_system
from personnel.selectors.people import file_in
from personnel.services.employment import BODY_OF_TITLE, SINGLE_HOLDER, begin_tenure, finish_tenure
from personnel.services.exits import end_by_case, summary_of
from personnel.services.moves import move_by_case, person_of_case
from personnel.services.steps import party_errors, refuse


@transaction.atomic
def appointment_open(
    *, actor: User, person: Person, unit: Unit, act: str, post: str, reason: str, planned: date | None = None
) -> Case:
    """Open the case that the rules of a unit put in front of appointing or removing somebody.

    Raises NotAllowed for a file that the actor may not look at, Refused for an unknown post, for the removal of
    somebody who does not hold it and the appointment of somebody who does; and what `case_open` raises.
    """
    if not file_in(user=actor, person=person, permission=Permission.VIEW_PEOPLE):
        raise NotAllowed(_("You may not look at the file of %(person)s.") % {"person": person.name})
    if post not in PostTitle.values or act not in (CaseAct.APPOINT, CaseAct.REMOVE):
        raise Refused([_("“%(title)s” is no post.") % {"title": post}])
    today = timezone.localdate()
    held = post_holders_for_system(unit, post, today).filter(person=person).exists()
    if held != (act == CaseAct.REMOVE):
        text = _("%(person)s does not hold this post.") if act == CaseAct.REMOVE else _("%(person)s holds this post.")
        raise Refused([text % {"person": person.name}])
    if act == CaseAct.APPOINT:
        refuse({"post": party_errors(person, BODY_OF_TITLE[PostTitle(post)], post)})
    return case_open(
        actor=actor,
        unit=unit,
        act=act,
        post=post,
        subject=person.key,
        subject_name=person.name,
        summary=summary_of(person, today),
        reason=reason,
        planned=planned,
    )


@transaction.atomic
def appointment_carry_out(*, actor: User, case: Case, step: int, values: Mapping[str, Any], note: str = "") -> Case:
    """The order is there: close the case, and let the post or the employment change with it in one transaction.

    values: order_number and effective_date (a date). Whoever held a post of one holder before gives it up on that day;
    the custodian of the archives follows. With the order of a move the person works in the receiving unit. Raises what
    `case_finish` raises, Refused if the post was left meanwhile.
    """
    hold_tree()
    person = person_of_case(case, lock=True)
    case = case_finish(actor=actor, case=case, step=step, values=values, note=note)
    day, order = values["effective_date"], str(values["order_number"])
    assert isinstance(day, date)
    carry_out(
        actor=actor,
        act=case.act,
        person=person,
        unit=case.unit,
        post=case.post,
        exit_code=case.exit_code,
        day=day,
        order=order,
        to_unit=case.to_unit,
        away=case.away,
        due_back=case.due_back,
    )
    return case


def carry_out(
    *,
    actor: User,
    act: str,
    person: Person,
    unit: Unit,
    post: str,
    day: date,
    order: str = "",
    exit_code: str = "",
    to_unit: Unit | None = None,
    away: str = "",
    due_back: date | None = None,
) -> None:
    """What the order of a case changes: part of carrying it out, and tried out on the pages before.

    Raises Refused if the post or the employment was left meanwhile.
    """
    if act == CaseAct.EXIT:
        end_by_case(actor=actor, unit=unit, exit_code=exit_code, person=person, day=day, order=order)
        return
    if act in MOVES:
        assert to_unit is not None
        move_by_case(
            actor=actor, act=act, person=person, unit=unit, to_unit=to_unit, day=day, order=order, post=post, away=away,
            due_back=due_back,
        )  # fmt: skip
        return
    holders = post_holders_for_system(unit, post, day).select_related("person", "post__unit")
    if act == CaseAct.REMOVE:
        own = holders.filter(person=person).first()
        if own is None:
            raise Refused(
                [
                    _("%(person)s does not hold the post on %(day)s any more. Withdraw the case.")
                    % {"person": person.name, "day": day}
                ]
            )
        finish_tenure(actor=actor, tenure=own, end=day, document=order)
        return
    if post in SINGLE_HOLDER:
        for before in holders.exclude(person=person):
            finish_tenure(actor=actor, tenure=before, end=day, document=order)
    begin_tenure(actor=actor, person=person, unit=unit, title=post, start=day, document=order)
