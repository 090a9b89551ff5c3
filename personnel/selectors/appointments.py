"""Whether somebody may be proposed for a post or for leaving one: each condition with the rule that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import CaseAct
from approvals.selectors import open_case_for_system, procedure_for_system
from core.periods import whole_years
from organization.models import Unit
from personnel.models import Discipline, Person, PoliticalStatus, PostTitle, Tenure
from personnel.models.ranges import holding
from policy.models import named
from policy.selectors import policy_of_unit_for_system

# Posts of the party, which members of the party hold alone.
PARTY_POSTS = frozenset(
    {
        PostTitle.PARTY_SECRETARY,
        PostTitle.DEPUTY_SECRETARY,
        PostTitle.PARTY_COMMITTEE_MEMBER,
        PostTitle.BRANCH_SECRETARY,
    }
)


def works_in_for_system(person: Person) -> Unit | None:
    """Where somebody works today."""
    job = person.employments.filter(holding(timezone.localdate())).select_related("unit").order_by("-start").first()
    return job.unit if job is not None else None


def units_touched_for_system(person: Person, row: Model | None = None, unit: object = None) -> list[Unit | None]:
    """The units that a decision about somebody touches: where they work today, where the row is that it ends or changes,
    and the one that they are to go to.
    """
    jobs = person.employments.filter(holding(timezone.localdate())).select_related("unit")
    own = row.post.unit if isinstance(row, Tenure) else getattr(row, "unit", None)
    return [*(job.unit for job in jobs), own, unit if isinstance(unit, Unit) else None]


@dataclass(frozen=True, slots=True)
class Tick:
    """A condition of a proposal. met: None where the record doesn't say. rule: the clause or law it comes from."""

    met: bool | None
    text: str
    rule: str


def posts_with_procedure_for_system(unit: Unit, day: date) -> list[str]:
    """The posts of a unit that the rules in force on a day put steps in front of, in the order of rank."""
    version = policy_of_unit_for_system(unit.code, day)
    procedures = version.document.procedures if version is not None else ()
    asked = {post for one in procedures for post in one.applies_to.posts}
    return [post for post in PostTitle.values if post in asked]


def post_holders_for_system(unit: Unit, post: str, day: date) -> QuerySet[Tenure]:
    """Who holds a post of a unit on a day, whatever the unit was called when they began."""
    return Tenure.objects.filter(holding(day), post__unit__lineage=unit.first_row, title=post)


def proposal_ticks_for_system(person: Person, unit: Unit, act: str, post: str, day: date) -> list[Tick]:
    """What stands for and against a proposal for a day; what is not met refuses it, except a discipline that has
    effect, which those who inspect weigh.
    """
    today = timezone.localdate()
    found = [_procedure(unit, act, post, today)]
    held = post_holders_for_system(unit, post, today).filter(person=person).exists()
    if act == CaseAct.REMOVE:
        found.append(Tick(held, _("holds the post today"), _("records")))
    else:
        found.append(Tick(not held, _("does not hold the post yet"), _("records")))
        if post in PARTY_POSTS:
            found.append(_membership(person))
        found.append(_age(person, day))
        strikes = Discipline.objects.filter(person=person, start__lte=day)
        strikes = strikes.filter(Q(effect_end__isnull=True) | Q(effect_end__gt=day))
        found.append(Tick(not strikes.exists(), _("no disciplinary measure has effect on that day"), _("records")))
    case = open_case_for_system(person.key, unit, post)
    found.append(Tick(case is None, _("no other case about this post is under way"), _("one case at a time")))
    return found


def _procedure(unit: Unit, act: str, post: str, day: date) -> Tick:
    asked = procedure_for_system(unit, act, post, day)
    if asked is None:
        return Tick(False, _("the rules of %(unit)s ask for a procedure here") % {"unit": unit.name}, "—")
    version, procedure = asked
    clause = procedure.applies_to.cite or procedure.cite or ""
    open_values = version.document.unset(procedure.path)
    return Tick(
        not open_values,
        _("procedure “%(name)s”, %(count)s steps") % {"name": named(procedure.name), "count": len(procedure.steps)},
        f"{version} {clause}".strip(),
    )


def _membership(person: Person) -> Tick:
    rule = _("the constitution of the party")
    if not person.political_status:
        return Tick(None, _("is a member of the party (not on record)"), rule)
    member = person.political_status in (PoliticalStatus.PARTY_MEMBER, PoliticalStatus.PROBATIONARY_MEMBER)
    return Tick(member, _("is a member of the party"), rule)


def _age(person: Person, day: date) -> Tick:
    """An adult; the age itself is shown for those who decide."""
    if person.birth_date is None:
        return Tick(None, _("age on that day (not on record)"), _("records"))
    age = whole_years(person.birth_date, day)
    return Tick(age >= 18, _("%(age)s years old on that day") % {"age": age}, _("18 years, Civil Code Art. 17"))
