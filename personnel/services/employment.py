"""Writes of employments and of posts held."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.selectors.above import above
from organization.services import hold_tree, newest_row
from personnel.models import (
    Body,
    Destination,
    Employment,
    EndReason,
    Person,
    Placement,
    Post,
    PostTitle,
    SpecialTreatment,
    Tenure,
)
from personnel.selectors.employing import (
    ALWAYS,
    contract_faults_for_system,
    exits_for_system,
    move_faults_for_system,
    recomputes_for_system,
    rise_faults_for_system,
)
from personnel.selectors.headcount import Held, held_for_system
from personnel.services.custody import follow_posts
from personnel.services.entry_ways import EntryWays
from personnel.services.guard import Guard
from personnel.services.leaving import refuse_open_handover
from personnel.services.quota import take_seat
from personnel.services.steps import lock_person, name_writer, party_errors, refuse, save_checked, save_new, state_of

# Posts of which a unit has one holder at a time.
SINGLE_HOLDER = frozenset(
    {
        PostTitle.PARTY_SECRETARY,
        PostTitle.COMMITTEE_DIRECTOR,
        PostTitle.OWNERS_DIRECTOR,
        PostTitle.BRANCH_SECRETARY,
    }
)
BODY_OF_TITLE = {
    PostTitle.PARTY_SECRETARY: Body.PARTY,
    PostTitle.DEPUTY_SECRETARY: Body.PARTY,
    PostTitle.PARTY_COMMITTEE_MEMBER: Body.PARTY,
    PostTitle.COMMITTEE_DIRECTOR: Body.COMMITTEE,
    PostTitle.DEPUTY_DIRECTOR: Body.COMMITTEE,
    PostTitle.COMMITTEE_MEMBER: Body.COMMITTEE,
    PostTitle.STAFF: Body.STAFF,
    PostTitle.GRID_LEADER: Body.GRID,
    PostTitle.GRID_WORKER: Body.GRID,
    PostTitle.OWNERS_DIRECTOR: Body.OWNERS,
    PostTitle.OWNERS_MEMBER: Body.OWNERS,
    PostTitle.LIAISON: Body.RESIDENTS,
    PostTitle.AREA_HEAD: Body.RESIDENTS,
    PostTitle.BUILDING_HEAD: Body.RESIDENTS,
    PostTitle.STEWARD: Body.RESIDENTS,
    PostTitle.VOLUNTEER: Body.RESIDENTS,
    PostTitle.REGISTERED_MEMBER: Body.RESIDENTS,
    PostTitle.BRANCH_SECRETARY: Body.BRANCH,
}
_EMPLOYMENT_FIELDS = (
    "person_id",
    "unit_id",
    "category",
    "entry_channel",
    "start",
    "end",
    "probation_end",
    "end_reason",
    "exit_code",
    "destination",
    "destination_kind",
)
_TENURE_FIELDS = ("person_id", "post_id", "title", "start", "end", "full_time", "document")


@transaction.atomic
def employment_start(
    *,
    actor: User | None,
    person: Person,
    unit: Unit,
    category: str,
    start: date,
    employer: Unit | None = None,
    entry_channel: str | None = None,
    probation_end: date | None = None,
    over_reason: str = "",
    examined: bool = False,
    **fields: Any,
) -> Employment:
    """Employ a person in a unit from a day on. Raises Conflict if they already are, in the same category.

    over_reason: why they come beyond the approved seats. examined: whether they come out of a recruitment, which is for
    its services alone to say. Raises Refused where no seat is free and the rules of the place let nobody in beyond the
    seats, and where they let nobody in by this channel without an examination.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    return _begin(
        actor=actor,
        person=person,
        unit=unit,
        category=category,
        start=start,
        employer=employer,
        entry_channel=entry_channel,
        probation_end=probation_end,
        over_reason=over_reason,
        examined=examined,
        **fields,
    )


