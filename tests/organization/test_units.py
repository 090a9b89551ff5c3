from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from core.errors import Conflict, NotFound, Refused
from core.models import AuditEntry
from organization.models import Unit, UnitKind, shorten, widen
from organization.selectors import unit_ancestors_for_system, unit_for_system, units_below_for_system
from organization.services import unit_close, unit_create, unit_rename


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("340000000000", "34"),
        ("340100000000", "3401"),
        ("340181000000", "340181"),
        ("340181002000", "340181002"),
        ("340181002008", "340181002008"),
        ("340181100000", "340181100"),
        ("340181002010", "340181002010"),
        ("110000000000", "11"),
        ("500100000000", "5001"),
        ("340181002008003", "340181002008003"),
    ],
)
def test_a_short_code_keeps_whole_levels(code: str, short: str) -> None:
    assert shorten(code) == short
    assert widen(short) == code


def test_a_path_holds_the_codes_above(tree: dict[str, Unit]) -> None:
    unit = tree["340181002008"]
    assert unit.path == "34/3401/340181/340181002/340181002008/"
    assert [u.name for u in unit_ancestors_for_system(unit)] == ["安徽省", "合肥市", "巢湖市", "亚父街道", "旗山社区"]


def test_everything_below_a_unit_is_one_range_of_paths(tree: dict[str, Unit]) -> None:
    below = units_below_for_system([tree["340181"].path], (UnitKind.COMMUNITY,))
    assert [u.short_code for u in below] == ["340181002001", "340181002008", "340181003001"]
    assert units_below_for_system([]).count() == 0


def test_two_units_of_a_code_at_once_are_refused_and_one_after_the_other_are_not(tree: dict[str, Unit]) -> None:
    with pytest.raises(Conflict):
        unit_create(
            actor=None,
            code="340181002008",
            name="另一社区",
            kind=UnitKind.COMMUNITY,
            parent=tree["340181002"],
            valid_from=date(2024, 1, 1),
        )
    unit_close(actor=None, unit=tree["340181002008"], day=date(2024, 1, 1))
    again = unit_create(
        actor=None,
        code="340181002008",
        name="新旗山社区",
        kind=UnitKind.COMMUNITY,
        parent=tree["340181002"],
        valid_from=date(2024, 1, 1),
    )
    assert unit_for_system("340181002008") == again
    assert unit_for_system("340181002008", date(2023, 12, 31)) == tree["340181002008"]
    with pytest.raises(NotFound):
        unit_for_system("340181002008", date(2019, 12, 31))


def test_a_child_exists_on_no_day_without_its_parent(tree: dict[str, Unit]) -> None:
    with pytest.raises(Refused, match="亚父街道"):
        unit_create(
            actor=None,
            code="340181002099",
            name="早社区",
            kind=UnitKind.COMMUNITY,
            parent=tree["340181002"],
            valid_from=date(2019, 12, 31),
        )
    with pytest.raises(Refused) as refused:
        unit_close(actor=None, unit=tree["340181002"], day=date(2025, 1, 1))
    assert len(refused.value.errors) == 2


def test_a_rename_keeps_code_path_and_the_old_row(tree: dict[str, Unit]) -> None:
    renamed = unit_rename(actor=None, unit=tree["340181002008"], name="旗山北社区", day=date(2025, 7, 1))
    assert renamed.path == tree["340181002008"].path
    assert unit_for_system("340181002008", date(2025, 6, 30)).name == "旗山社区"
    assert unit_for_system("340181002008", date(2025, 7, 1)).name == "旗山北社区"
    entry = AuditEntry.objects.get(action="organization.unit.rename")
    assert (entry.before["name"], entry.after["name"]) == ("旗山社区", "旗山北社区")


@pytest.mark.parametrize("code", ["3401", "34018100200x", "3401810020080"])
def test_the_database_refuses_a_code_of_another_length(tree: dict[str, Unit], code: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(
            code=code,
            name="错",
            kind=UnitKind.STREET,
            parent=tree["340181"],
            path=f"x/{code}/",
            valid_from=date(2020, 1, 1),
        )
