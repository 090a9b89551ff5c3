"""Writes after the ranking: reviews, who comes up for whom, and the hire that makes an applicant a person with a job."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict
from organization.access import require
from organization.models import Permission, User
from personnel.models import EntryChannel, Person
from personnel.services.entry import person_enter
from personnel.services.sections import section_add
from recruitment.models import (
    Applicant,
    ApplicationState,
    PlanState,
    Ranking,
    RankingRow,
    Review,
    ReviewKind,
    Side,
    Standing,
)
from recruitment.selectors import chosen_for_system, dropped_for_system, reviews_missing_for_system, section_for_system
from recruitment.services.steps import Faults, locked_applicant, locked_plan, reason_of, refuse, say, trace


@transaction.atomic
def review_enter(
    *, actor: User, applicant: Applicant, kind: str, passed: bool, day: date, document: str = "", note: str = ""
) -> Review:
    """The result of a review of somebody who is ranked; entered anew it takes the place of the one before, by the trail.

    Raises Refused with all that is wrong; whoever doesn't pass is told why (`note`).
    """
    require(actor, Permission.CHANGE_PEOPLE, applicant.plan.unit)
    plan = locked_plan(applicant.plan, PlanState.RANKED, PlanState.PUBLISHED)
    applicant = locked_applicant(applicant)
    faults: Faults = {}
    if kind not in ReviewKind.values:
        say(faults, "kind", _("“%(kind)s” is no review.") % {"kind": kind})
    if day > timezone.localdate():
        say(faults, "day", _("The review of %(day)s is still to come.") % {"day": day})
    if not passed and not note.strip():
        say(faults, "note", _("Say why %(name)s did not pass.") % {"name": applicant.name})
    for name, text, longest in (("document", document, 100), ("note", note, 200)):
        if len(text) > longest:
            say(faults, name, _("At most %(most)s characters.") % {"most": longest})
    if applicant.state == ApplicationState.HIRED:
        say(faults, "", _("%(name)s has been hired; the reviews before are closed.") % {"name": applicant.name})
    refuse(faults)
    before = Review.objects.filter(applicant=applicant, kind=kind).values("passed", "note").first()
    review, _created = Review.objects.update_or_create(
        applicant=applicant,
        kind=kind,
        defaults={
            "passed": passed,
            "day": day,
            "document": document.strip(),
            "note": note.strip(),
            "entered_by": actor,
        },
    )
    trace(
        actor,
        "review.enter",
        applicant,
        before=before,
        after={"plan": plan.pk, "kind": kind, "passed": passed, "day": str(day), "note": review.note},
    )
    return review


@transaction.atomic
def fill_in(*, actor: User, applicant: Applicant, instead_of: Applicant, reason: str) -> Applicant:
    """Whoever stands next comes up for somebody above the line who drops out (递补). Raises Refused with what is wrong.

    Next is the best place below the line of the same post that nobody has come up from and that hasn't dropped out.
    """
    require(actor, Permission.CHANGE_PEOPLE, applicant.plan.unit)
    plan = locked_plan(applicant.plan, PlanState.RANKED, PlanState.PUBLISHED)
    applicant, instead_of = locked_applicant(applicant), locked_applicant(instead_of)
    newest = Ranking.objects.filter(plan=plan).order_by("-number").first()
    rows = list(
        RankingRow.objects.filter(ranking=newest, position=applicant.position_id, standing=Standing.RANKED)
        .select_related("applicant").prefetch_related("applicant__reviews").order_by("place", "pk")
    )  # fmt: skip
    above = {row.applicant_id: row for row in rows if row.side == Side.IN or row.applicant.instead_of_id}
    next_one = next(
        (row for row in rows if row.applicant_id not in above and not dropped_for_system(row.applicant)), None
    )
    faults: Faults = {}
    text = reason_of(reason, faults, _("Say in 1 to 200 characters why somebody else comes up."))
    out = above.get(instead_of.pk)
    if out is None or not dropped_for_system(out.applicant):
        say(
            faults,
            "instead_of",
            _("%(name)s stands above the line and has not dropped out.") % {"name": instead_of.name},
        )
    if next_one is None or next_one.applicant_id != applicant.pk:
        name = next_one.applicant.name if next_one else "—"
        say(faults, "applicant", _("%(next)s stands next, not %(name)s.") % {"next": name, "name": applicant.name})
    refuse(faults)
    applicant.instead_of = instead_of
    try:
        with transaction.atomic():
            applicant.save(update_fields=["instead_of"])
    except IntegrityError:
        raise Conflict(_("Somebody has come up for %(name)s already.") % {"name": instead_of.name}) from None
    trace(actor, "applicant.fill_in", applicant, after={"instead_of": instead_of.number, "reason": text})
    return applicant


@transaction.atomic
def hire(
    *,
    actor: User,
    applicant: Applicant,
    start: date,
    probation_end: date | None = None,
    contract_start: date | None = None,
    contract_end: date | None = None,
    still_new: str = "",
) -> Applicant:
    """The applicant becomes a person with an employment from `start` on, by what the application says: exactly once.

    Somebody on record already keeps their file. Raises Refused with everything that stands in the way: not chosen, a
    review that is missing, names that are still public, no free seat; Conflict for whoever is hired already.
    """
    position, plan = applicant.position, applicant.plan
    require(actor, Permission.CHANGE_PEOPLE, position.unit)
    plan = locked_plan(plan, PlanState.PUBLISHED)
    applicant = locked_applicant(applicant)
    if applicant.state == ApplicationState.HIRED:
        raise Conflict(_("%(name)s has been hired already.") % {"name": applicant.name})
    _refuse_hire(applicant, start)
    employment = {
        "unit": position.unit, "category": position.category, "entry_channel": EntryChannel.OPEN_RECRUITMENT,
        "start": start, "probation_end": probation_end, "contract_start": contract_start, "contract_end": contract_end,
        "recruiter": plan.unit, "batch": plan.title[:60], "document": plan.document,
    }  # fmt: skip
    given = {name: value for name, value in employment.items() if value not in (None, "")}
    known = Person.objects.filter(identity_number=applicant.identity_number).first()
    if known is None:
        person = person_enter(
            actor=actor,
            identity=_identity(applicant),
            employment=given,
            post=None,
            rows=_rows(applicant),
            still_new=still_new,
            examined=True,
        )
        job = person.employments.get()
    else:
        row: Any = section_add(actor=actor, person=known, section="employment", values=given, examined=True)
        job = row
    applicant.state, applicant.employment = ApplicationState.HIRED, job
    applicant.save(update_fields=["state", "employment"])
    trace(actor, "applicant.hire", applicant, after={"plan": plan.pk, "employment": job.pk, "start": str(start)})
    return applicant


def _refuse_hire(applicant: Applicant, start: date) -> None:
    plan = applicant.plan
    section = section_for_system(plan)
    assert section is not None
    faults: Faults = {}
    if applicant.pk not in {row.applicant_id for row in chosen_for_system(plan)}:
        say(faults, "", _("%(name)s is not among those to be hired by the ranking.") % {"name": applicant.name})
    missing = reviews_missing_for_system(applicant, section)
    if missing:
        names = ", ".join(str(ReviewKind(kind).label) for kind in missing)
        say(faults, "", _("%(name)s has not passed yet: %(reviews)s.") % {"name": applicant.name, "reviews": names})
    until = plan.published_until
    if until is not None and timezone.localdate() <= until:
        say(faults, "", _("Names are public until %(day)s; hire from the day after.") % {"day": until})
    if until is not None and start <= until:
        say(
            faults, "start", _("The employment begins after the public notice, which ends on %(day)s.") % {"day": until}
        )
    refuse(faults)


def _identity(applicant: Applicant) -> dict[str, Any]:
    names = (
        "name", "sex", "birth_date", "document_type", "identity_number", "phone", "political_status", "background",
        "registered_residence", "work_started",
    )  # fmt: skip
    return {name: getattr(applicant, name) for name in names if getattr(applicant, name)}


def _rows(applicant: Applicant) -> list[tuple[str, dict[str, Any]]]:
    """What the file says beside: the education and the certificate, as far as the application has their days."""
    found: list[tuple[str, dict[str, Any]]] = []
    if applicant.education and applicant.graduated:
        names = ("degree", "study_mode", "school", "major", "graduated")
        values = {name: getattr(applicant, name) for name in names if getattr(applicant, name)}
        found.append(("education", {"level": applicant.education, **values}))
    if applicant.certificate:
        found.append(
            (
                "certificate",
                {
                    "level": applicant.certificate,
                    "number": applicant.certificate_number,
                    "issued": applicant.certificate_issued,
                },
            )
        )
    return found
