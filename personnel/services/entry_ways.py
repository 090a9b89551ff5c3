"""What keeps everybody out who comes without an examination where the rules want one (凡进必考).

Whoever began before the rules came into the system, and whoever only goes on in another unit or category of the same
place, comes in by no way at all (docs/decisions/0046-nobody-comes-in-without-an-examination.md).
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from organization.models import Unit
from personnel.models import Employment, EntryChannel
from personnel.selectors.headcount import newly_counted_for_system
from personnel.services.guard import KnownRules
from personnel.services.steps import refuse
from policy.models import PolicyVersion


class EntryWays:
    """Asks whether somebody may come in by a way. rules: those that are known already."""

    def __init__(self, rules: KnownRules | None = None) -> None:
        self._rules = rules or KnownRules()

    def wants_examination(self, unit: Unit, day: date, channel: str | None) -> PolicyVersion | None:
        """The rules that want an examination of whoever begins to count in a unit on a day by a channel; None if none."""
        version = self._rules.on(unit, day)
        section = version.document.recruitment if version is not None else None
        if version is None or section is None or section.entry is None or not section.entry.exam_required:
            return None
        if channel in section.entry.except_ or day < self._rules.since(version):
            return None
        return version

    def refuse_entry(self, employment: Employment) -> None:
        """Raises Refused with the clause for somebody who comes in past an examination. After the employment is saved,
        in the transaction of the write."""
        version = self.wants_examination(employment.unit, employment.start, employment.entry_channel)
        if version is None or not newly_counted_for_system(employment, version.document):
            return
        refuse({"entry_channel": [_no_way(employment, employment.unit, employment.start, version)]})

    def move_faults(self, employment: Employment, unit: Unit, day: date) -> list[str]:
        """Why somebody would come in past an examination if their employment went on in a unit from a day on."""
        version = self.wants_examination(unit, day, employment.entry_channel)
        if version is None or not newly_counted_for_system(employment, version.document, moved=day):
            return []
        return [_no_way(employment, unit, day, version)]


def _no_way(employment: Employment, unit: Unit, day: date, version: PolicyVersion) -> str:
    policy = version.document
    entry = policy.recruitment.entry if policy.recruitment is not None else None
    assert entry is not None
    exempt = "、".join(str(EntryChannel(code).label) for code in entry.except_)
    words = {
        "person": employment.person.name,
        "unit": unit.name,
        "day": day,
        "place": policy.name.zh,
        "clause": entry.cite or entry.path,
        "exempt": exempt,
    }
    if not exempt:
        return (
            _(
                "%(person)s can't begin in %(unit)s on %(day)s: the rules of %(place)s (%(clause)s) let nobody in "
                "without an examination. Begin a recruitment, and hire from there."
            )
            % words
        )
    return (
        _(
            "%(person)s can't begin in %(unit)s on %(day)s by this way: the rules of %(place)s (%(clause)s) let in "
            "without an examination only who is %(exempt)s. Begin a recruitment, and hire from there."
        )
        % words
    )
