"""Amounts entered by hand, and for which lines there can be any."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.periods import Month
from organization.access import may
from organization.models import Permission, Unit, User
from payroll.models import ManualItem
from personnel.models import Employment, Person
from policy.selectors import policy_of_unit_for_system


@dataclass(frozen=True)
class ShownItems:
    person: Person
    items: list[ManualItem]
    lines: list[tuple[str, str]]
    may_enter: bool
    may_approve: bool


def unit_of_person_for_system(person_id: int) -> Unit:
    """The unit of a person's newest employment. Raises NotFound."""
    employment = Employment.objects.filter(person_id=person_id).select_related("unit").order_by("-start", "-pk").first()
    if employment is None:
        raise NotFound(_("There is no such person among those you may look at."))
    return employment.unit


def manual_lines_for_system(unit: Unit, month: Month) -> dict[str, bool]:
    """The lines entered by hand under the rules of the unit in the month, and whether each repeats."""
    version = policy_of_unit_for_system(unit.code, month.first_day)
    if version is None or version.document.pay is None:
        return {}
    return {
        component.code: component.repeats for component in version.document.pay.components if component.kind == "manual"
    }


def manual_items_of(*, user: User, person_id: int) -> ShownItems:
    unit = unit_of_person_for_system(person_id)
    if not may(user, Permission.VIEW_PAY, unit):
        raise NotFound(_("There is no such person among those you may look at."))
    lines = manual_lines_for_system(unit, Month.of(timezone.localdate()))
    return ShownItems(
        person=Person.objects.get(pk=person_id),
        items=list(ManualItem.objects.filter(person_id=person_id).select_related("entered_by", "approved_by")),
        lines=[(code, code) for code in lines],
        may_enter=may(user, Permission.RUN_PAY, unit),
        may_approve=may(user, Permission.SEAL_PAY, unit),
    )


def manual_item_get(*, user: User, number: int) -> ManualItem:
    item = ManualItem.objects.filter(pk=number).first()
    if item is None or not may(user, Permission.VIEW_PAY, unit_of_person_for_system(item.person_id)):
        raise NotFound(_("There is no such amount among those you may look at."))
    return item