def _begin(
    *,
    actor: User | None,
    person: Person,
    unit: Unit,
    category: str,
    start: date,
    employer: Unit | None = None,
    entry_channel: str | None = None,
    probation_end: date | None = None,
    over_reason: str = "",
    examined: bool = False,
    held: Held | None = None,
    **fields: Any,
) -> Employment:
    """`employment_start` after it is known who may. held: the seat that they give up for this one."""
    hold_tree()
    lock_person(person)
    employment = new_employment(
        person=person,
        newest=newest_row(unit),
        category=category,
        start=start,
        employer=employer,
        entry_channel=entry_channel,
        probation_end=probation_end,
        **fields,
    )
    refuse(contract_faults_for_system(employment))
    save_new(
        employment,
        _("%(person)s already has an employment of this category on or after %(day)s. End it first.")
        % {"person": person.name, "day": start},
    )
    if actor is not None and not examined:
        EntryWays().refuse_entry(employment)
    take_seat(actor=actor, employment=employment, before=held, reason=over_reason, newly=held is None)
    audit(actor=actor, **employment_started(employment))
    follow_posts(actor=actor, person=person)
    return employment


def new_employment(
    *,
    person: Person,
    newest: tuple[Unit, date],
    category: str,
    start: date,
    employer: Unit | None = None,
    entry_channel: str | None = None,
    probation_end: date | None = None,
    **fields: Any,
) -> Employment:
    """An employment that is not on record, checked by itself and not saved. Raises Refused.

    newest: the unit as it is by now, and its first day (`newest_row`).
    """
    unit, first_day = newest
    errors = []
    if probation_end is not None and probation_end < start:
        errors.append(_("Probation of %(person)s would end before it begins.") % {"person": person.name})
    if first_day > start or (unit.valid_to is not None and unit.valid_to <= start):
        errors.append(_("%(unit)s does not exist on %(day)s.") % {"unit": unit.name, "day": start})
    if errors:
        raise Refused(errors)
    return Employment(
        person=person,
        employer=employer or unit,
        unit=unit,
        unit_path=unit.path,
        category=category,
        entry_channel=entry_channel,
        start=start,
        probation_end=probation_end,
        **fields,
    )


def employment_started(employment: Employment) -> dict[str, Any]:
    """What the trail says of an employment that began."""
    return {
        "action": "personnel.employment.start",
        "obj": employment,
        "unit_code": employment.unit.code,
        "after": state_of(employment, _EMPLOYMENT_FIELDS),
    }


