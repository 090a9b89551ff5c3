"""Leaving that goes through a case: what opens it, and the order that ends the employment."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from approvals.models import Case, CaseAct, SummaryPart
from approvals.selectors import procedure_for_system
from approvals.services import case_open
from core.errors import NotAllowed, Refused
from organization.models import Permission, Unit, User
from personnel.models import Employment, Person
from personnel.models.ranges import holding
from personnel.selectors.employing import exits_for_system
from personnel.selectors.people import file_in, titles_for_system
from personnel.services.employment import finish_employment
from personnel.services.leaving import handover_begin
from personnel.services.steps import lock_person
from policy.rules.workers import evaluated_categories, paid_categories
from policy.selectors import policy_of_unit_for_system


@transaction.atomic
def exit_open(*, actor: User | None, person: Person, unit: Unit, code: str, reason: str) -> Case:
    """Open the case of somebody's leaving that the rules of a unit ask for. code: the place's reason of leaving.

    actor None: the rules themselves do. Raises NotAllowed for a file that the actor may not look at, Refused for a
    reason that the place doesn't list and for whoever isn't employed in the unit today; and what `case_open` raises,
    Conflict for a second case among it.
    """
    if actor is not None and not file_in(user=actor, person=person, permission=Permission.VIEW_PEOPLE):
        raise NotAllowed(_("You may not look at the file of %(person)s.") % {"person": person.name})
    today = timezone.localdate()
    person = lock_person(person)
    exits, _closed = exits_for_system(unit, today)
    if all(one.code != code for one in exits):
        raise Refused([_("“%(reason)s” is no reason of leaving.") % {"reason": code}])
    handover_begin(actor=None, employment=job_of(person, unit, today), code=code)
    return case_open(
        actor=actor,
        unit=unit,
        act=CaseAct.EXIT,
        post="",
        exit_code=code,
        subject=person.key,
        subject_name=person.name,
        summary=summary_of(person, today),
        reason=reason,
    )


@transaction.atomic
def exit_open_by_rule(*, person: Person, unit: Unit, consequence: str, why: str) -> Case | None:
    """Open the case of leaving that follows from a result by itself; None where the rules name no reason for it, no
    procedure, or the person isn't employed in the unit any more.

    consequence: its code in the rules of assessment. why: what it rests on. The rules open it, whoever closes the
    result; part of the service that does.
    """
    today = timezone.localdate()
    exits, _closed = exits_for_system(unit, today)
    listed = next((one for one in exits if one.after == consequence), None)
    if listed is None or procedure_for_system(unit, CaseAct.EXIT, "", today) is None:
        return None
    if not _jobs(person, unit, today).exists():
        return None
    # The reason is a word of the papers, and therefore Chinese whoever closes the results.
    reason = f"{listed.name.zh}（{listed.cite}）{why}" if listed.cite else f"{listed.name.zh}{why}"
    return exit_open(actor=None, person=person, unit=unit, code=listed.code, reason=reason)


def end_by_case(*, actor: User, unit: Unit, exit_code: str, person: Person, day: date, order: str) -> Employment:
    """The employment ends with the order of its case, and with it the posts held in the unit. Part of carrying out."""
    job = job_of(person, unit, day)
    return finish_employment(actor=actor, employment=job, end=day, reason=exit_code, document=order, with_posts=True)


def _jobs(person: Person, unit: Unit, day: date) -> QuerySet[Employment]:
    """The employments in a unit that its rules evaluate or pay: of others the rules of leaving say nothing."""
    held = Employment.objects.filter(holding(day), person=person, unit__lineage=unit.first_row)
    version = policy_of_unit_for_system(unit.code, day)
    policy = None if version is None else version.document
    return held.filter(category__in={*evaluated_categories(policy), *paid_categories(policy)})


def job_of(person: Person, unit: Unit, day: date) -> Employment:
    """The counted employment of somebody in a unit on a day. Raises Refused if there is none."""
    job: Employment | None = _jobs(person, unit, day).select_related("unit", "person").first()
    if job is None:
        raise Refused(
            [
                _("%(person)s is not employed in %(unit)s on %(day)s. Withdraw the case.")
                % {"person": person.name, "unit": unit.name, "day": day}
            ]
        )
    return job


def summary_of(person: Person, day: date) -> dict[str, str]:
    """What a department is told of somebody: who they are and what they do, no number and no address.

    A paper of the case, and therefore in Chinese whoever opens it.
    """
    with override("zh-hans"):
        school = person.educations.filter(completion="GRADUATED").order_by("-graduated").first()
        found = {
            SummaryPart.NAME: person.name,
            SummaryPart.SEX: person.get_sex_display() if person.sex else "",
            SummaryPart.BORN: person.birth_date.strftime("%Y-%m") if person.birth_date else "",
            SummaryPart.POLITICAL_STATUS: person.get_political_status_display() if person.political_status else "",
            SummaryPart.EDUCATION: school.get_level_display() if school is not None else "",
            SummaryPart.POSTS: "、".join(titles_for_system([person.pk], day).get(person.pk, [])),
        }
        return {part.value: str(text) for part, text in found.items() if text}
