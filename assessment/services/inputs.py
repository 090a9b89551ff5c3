"""Entering what people are assessed by: points, ballots, and results of earlier years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import AnnualResult, PointEntry, Rating, ResultState, SchemeResult, Source
from assessment.rules.inputs import FULL, SCALE, whole
from assessment.rules.periods import parse
from assessment.selectors.papers import papers_of_people_for_system
from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require, scope_for
from organization.models import Permission, Unit, User
from personnel.models import Employment, Person
from personnel.services.papers import papers_file
from policy.selectors import policy_of_unit_for_system

BALLOT_MOST = 100 * 100


@dataclass(frozen=True, slots=True)
class Ballots:
    """What one group gave one person: ballots in 1/100 of a point, and the kind of each rater where it matters."""

    person_id: int
    ballots: Sequence[int]
    kinds: Sequence[str] | None = None


def _refuse_strangers(actor: User | None, ids: Iterable[int]) -> None:
    """The actor may evaluate the unit in which each of the people works or has worked."""
    if actor is None:
        return
    wanted = set(ids)
    inside = scope_for(actor, Permission.RUN_EVALUATION).filter(Employment.objects.filter(person_id__in=wanted))
    strangers = wanted - set(inside.values_list("person_id", flat=True))
    if strangers:
        raise NotAllowed(
            _("%(count)s of these people work in no unit that you evaluate; nothing was entered.")
            % {"count": len(strangers)}
        )


@transaction.atomic
def points_record(
    *,
    actor: User | None,
    unit: Unit,
    person: Person,
    day: date,
    item: str,
    points: int | None = None,
    times: int = 1,
    note: str = "",
) -> PointEntry:
    """Write an entry into the ledger: `times` the points of the catalogue's item, or the points given (in 1/10000).

    Raises Refused for an item that the policy of the unit does not list or a day in the future.
    """
    if actor is not None:
        require(actor, Permission.RUN_EVALUATION, unit)
    _refuse_strangers(actor, [person.pk])
    version = policy_of_unit_for_system(unit.code, day)
    assessment = version.document.assessment if version else None
    items = {entry.code: entry for entry in (assessment.points.catalogue if assessment and assessment.points else ())}
    errors = []
    if item not in items:
        errors.append(
            _("“%(item)s” is not in the catalogue of %(unit)s. Listed are: %(items)s.")
            % {"item": item, "unit": unit.name, "items": "、".join(items) or "–"}
        )
    if day > timezone.localdate():
        errors.append(_("%(day)s has not come yet.") % {"day": day})
    listed = items[item].points if item in items else None
    if points is None and listed is None:
        errors.append(_("The catalogue does not say how many points “%(item)s” gives; enter them.") % {"item": item})
    if errors:
        raise Refused(errors)
    value = points if points is not None else whole(listed, SCALE) * times if listed is not None else 0
    entry = PointEntry.objects.create(
        person=person, day=day, item=item, points=value, note=note.strip(), entered_by=actor
    )
    audit(
        actor=actor,
        action="assessment.points.record",
        obj=entry,
        unit_code=unit.code,
        after={"person": person.pk, "day": str(day), "item": item, "points": value},
    )
    return entry


@transaction.atomic
def points_take_back(*, actor: User | None, unit: Unit, entry: PointEntry, note: str) -> PointEntry:
    """Take an entry back by its opposite; the ledger keeps both."""
    if actor is not None:
        require(actor, Permission.RUN_EVALUATION, unit)
    _refuse_strangers(actor, [entry.person_id])
    if PointEntry.objects.filter(reverses=entry).exists():
        raise Conflict(_("This entry has been taken back already."))
    if not note.strip():
        raise Refused([_("Say why the entry is taken back.")])
    back = PointEntry.objects.create(
        person_id=entry.person_id,
        day=entry.day,
        item=entry.item,
        points=-entry.points,
        note=note.strip(),
        reverses=entry,
        entered_by=actor,
    )
    audit(
        actor=actor,
        action="assessment.points.take_back",
        obj=back,
        unit_code=unit.code,
        after={"reverses": entry.pk, "points": back.points, "note": back.note},
    )
    return back


@transaction.atomic
def rating_record(
    *,
    actor: User | None,
    unit: Unit,
    scheme: str,
    period: str | int,
    raters: str,
    ratings: Sequence[Ballots],
) -> int:
    """Enter the ballots of one group for many people at once; what was entered for them before is replaced.

    Returns how many people. Raises Refused with every row that is wrong, NotAllowed for people of other units.
    """
    if actor is not None:
        require(actor, Permission.RUN_EVALUATION, unit)
    _refuse_strangers(actor, [row.person_id for row in ratings])
    code = parse(str(period)).code
    errors = []
    for row in ratings:
        if not row.ballots:
            errors.append(_("Person %(person)s has no ballot.") % {"person": row.person_id})
        if any(not 0 <= ballot <= BALLOT_MOST for ballot in row.ballots):
            errors.append(_("Person %(person)s has a ballot outside 0 to 100 points.") % {"person": row.person_id})
        if row.kinds is not None and len(row.kinds) != len(row.ballots):
            errors.append(
                _("Person %(person)s: a kind of rater is needed for each ballot.") % {"person": row.person_id}
            )
    if len({row.person_id for row in ratings}) < len(ratings):
        errors.append(_("Somebody is listed twice."))
    if errors:
        raise Refused(errors)
    Rating.objects.bulk_create(
        [
            Rating(
                person_id=row.person_id,
                scheme=scheme,
                period=code,
                raters=raters,
                ballots=list(row.ballots),
                kinds=list(row.kinds) if row.kinds is not None else None,
                entered_by=actor,
                entered=timezone.now(),
            )
            for row in ratings
        ],
        update_conflicts=True,
        unique_fields=["person", "scheme", "period", "raters"],
        update_fields=["ballots", "kinds", "entered_by", "entered"],
        batch_size=2000,
    )
    audit(
        actor=actor,
        action="assessment.rating.record",
        obj=unit,
        unit_code=unit.code,
        after={"scheme": scheme, "period": code, "raters": raters, "people": len(ratings)},
    )
    return len(ratings)


@transaction.atomic
def results_import(
    *,
    actor: User | None,
    unit: Unit,
    year: int,
    grades: Mapping[int, str | None],
    scores: Mapping[int, int] | None = None,
) -> int:
    """Take over closed yearly results of before this system: grade by person. Returns how many were new.

    Whoever has a result of the year keeps it. Raises Refused for grades that the unit's policy does not know.
    """
    if actor is not None:
        require(actor, Permission.CONFIRM_EVALUATION, unit)
    version = policy_of_unit_for_system(unit.code, date(year, 12, 31)) or policy_of_unit_for_system(
        unit.code, timezone.localdate()
    )
    assessment = version.document.assessment if version else None
    known = {grade.code for grade in assessment.grades} if assessment else set()
    strange = sorted({grade for grade in grades.values() if grade is not None and grade not in known})
    if strange:
        raise Refused([_("%(unit)s has no grade %(grades)s.") % {"unit": unit.name, "grades": "、".join(strange)}])
    homes = dict(
        Employment.objects.filter(person_id__in=list(grades), start__lte=date(year, 12, 31))
        .order_by("start")
        .values_list("person_id", "unit_id")
    )
    before = AnnualResult.objects.filter(year=year).count()
    AnnualResult.objects.bulk_create(
        [
            AnnualResult(
                person_id=person,
                year=year,
                unit_id=homes.get(person, unit.pk),
                grade=grade,
                merit=grade,
                score=(scores or {}).get(person),
                reasons=[{"code": "IMPORTED", "params": {}}],
                source=Source.IMPORTED,
                state=ResultState.CLOSED,
            )
            for person, grade in sorted(grades.items())
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )
    new = AnnualResult.objects.filter(year=year).count() - before
    papers_file(actor=actor, papers=papers_of_people_for_system(sorted(grades)), of=unit)
    audit(
        actor=actor,
        action="assessment.results.import",
        obj=unit,
        unit_code=unit.code,
        after={"year": year, "people": len(grades), "new": new},
    )
    return new


@transaction.atomic
def scheme_results_import(
    *, actor: User | None, unit: Unit, scheme: str, period: str | int, scores: Mapping[int, int]
) -> int:
    """Take over closed scores (1/10000) of a shorter scheme from before this system. Returns how many were new."""
    if actor is not None:
        require(actor, Permission.CONFIRM_EVALUATION, unit)
    span = parse(str(period))
    if any(not 0 <= score <= FULL for score in scores.values()):
        raise Refused([_("Scores lie between 0 and 100 points.")])
    homes = dict(
        Employment.objects.filter(person_id__in=list(scores), start__lte=span.last)
        .order_by("start")
        .values_list("person_id", "unit_id")
    )
    before = SchemeResult.objects.filter(scheme=scheme, period=span.code).count()
    SchemeResult.objects.bulk_create(
        [
            SchemeResult(
                person_id=person,
                scheme=scheme,
                period=span.code,
                year=span.year,
                unit_id=homes.get(person, unit.pk),
                score=score,
                reasons=[{"code": "IMPORTED", "params": {}}],
                closed=True,
            )
            for person, score in sorted(scores.items())
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )
    new = SchemeResult.objects.filter(scheme=scheme, period=span.code).count() - before
    audit(
        actor=actor,
        action="assessment.scheme_results.import",
        obj=unit,
        unit_code=unit.code,
        after={"scheme": scheme, "period": span.code, "people": len(scores), "new": new},
    )
    return new