@transaction.atomic
def employment_end(
    *,
    actor: User | None,
    employment: Employment,
    end: date,
    reason: str,
    destination: str = "",
    destination_kind: str = "",
    document: str = "",
    with_posts: bool = False,
) -> Employment:
    """The employment ends: `end` is the first day on which it no longer holds; placements end with it.

    destination: where somebody went (a street's civil service, another county), in words; destination_kind: which kind
    of place that is. with_posts: the posts held in the same unit end on the same day; without it they end elsewhere.
    Raises Refused for a reason that the rules of the unit let a case alone decide, and while something on the list of
    what is handed over is open.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, employment.unit)
        Guard().refuse_leaving(employment.unit, reason, end)
    return finish_employment(
        actor=actor,
        employment=employment,
        end=end,
        reason=reason,
        destination=destination,
        destination_kind=destination_kind,
        document=document,
        with_posts=with_posts,
    )


def finish_employment(
    *,
    actor: User | None,
    employment: Employment,
    end: date,
    reason: str,
    destination: str = "",
    destination_kind: str = "",
    document: str = "",
    with_posts: bool = False,
) -> Employment:
    """`employment_end` for services that have asked who may."""
    lock_person(employment.person)
    employment = _fresh(employment)
    errors = []
    exits, closed = exits_for_system(employment.unit, end)
    by_rules = next((one for one in exits if one.code == reason), None)
    if by_rules is None and closed and reason not in ALWAYS:
        errors.append(
            _("“%(reason)s” is none of the reasons of leaving that the rules list: %(listed)s.")
            % {"reason": reason, "listed": "、".join(one.name.zh for one in exits)}
        )
    elif by_rules is None and reason not in EndReason.values:
        errors.append(_("“%(reason)s” is no reason of leaving.") % {"reason": reason})
    if end < employment.start:
        errors.append(
            _("The employment of %(person)s would end on %(end)s, before it begins on %(start)s.")
            % {"person": employment.person.name, "end": end, "start": employment.start}
        )
    if destination_kind and destination_kind not in Destination.values:
        errors.append(_("“%(kind)s” is no kind of destination.") % {"kind": destination_kind})
    if errors:
        raise Refused(errors)
    refuse_open_handover(employment, reason)
    before = state_of(employment, _EMPLOYMENT_FIELDS)
    name_writer(actor, "end", document=document)
    _end_placements(employment, end)
    employment.end, employment.end_reason = end, reason if by_rules is None else by_rules.counts_as
    employment.exit_code = "" if by_rules is None else by_rules.code
    employment.destination = destination or employment.destination
    employment.destination_kind = destination_kind or employment.destination_kind
    employment.document = document or employment.document
    save_checked(employment)
    audit(
        actor=actor,
        action="personnel.employment.end",
        obj=employment,
        unit_code=employment.unit.code,
        before=before,
        after=state_of(employment, _EMPLOYMENT_FIELDS),
    )
    if with_posts:
        held = Tenure.objects.filter(person=employment.person, post__unit=employment.unit, start__lte=end)
        for tenure in held.filter(Q(end__isnull=True) | Q(end__gt=end)).select_related("person", "post__unit"):
            finish_tenure(actor=actor, tenure=tenure, end=end, document=document)
    follow_posts(actor=actor, person=employment.person)
    return employment


def _fresh(employment: Employment) -> Employment:
    """The row as it is now, locked. Raises NotFound if it was withdrawn meanwhile."""
    found = Employment.objects.select_for_update(of=("self",), no_key=True).filter(pk=employment.pk).first()
    if found is None:
        raise NotFound(_("There is no such row."))
    return found


def _end_placements(employment: Employment, end: date) -> None:
    """A placement never outlasts its employment: what would begin later goes, what would last longer ends."""
    Placement.objects.filter(employment=employment, start__gt=end).delete()
    Placement.objects.filter(employment=employment).filter(Q(end__isnull=True) | Q(end__gt=end)).update(end=end)


@transaction.atomic
def employment_transfer(
    *,
    actor: User | None,
    employment: Employment,
    unit: Unit,
    day: date,
    document: str = "",
    over_reason: str = "",
) -> Employment:
    """The person moves to another unit from a day on, with employer, category, channel and contract as they are.

    Whoever moves somebody out of a street must be allowed to change people in both. Posts end and begin elsewhere.
    Both units are what they are by now, and the employment as it is after the lock: somebody else may have ended or
    moved it since it was looked at. Raises Refused where the rules let a case alone decide it.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
        require(actor, Permission.CHANGE_PEOPLE, employment.unit)
        Guard().refuse_move(employment.unit, unit, day)
    return move_employment(
        actor=actor, employment=employment, unit=unit, day=day, document=document, over_reason=over_reason
    )


