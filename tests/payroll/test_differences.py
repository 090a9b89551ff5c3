"""Who gets more or less than in the month before, and why: the causes add up to the fen."""

from __future__ import annotations

from datetime import date

from payroll.models import PayDifference
from payroll.selectors.runs import difference_cards, difference_causes, differences
from personnel.models import Certificate, Employment, Person, Tenure
from tests.payroll.conftest import FEBRUARY, JANUARY, Place


def test_every_difference_is_explained_to_the_fen(staffed: Place) -> None:
    staffed.run(month=JANUARY.previous(), seal=True)
    person = Person.objects.get(name="甲")
    Certificate.objects.create(person=person, level="SOCIAL_WORKER", number="n", issued=date(2025, 12, 20))
    Employment.objects.filter(person__name="丁").update(end=date(2026, 1, 1))
    Tenure.objects.filter(person__name="乙").update(end=date(2026, 1, 1))
    from personnel.services import tenure_start

    second = Person.objects.get(name="乙")
    tenure_start(
        actor=None, person=second, unit=staffed.units["232762100001"], title="DEPUTY_DIRECTOR", start=date(2026, 1, 1)
    )
    run = staffed.run(month=JANUARY)
    rows = {row.person.name: row for row in PayDifference.objects.filter(run=run).select_related("person")}
    assert all(row.unexplained == 0 for row in rows.values())
    assert all(sum(cause["amount"] for cause in row.causes) == row.delta for row in rows.values())
    causes = {name: {cause["code"]: cause["amount"] for cause in row.causes} for name, row in rows.items()}
    # December sees the results of 2024, which nobody has: 15 % as NONE; January those of 2025.
    assert causes["甲"] == {"certificate": 30000, "service_years": 1000}
    assert causes["乙"] == {"post": 5000 + 750, "service_years": 1000}
    assert causes["丙"] == {"annual_grade": 6000, "service_years": 1000}
    assert (rows["丁"].new, causes["丁"]) == (None, {"LEFT": -rows["丁"].old})
    assert causes["戊"] == {"service_years": 1000}
    assert (rows["己"].old, causes["己"]) == (None, {"JOINED": rows["己"].new})
    officer = staffed.users["officer"]
    cards = difference_cards(user=officer, run=run)
    assert (cards.people, cards.changed, cards.joined, cards.left, cards.unexplained) == (5, 6, 1, 1, 0)
    assert cards.month_sum == sum(row.delta for row in rows.values())
    assert cards.year_sum == 12 * cards.month_sum
    listed = {entry["code"]: entry["amount"] for entry in difference_causes(user=officer, run=run)}
    assert listed["service_years"] == 4000
    assert sum(listed.values()) == cards.month_sum
    assert [row.person.name for row in differences(user=officer, run=run, cause="certificate")] == ["甲"]
    largest = list(differences(user=officer, run=run))
    assert abs(largest[0].delta) == max(abs(row.delta) for row in rows.values())
    assert {row.person.name for row in differences(user=staffed.users["clerk"], run=run)} == {"甲", "乙", "丙", "丁"}
    assert not differences(user=staffed.users["foreign"], run=run).exists()


def test_a_joiners_second_month_differs_by_the_days(staffed: Place) -> None:
    staffed.run(seal=True)
    run = staffed.run(month=FEBRUARY)
    row = PayDifference.objects.get(run=run)
    assert row.person.name == "己"
    assert [cause["code"] for cause in row.causes] == ["DAYS"]
    assert row.causes[0]["amount"] == row.delta
    assert row.unexplained == 0
    # The days of one month say nothing about the eleven that follow.
    assert difference_cards(user=staffed.users["officer"], run=run).year_sum == row.delta


def test_a_trial_has_the_same_differences_and_no_slips(staffed: Place) -> None:
    staffed.run(seal=True)
    Person.objects.filter(name="甲").update(sex="FEMALE")
    trial = staffed.run(month=FEBRUARY, dry_run=True)
    rows = {row.person.name: row.causes for row in trial.differences.select_related("person")}
    assert [(cause["code"], cause["amount"]) for cause in rows["甲"]] == [("sex", 3500)]
    assert not trial.slips.exists()
    real = staffed.run(month=FEBRUARY)
    assert {row.person.name: row.causes for row in real.differences.select_related("person")} == rows


def test_somebody_who_moves_inside_the_scope_has_not_left(staffed: Place) -> None:
    staffed.run(seal=True)
    unit = staffed.units["232762101001"]
    Employment.objects.filter(person__name="甲").update(unit=unit, unit_path=unit.path)
    run = staffed.run(month=FEBRUARY, people_a_batch=1)
    assert not PayDifference.objects.filter(run=run, person__name="甲").exists()
