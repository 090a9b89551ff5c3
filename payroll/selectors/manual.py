"""Amounts entered by hand, and for which lines there can be any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.models import RunState
from core.periods import Month
from organization.access import may
from organization.models import Permission, Unit, User
from payroll.models import ManualItem, PaySlip
from personnel.models import Employment, Person
from policy.rules.document import Component
from policy.selectors import policy_of_unit_for_system

NO_END = date(9999, 12, 1)


@dataclass(frozen=True)
class ShownItem:
    """An entry with the name of its line."""

    item: ManualItem
    name: str

    @property
    def until(self) -> date | None:
        """The first month without it; None for what is paid once or goes on until it is changed."""
        return None if self.item.until == NO_END else self.item.until

    @property
    def goes_on(self) -> bool:
        return self.item.until == NO_END


@dataclass(frozen=True)
class ShownItems:
    person: Person
    items: list[ShownItem]
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
    return {component.code: component.repeats for component in _components(unit, month)}


def _line_names(unit: Unit, month: Month) -> dict[str, str]:
    """The same lines by their names in the reader's language."""
    chinese = str(get_language()).startswith("zh")
    return {one.code: one.name.zh if chinese else one.name.en for one in _components(unit, month)}


def _components(unit: Unit, month: Month) -> list[Component]:
    version = policy_of_unit_for_system(unit.code, month.first_day)
    if version is None or version.document.pay is None:
        return []
    return [component for component in version.document.pay.components if component.kind == "manual"]


def month_closed_for_system(person_id: int, month: Month) -> bool:
    """Whether the person's slip of the month is sealed."""
    return PaySlip.objects.filter(month=month.first_day, person_id=person_id, run__state=RunState.SEALED).exists()


def manual_entries_for_system(person_id: int, month: Month) -> dict[str, list[ManualItem]]:
    """The approved entries that make up the person's manual lines of a month, by line; as a run reads them."""
    found: dict[str, list[ManualItem]] = {}
    rows = ManualItem.objects.filter(person_id=person_id, approved_by__isnull=False, month__lte=month.first_day)
    for item in rows.select_related("entered_by", "approved_by").order_by("-month", "-pk"):
        entries = found.setdefault(item.line, [])
        if item.until is None:
            if item.month == month.first_day:
                entries.append(item)
        elif not any(other.until is not None for other in entries):
            entries.append(item)  # the newest of those that repeat, also when it has ended
    return {
        line: [item for item in entries if item.until is None or item.until > month.first_day]
        for line, entries in found.items()
    }


def manual_items_of(*, user: User, person_id: int) -> ShownItems:
    unit = unit_of_person_for_system(person_id)
    if not may(user, Permission.VIEW_PAY, unit):
        raise NotFound(_("There is no such person among those you may look at."))
    names = _line_names(unit, Month.of(timezone.localdate()))
    items = ManualItem.objects.filter(person_id=person_id).select_related("entered_by", "approved_by")
    return ShownItems(
        person=Person.objects.get(pk=person_id),
        items=[ShownItem(item, names.get(item.line, item.line)) for item in items],
        lines=list(names.items()),
        may_enter=may(user, Permission.RUN_PAY, unit),
        may_approve=may(user, Permission.SEAL_PAY, unit),
    )


def manual_item_get(*, user: User, number: int) -> ManualItem:
    item = ManualItem.objects.filter(pk=number).first()
    if item is None or not may(user, Permission.VIEW_PAY, unit_of_person_for_system(item.person_id)):
        raise NotFound(_("There is no such amount among those you may look at."))
    return item