@transaction.atomic
def move_employment(
    *,
    actor: User | None,
    employment: Employment,
    unit: Unit,
    day: date,
    document: str = "",
    over_reason: str = "",
    with_posts: bool = False,
) -> Employment:
    """`employment_transfer` for services that have asked who may, and whether a case was needed.

    with_posts: the posts held in the unit that they leave end on the same day.
    """
    hold_tree()
    unit, _first_day = newest_row(unit)
    lock_person(employment.person)
    employment = _fresh(employment)
    if unit.pk == employment.unit_id:
        raise Refused(
            [_("%(person)s works in %(unit)s already.") % {"person": employment.person.name, "unit": unit.name}]
        )
    if employment.end is not None and employment.end <= day:
        raise Refused(
            [
                _("%(person)s left on %(end)s and cannot move on %(day)s.")
                % {"person": employment.person.name, "end": employment.end, "day": day}
            ]
        )
    if faults := move_faults_for_system(employment, unit, day):
        raise Refused(faults, {"unit": faults})
    last, held = employment.end, held_for_system(employment, day)
    ended = finish_employment(
        actor=actor, employment=employment, end=day, reason=EndReason.TRANSFERRED, document=document,
        with_posts=with_posts,
    )  # fmt: skip
    copied = {
        name: getattr(ended, name)
        for name in (
            "entry_channel", "probation_end", "contract_start", "contract_end", "contract_number", "establishment",
            "recruiter", "batch",
        )
    }  # fmt: skip
    if copied["probation_end"] is not None and copied["probation_end"] < day:
        copied["probation_end"] = None
    moved = _begin(
        actor=actor,
        person=ended.person,
        unit=unit,
        employer=ended.employer,
        category=ended.category,
        start=day,
        end=last,
        document=document,
        over_reason=over_reason,
        held=held,
        **copied,
    )
    values_move(actor=actor, person=ended.person, unit=ended.unit, to=unit, day=day)
    return moved


def values_move(*, actor: User | None, person: Person, unit: Unit, to: Unit, day: date) -> None:
    """The values on ladders of whoever moves go along, or end because they are worked out anew where they go.

    Part of the services that move somebody. Raises Refused where the ladder there doesn't have them.
    """
    ladders = above.ladders
    if ladders is None:
        return
    if recomputes_for_system(unit, to, day):
        ladders.end(actor=actor, person=person.pk, day=day)
    else:
        refuse({"unit": ladders.faults(person.pk, to, day)})


@transaction.atomic
def tenure_start(
    *,
    actor: User | None,
    person: Person,
    unit: Unit,
    title: str,
    start: date,
    full_time: bool = True,
    appointed_as: str | None = None,
    document: str = "",
    election: str = "",
    home_organization: str = "",
) -> Tenure:
    """A person takes up a post in a unit. Raises Conflict while somebody else holds a single-holder post.

    election: how they came into an elected post, of Election. home_organization: the party organisation of the
    workplace of a member who registers where they live. Raises Refused for a post of the party and somebody who
    is known to be in no party, and for a post that the rules of its unit fill by a case alone.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
        if title in PostTitle.values:
            Guard().refuse_appointment(unit, title, start, election=election)
        refuse({"appointed_as": rise_faults_for_system(person, unit, appointed_as, start)})
    return begin_tenure(
        actor=actor,
        person=person,
        unit=unit,
        title=title,
        start=start,
        full_time=full_time,
        appointed_as=appointed_as,
        document=document,
        election=election,
        home_organization=home_organization,
    )


def begin_tenure(
    *,
    actor: User | None,
    person: Person,
    unit: Unit,
    title: str,
    start: date,
    full_time: bool = True,
    appointed_as: str | None = None,
    document: str = "",
    election: str = "",
    home_organization: str = "",
) -> Tenure:
    """`tenure_start` for services that have asked who may, and whether a case was needed."""
    if title not in PostTitle.values:
        raise Refused([_("“%(title)s” is no post.") % {"title": title}])
    hold_tree()
    unit, _first_day = newest_row(unit)
    person = lock_person(person)
    refuse({"title": party_errors(person, BODY_OF_TITLE[PostTitle(title)], title)})
    post = locked_post(unit, title)
    tenure = new_tenure(
        person=person,
        post=post,
        start=start,
        full_time=full_time,
        appointed_as=appointed_as,
        document=document,
        election=election,
        home_organization=home_organization,
    )
    holder = Tenure.objects.filter(post=post, end__isnull=True).exclude(person=person).select_related("person").first()
    save_new(
        tenure,
        _("%(holder)s holds the post of %(title)s in %(unit)s on %(day)s. End that first.")
        % {
            "holder": holder.person.name if holder and post.single_holder else person.name,
            "title": post.get_title_display(),
            "unit": unit.name,
            "day": start,
        },
    )
    audit(actor=actor, **tenure_started(tenure, unit))
    follow_posts(actor=actor, person=person)
    return tenure


def locked_post(unit: Unit, title: str) -> Post:
    """The post of a unit (made if there is none), which nobody else fills until the end of the transaction."""
    post, _created = Post.objects.get_or_create(
        unit=unit,
        body=BODY_OF_TITLE[PostTitle(title)],
        title=title,
        defaults={"single_holder": title in SINGLE_HOLDER},
    )
    return Post.objects.select_for_update(of=("self",), no_key=True).get(pk=post.pk)


def new_tenure(*, person: Person, post: Post, start: date, **fields: Any) -> Tenure:
    """A post held that is not on record yet, not saved; the post is the caller's to lock. fields: of `tenure_start`."""
    return Tenure(
        person=person,
        post=post,
        body=post.body,
        title=post.title,
        single_holder=post.single_holder,
        start=start,
        **fields,
    )


