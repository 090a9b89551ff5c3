"""Frames: a unit above says how many posts each unit below it may recruit for in a year; batches stay within it.

A frame is a plan with a line for each unit that recruits. It is fixed like a plan and goes no further: applicants
belong to the batches.
"""

from __future__ import annotations

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.errors import Refused
from organization.models import Unit
from policy.rules.document.recruitment import Recruitment
from recruitment.models import Plan, PlanState, Position
from recruitment.services.steps import Faults, say

UNFIXED = (PlanState.PROPOSED, PlanState.CANCELLED)  # what has not been fixed uses nothing of a frame


def is_frame(unit: Unit, section: Recruitment) -> bool:
    """Whether a plan of a unit is a frame: the rules of its place have frames, and set them at its level."""
    planning = section.planning
    return planning is not None and planning.frame is not None and unit.kind == planning.frame.upper()


def refuse_no_frame_line(faults: Faults, unit: Unit, section: Recruitment) -> None:
    """A line of a frame is for a unit that recruits."""
    planning = section.planning
    level = planning.consolidates if planning is not None else None
    if planning is not None and level is not None and unit.kind != level.upper():
        say(
            faults, "unit",
            _("%(unit)s: a frame has lines for units of the level %(level)s, which hold the recruitments (%(clause)s).")
            % {"unit": unit.name, "level": level, "clause": planning.cite or "recruitment.planning"},
        )  # fmt: skip


def within_frame(faults: Faults, plan: Plan, wanted: int, section: Recruitment) -> None:
    """No more posts in the batches of a unit and year than the frames of the year give it.

    The frames are locked first, so that two batches that are fixed at once don't both take the last posts.
    """
    planning = section.planning
    if plan.frame or planning is None or planning.frame is None:
        return
    lineage = plan.unit.first_row
    words = {
        "unit": plan.unit.name, "year": plan.year, "clause": planning.cite or "recruitment.planning.frame",
    }  # fmt: skip
    lines = Position.objects.filter(
        plan__frame=True, plan__year=plan.year, plan__state=PlanState.FIXED, unit__lineage=lineage
    )
    held = sorted(set(lines.values_list("plan", flat=True)))
    held_frames(held)
    if not held:
        say(
            faults, "",
            _("By the rules (%(clause)s) a frame comes first: none of %(year)s has posts for %(unit)s.") % words,
        )  # fmt: skip
        return
    given, used = _posts(lines), used_posts(lineage, plan.year)
    if used + wanted > given:
        say(
            faults, "",
            _(
                "The frame of %(year)s gives %(unit)s %(given)s posts (%(clause)s): batches have taken %(used)s, so "
                "%(wanted)s are too many."
            )
            % (words | {"given": given, "used": used, "wanted": wanted}),
        )  # fmt: skip


def held_frames(numbers: list[int]) -> None:
    """Nobody else fixes a batch of these frames until the transaction ends."""
    list(Plan.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=numbers).order_by("pk"))


def used_posts(lineage: int, year: int) -> int:
    """How many posts the batches of a unit have taken of a year's frames."""
    batches = Position.objects.filter(plan__frame=False, plan__year=year, plan__unit__lineage=lineage)
    return _posts(batches.exclude(plan__state__in=UNFIXED))


def refuse_used(frame: Plan) -> None:
    """A frame on which batches rest is not called off. Raises Refused with their titles."""
    lineages = list(Position.objects.filter(plan=frame).values_list("unit__lineage", flat=True))
    rest = Plan.objects.filter(frame=False, year=frame.year, unit__lineage__in=lineages).exclude(state__in=UNFIXED)
    titles = "、".join(rest.order_by("pk").values_list("title", flat=True))
    if titles:
        raise Refused([_("Batches rest on this frame: %(titles)s. Call them off first.") % {"titles": titles}])


def _posts(lines: QuerySet[Position]) -> int:
    """How many posts some lines have, as far as it is decided."""
    return int(lines.aggregate(posts=Coalesce(Sum(Coalesce("approved", "proposed")), 0))["posts"])
