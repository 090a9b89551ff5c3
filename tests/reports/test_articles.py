"""Every figure about personnel that the seven articles print, asked of the records of its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from cwms.demo.roster import Roster
from organization.models import Role, User
from organization.selectors import unit_for_system
from organization.services import grant_give
from reports.indicators import INDICATORS
from reports.selectors import breakdown, figure
from reports.selectors.figures import Figure, Question, people_behind, unit_asked

Place = Callable[[str], Roster]
YEAR_END = date(2025, 12, 31)


class Asking:
    """Somebody of the organisation department who asks for figures of a place."""

    def __init__(self, code: str) -> None:
        self.user = User.objects.create(username="officer", display_name="组织部")
        grant_give(actor=None, user=self.user, unit=unit_for_system(code), role=Role.ORG_OFFICER)
        self.code = code

    def question(self, code: str, day: date = YEAR_END, since: date = date(2025, 1, 1)) -> Question:
        return Question(INDICATORS[code], unit_asked(user=self.user, code=self.code, day=day), day, since)

    def __call__(self, code: str, **asked: date) -> Figure:
        question = self.question(code, **asked)
        found = figure(user=self.user, question=question)
        if question.indicator.aggregate.value in ("count", "share"):
            assert people_behind(user=self.user, question=question).count() == found.numerator
        return found

    def value(self, code: str, **asked: date) -> Decimal | None:
        return self(code, **asked).value

    def by(self, code: str, dimension: str) -> dict[str, int | None]:
        table = breakdown(user=self.user, question=self.question(code), by=[dimension])
        return {cell.codes[0]: cell.figure.numerator for cell in table.cells}


@pytest.mark.requirement("CH-02", "CH-03", "CH-04", "CH-05", "CH-06", "CH-07", "CH-11", "CH-35")
def test_chaohu(place: Place) -> None:
    place("chaohu")
    ask = Asking("340181")
    assert [ask(code).numerator for code in ("committee", "secretaries", "committee_party", "committee_residents")] == [
        290, 37, 230, 212,
    ]  # fmt: skip
    one_hand = ask("one_hand")
    assert (one_hand.numerator, one_hand.denominator, one_hand.value) == (37, 37, Decimal("100.0"))
    crossing = [ask(code) for code in ("cross_of_members", "cross_of_party", "cross_of_residents")]
    # 54.8 is printed; by none of the three definitions do the article's own counts give it (decision 0015)
    assert [(one.numerator, one.denominator, str(one.value)) for one in crossing] == [
        (152, 290, "52.4"), (152, 230, "66.1"), (152, 212, "71.7"),
    ]  # fmt: skip
    age = ask("committee_mean_age")
    assert (age.numerator, age.denominator, age.value) == (11_339, 290, Decimal("39.1"))
    college = ask("committee_college")
    assert (college.numerator, college.denominator, college.value) == (275, 290, Decimal("94.8"))
    seats = ask("seats_used")
    assert seats.denominator == 573
    assert ask("certified").numerator == 88
