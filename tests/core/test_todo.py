"""What waits is ordered by the day by which it should be done."""

from __future__ import annotations

from datetime import date

from core.rules import DUE, Todo, due_groups


def todo(label: str, due: date | None, since: date = date(2026, 11, 1)) -> Todo:
    return Todo(label, "", since, False, "", "", (), due)


def test_groups_by_the_day_and_the_week() -> None:
    """The 18th of November 2026 is a Wednesday, so that the week ends on the 22nd."""
    given = [
        todo("next Monday", date(2026, 11, 23)),
        todo("Sunday", date(2026, 11, 22)),
        todo("today", date(2026, 11, 18)),
        todo("yesterday", date(2026, 11, 17)),
        todo("long ago", date(2025, 1, 1)),
        todo("newer", None, date(2026, 11, 3)),
        todo("older", None, date(2026, 11, 2)),
        todo("tomorrow", date(2026, 11, 19)),
    ]
    groups = due_groups(given, date(2026, 11, 18))
    assert {name: [one.label for one in found] for name, found in groups.items()} == {
        "overdue": ["long ago", "yesterday"],
        "today": ["today"],
        "this week": ["tomorrow", "Sunday"],
        "later": ["next Monday"],
        "no day": ["older", "newer"],
    }
    assert tuple(groups) == DUE


def test_on_a_sunday_the_week_is_over_with_the_day() -> None:
    groups = due_groups([todo("Monday", date(2026, 11, 23))], date(2026, 11, 22))
    assert list(groups) == ["later"]
    assert due_groups([], date(2026, 11, 22)) == {}
