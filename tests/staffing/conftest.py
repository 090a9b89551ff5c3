from __future__ import annotations

from datetime import date

import pytest

from personnel.services import guard
from staffing.models import QuotaAllocation, QuotaPlan
from staffing.services import plan_enter
from tests.payroll.conftest import Place, build_place

START = date(2022, 1, 1)


@pytest.fixture
def place(db: None) -> Place:
    return build_place()


@pytest.fixture(autouse=True)
def kept_for_years(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules have been in the system since they came into force: whoever comes in these tests comes under them."""
    monkeypatch.setattr(guard, "rules_kept_since_for_system", lambda place: START)


@pytest.fixture
def plan(place: Place) -> QuotaPlan:
    """27 seats of Songling from 2022 on."""
    return enter(place)


def enter(place: Place, unit: str = "232762", number: int = 27, **values: object) -> QuotaPlan:
    given = {"start": START, "document": "松编办〔2022〕1号", "issuer": "松岭区委编办", "level": "COUNTY"} | values
    return plan_enter(actor=None, unit=place.units[unit], number=number, **given)  # type: ignore[arg-type]


def root(plan: QuotaPlan) -> QuotaAllocation:
    return QuotaAllocation.objects.get(plan=plan, parent=None)


def seats(plan: QuotaPlan) -> dict[str, int]:
    """Seats by the short code of the unit."""
    return {row.unit.short_code: row.number for row in QuotaAllocation.objects.filter(plan=plan).select_related("unit")}
