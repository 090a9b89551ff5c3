"""How many results may be excellent, as a figure of the catalogue."""

from __future__ import annotations

from datetime import date

import pytest

from assessment.services import compute_evaluation, evaluation_close, evaluation_confirm, evaluation_start
from organization.models import User
from reports.indicators import INDICATORS
from reports.selectors import breakdown, figure
from reports.selectors.figures import Question, unit_asked

pytestmark = pytest.mark.django_db
DAY = date(2025, 12, 31)


def asked(user: User, code: str) -> Question:
    return Question(INDICATORS[code], unit_asked(user=user, code="340181", day=DAY), DAY, date(2025, 1, 1))


@pytest.mark.requirement("CH-45")
def test_places_are_those_of_the_caps_once_results_are_closed(units, policy, crew, user) -> None:
    """⌊30 % × 10⌋ of a street; to who may not see results it would tell nearly how many there are."""
    crew("340181002001", [9900 - n for n in range(10)])
    officer, approver, program = (user(role, "340181") for role in ("ORG_OFFICER", "ORG_APPROVER", "STATISTICS_CLIENT"))
    run = compute_evaluation(run=evaluation_start(actor=officer, unit=units["340181"], period=2025))
    assert figure(user=officer, question=asked(officer, "excellent_places")).value is None  # nothing is closed yet
    evaluation_close(actor=approver, run=evaluation_confirm(actor=approver, run=run))
    places = breakdown(user=officer, question=asked(officer, "excellent_places"), by=["unit"])
    assert places.total.numerator == 3
    assert {cell.codes[0]: cell.figure.numerator for cell in places.cells} == {"340181002": 3}
    results = breakdown(user=officer, question=asked(officer, "results"), by=["result"])
    assert {cell.codes[0]: cell.figure.numerator for cell in results.cells}["EXCELLENT"] == 3
    withheld = breakdown(user=program, question=asked(program, "excellent_places"), by=["unit"])
    assert withheld.total.withheld
    assert all(cell.figure.withheld for cell in withheld.cells)