def tenure_started(tenure: Tenure, unit: Unit) -> dict[str, Any]:
    """What the trail says of somebody who took up a post of a unit."""
    return {
        "action": "personnel.tenure.start",
        "obj": tenure,
        "unit_code": unit.code,
        "after": state_of(tenure, _TENURE_FIELDS),
    }


@transaction.atomic
def tenure_end(*, actor: User | None, tenure: Tenure, end: date, document: str = "") -> Tenure:
    """The person no longer holds the post from `end` on. Raises Refused where the rules want a case for that."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, tenure.post.unit)
        Guard().refuse_removal(tenure, end)
    return finish_tenure(actor=actor, tenure=tenure, end=end, document=document)


def finish_tenure(*, actor: User | None, tenure: Tenure, end: date, document: str = "") -> Tenure:
    """`tenure_end` for services that have asked who may, and whether a case was needed."""
    lock_person(tenure.person)
    tenure = Tenure.objects.select_for_update(of=("self",), no_key=True).get(pk=tenure.pk)
    if end < tenure.start:
        raise Refused(
            [
                _("The post of %(person)s would end on %(end)s, before it begins on %(start)s.")
                % {"person": tenure.person.name, "end": end, "start": tenure.start}
            ]
        )
    before = state_of(tenure, _TENURE_FIELDS)
    name_writer(actor, "end", document=document)
    tenure.end = end
    tenure.document = document or tenure.document
    save_checked(tenure)
    audit(
        actor=actor,
        action="personnel.tenure.end",
        obj=tenure,
        unit_code=tenure.post.unit.code,
        before=before,
        after=state_of(tenure, _TENURE_FIELDS),
    )
    _end_treatments(tenure)
    follow_posts(actor=actor, person=tenure.person)
    return tenure


def _end_treatments(tenure: Tenure) -> None:
    """What somebody enjoys as a secretary ends with the last such post (a term of office)."""
    if tenure.title not in SINGLE_HOLDER or tenure.end is None:
        return
    others = Tenure.objects.filter(person_id=tenure.person_id, title__in=SINGLE_HOLDER).exclude(pk=tenure.pk)
    if others.filter(Q(end__isnull=True) | Q(end__gt=tenure.end)).exists():
        return
    SpecialTreatment.objects.filter(person_id=tenure.person_id, with_post=True, start__lte=tenure.end).filter(
        Q(end__isnull=True) | Q(end__gt=tenure.end)
    ).update(end=tenure.end)
