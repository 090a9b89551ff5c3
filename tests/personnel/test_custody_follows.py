"""Whoever writes a post or an employment, the custodian of the archive follows, and the past stays as it was (CH-39)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create, unit_move, unit_rename, units_merge
from personnel.models import Custody, Person
from personnel.selectors.record import record_on
from personnel.services import archive_open, custody_hand_over, employment_transfer, row_correct, tenure_start
from personnel.services import custody as custody_services
from personnel.services import units as units_services

pytestmark = pytest.mark.usefixtures("archive_rules")

Hire = Callable[..., Person]
OPENED, MOVED = date(2020, 1, 1), date(2026, 1, 1)
HERE = "340181002008"
FIRST, SECOND, COUNTY = "亚父街道", "卧牛山街道", "巢湖市"


@pytest.fixture
def other_street(units: dict[str, Unit]) -> Unit:
    return unit_create(
        actor=None, code="340181003", name=SECOND, kind=UnitKind.STREET, parent=units["340181"],
        valid_from=date(2000, 1, 1),
    )  # fmt: skip


@pytest.fixture
def filed(hire: Hire) -> Person:
    """Somebody of the first street whose archive the street has in hand."""
    person = hire(start=OPENED)
    archive_open(actor=None, person=person, opened=OPENED)
    custody_hand_over(actor=None, custody=Custody.objects.get(), day=date(2020, 1, 5), received_by="街道组织办")
    return person


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="officer")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


def custody(person: Person) -> list[tuple[str, date, date | None, str]]:
    rows = Custody.objects.filter(archive__person=person).order_by("start")
    return list(rows.values_list("unit__name", "start", "end", "received_by"))


@pytest.mark.requirement("CH-39", "SL-21")
def test_a_transfer_to_another_street_hands_the_archive_over(filed: Person, other_street: Unit) -> None:
    job = filed.employments.get()
    tenure = filed.tenures.get()
    row_correct(actor=None, row=tenure, values={"end": "2025-03-01"}, reason="随调动免职")
    employment_transfer(actor=None, employment=job, unit=other_street, day=date(2025, 3, 1))
    assert custody(filed) == [
        (FIRST, OPENED, date(2025, 3, 1), "街道组织办"),
        (SECOND, date(2025, 3, 1), None, ""),
    ]


@pytest.mark.requirement("CH-39")
def test_a_community_that_moves_takes_its_archives_along_from_that_day(
    units: dict[str, Unit], filed: Person, other_street: Unit, officer: User
) -> None:
    unit_move(actor=None, unit=units[HERE], parent=other_street, day=MOVED)
    expected = [(FIRST, OPENED, MOVED, "街道组织办"), (SECOND, MOVED, None, "")]
    assert custody(filed) == expected
    for day, keeper in ((date(2025, 12, 31), FIRST), (MOVED, SECOND)):
        archive = record_on(user=officer, person_id=filed.pk, day=day).archive
        assert archive is not None
        assert archive.custodian is not None
        assert archive.custodian.unit.name == keeper
    # An appointment afterwards changes nothing of the days before it.
    tenure_start(
        actor=None, person=filed, unit=Unit.objects.get(origin=units[HERE]), title="PARTY_SECRETARY",
        start=date(2026, 3, 1),
    )  # fmt: skip
    assert custody(filed) == [
        expected[0], (SECOND, MOVED, date(2026, 3, 1), ""), (COUNTY, date(2026, 3, 1), None, ""),
    ]  # fmt: skip


def test_without_following_the_first_street_would_keep_them(
    units: dict[str, Unit], filed: Person, other_street: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(units_services, "follow_units", lambda **_more: 0)
    unit_move(actor=None, unit=units[HERE], parent=other_street, day=MOVED)
    assert custody(filed) == [(FIRST, OPENED, None, "街道组织办")]


@pytest.mark.requirement("CH-39")
def test_a_street_that_is_renamed_keeps_what_it_has_in_hand(units: dict[str, Unit], filed: Person) -> None:
    unit_rename(actor=None, unit=units["340181002"], name="亚父新街道", day=MOVED)
    assert custody(filed) == [("亚父新街道", OPENED, None, "街道组织办")]
    row_correct(actor=None, row=filed.tenures.get(), values={"document": "补录文号"}, reason="补录")
    assert custody(filed) == [("亚父新街道", OPENED, None, "街道组织办")]


@pytest.mark.requirement("CH-39")
def test_a_merge_across_streets_leaves_the_old_street_its_days(
    units: dict[str, Unit], hire: Hire, other_street: Unit, officer: User
) -> None:
    """A community of another street comes to the street of the one into which it is merged."""
    there = unit_create(
        actor=None, code="340181003001", name="西坝社区", kind=UnitKind.COMMUNITY, parent=other_street,
        valid_from=date(2000, 1, 1),
    )  # fmt: skip
    units[there.code] = there
    here, came = hire("甲", start=OPENED), hire("乙", unit=there.code, start=OPENED)
    for person in (here, came):
        archive_open(actor=None, person=person, opened=OPENED)
    assert custody(came) == [(SECOND, OPENED, None, "")]
    units_merge(actor=None, units=[units[HERE], there], day=MOVED, into=units[HERE])
    assert custody(here) == [(FIRST, OPENED, None, "")]
    assert custody(came) == [(SECOND, OPENED, MOVED, ""), (FIRST, MOVED, None, "")]
    for day, keeper in ((date(2025, 12, 31), SECOND), (MOVED, FIRST)):
        archive = record_on(user=officer, person_id=came.pk, day=day).archive
        assert archive is not None
        assert archive.custodian is not None
        assert archive.custodian.unit.name == keeper
    # A correction afterwards reckons the days before the merge as they were.
    row_correct(actor=None, row=came.tenures.get(), values={"document": "补录文号"}, reason="补录")
    assert custody(came) == [(SECOND, OPENED, MOVED, ""), (FIRST, MOVED, None, "")]


def test_without_what_was_before_the_merge_the_new_street_would_have_kept_them_always(
    units: dict[str, Unit], hire: Hire, other_street: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(custody_services, "_former", lambda _person: {})
    there = unit_create(
        actor=None, code="340181003001", name="西坝社区", kind=UnitKind.COMMUNITY, parent=other_street,
        valid_from=date(2000, 1, 1),
    )  # fmt: skip
    units[there.code] = there
    came = hire("乙", unit=there.code, start=OPENED)
    archive_open(actor=None, person=came, opened=OPENED)
    units_merge(actor=None, units=[units[HERE], there], day=MOVED, into=units[HERE])
    assert custody(came) == [(FIRST, OPENED, None, "")]
