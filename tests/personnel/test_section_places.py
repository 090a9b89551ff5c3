"""An employment or a post that is put into another unit: who may, and where it is found afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.errors import NotFound
from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Employment, Person
from personnel.services import row_correct, section_change

OWN, OTHER = "340181002008", "340181002001"


def test_the_path_of_a_changed_employment_is_that_of_its_new_unit(
    units: dict[str, Unit], hire: Callable[..., Person]
) -> None:
    employment = hire().employments.get()
    fresh: Any = section_change(actor=None, row=employment, day=date(2025, 1, 1), values={"unit": OTHER})
    row = Employment.objects.get(pk=fresh.pk)
    assert (row.unit, row.unit_path, row.start) == (units[OTHER], units[OTHER].path, date(2025, 1, 1))


def test_nobody_puts_somebody_where_they_may_not_write(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    clerk = User.objects.create(username="clerk", display_name="clerk")
    grant_give(actor=None, user=clerk, unit=units[OWN], role=Role.STREET_CLERK)
    person = hire()
    employment, tenure = person.employments.get(), person.tenures.get()
    day = date(2025, 1, 1)
    with pytest.raises(NotFound):
        section_change(actor=clerk, row=employment, day=day, values={"unit": OTHER})
    with pytest.raises(NotFound):
        row_correct(actor=clerk, row=tenure, values={"unit": OTHER}, reason="x")
    row_correct(actor=clerk, row=tenure, values={"document": "D1"}, reason="x")  # within the unit as before
    grant_give(actor=None, user=clerk, unit=units[OTHER], role=Role.STREET_CLERK)  # the control
    row_correct(actor=clerk, row=tenure, values={"unit": OTHER}, reason="x")
    section_change(actor=clerk, row=employment, day=day, values={"unit": OTHER})
    tenure.refresh_from_db()
    assert (tenure.post.unit, tenure.document) == (units[OTHER], "D1")
