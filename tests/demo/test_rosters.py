"""The published figures, counted from what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from core.models import AuditEntry
from cwms.demo.load import load_roster
from cwms.demo.places import ROSTERS
from cwms.demo.roster import Roster
from organization.access import Scope
from organization.models import Role, Unit, UnitFact, User
from organization.selectors import unit_for_system
from organization.services import grant_give
from personnel.models import COUNTED_CATEGORIES, Certificate, Employment, Person, Tenure
from personnel.rules import IdentityNumber, read_identity_number
from personnel.selectors import day_facts_for_system
from personnel.selectors.headcount import filled_for_system
from personnel.selectors.ratios import cross_appointments
from policy.rules.facts import EDUCATIONS
from staffing.models import QuotaAllocation
from training.selectors import training_years_for_system

Place = Callable[[str], Roster]
YEAR_END = date(2025, 12, 31)


@pytest.mark.requirement("CH-02", "CH-03", "CH-04", "CH-06", "CH-07", "CH-11")
def test_chaohus_committee_members(place: Place) -> None:
    place("chaohu")
    bodies = Tenure.objects.filter(body__in=("PARTY", "COMMITTEE"), end__isnull=True)
    members = set(bodies.values_list("person", flat=True))
    party = set(bodies.filter(body="PARTY").values_list("person", flat=True))
    committee = set(bodies.filter(body="COMMITTEE").values_list("person", flat=True))
    secretaries = set(bodies.filter(title="PARTY_SECRETARY").values_list("person", flat=True))
    directors = set(bodies.filter(title="COMMITTEE_DIRECTOR").values_list("person", flat=True))
    assert (len(members), len(party), len(committee), len(secretaries)) == (290, 230, 212, 37)
    assert len(party & committee) == 152
    assert secretaries == directors  # 一肩挑 100 %
    born = Person.objects.filter(pk__in=members).values_list("birth_date", flat=True)
    ages = [2025 - day.year for day in born if day]  # whole years on 31 December
    assert Fraction(sum(ages), len(ages)) == Fraction("39.1")
    people = day_facts_for_system([unit_for_system("340181").path], YEAR_END).people
    level = {person: EDUCATIONS.index(education) for person, education in people.select("person", "education").rows()}
    educated = [person for person in members if level[person] <= EDUCATIONS.index("COLLEGE")]
    assert len(educated) == 275
    assert round(Fraction(100 * len(educated), len(members)), 1) == Fraction("94.8")
    assert Unit.objects.filter(path__contains="/340181/", kind="COMMUNITY").count() == 37
    assert Employment.objects.filter(unit_path__contains="/340181/").values("person").distinct().count() == 573
    assert UnitFact.objects.get(key="approved_quota").value == "573"
    assert QuotaAllocation.objects.get().number == 573  # how the four streets share them is not printed


@pytest.mark.requirement("CH-05")
def test_chaohus_cross_appointments_depend_on_the_definition(place: Place) -> None:
    """The article prints 54.8 % without a definition: by none of the three do its own counts give that."""
    place("chaohu")
    officer = User.objects.create(username="officer", display_name="组织部")
    city = unit_for_system("340181")
    grant_give(actor=None, user=officer, unit=city, role=Role.ORG_OFFICER)
    found = cross_appointments(user=officer, unit=city, day=YEAR_END)
    assert [(one.definition, one.numerator, one.denominator, str(one.ratio)) for one in found] == [
        ("OF_MEMBERS", 152, 290, "52.4"),
        ("OF_PARTY", 152, 230, "66.1"),
        ("OF_COMMITTEE", 152, 212, "71.7"),
    ]
    assert not any(one.own for one in found)


@pytest.mark.requirement("CH-35")
def test_chaohus_certificate_holders(place: Place) -> None:
    place("chaohu")
    assert Certificate.objects.values("person").distinct().count() == 88
    assert set(Certificate.objects.values_list("level", flat=True)) == {"ASSISTANT", "SOCIAL_WORKER"}


@pytest.mark.requirement("CH-25")
def test_chaohus_training_of_the_year_shows_who_lacks_days(place: Place) -> None:
    place("chaohu")
    people = list(Person.objects.values_list("pk", flat=True))
    years = training_years_for_system(people, 2025).values()
    done = Counter(year.fulfils(sessions=1, days=5) for year in years)
    assert done == {True: 550, False: 23}


def test_chaohus_bad_records_are_left_out_with_the_reason(place: Place) -> None:
    place("chaohu")
    facts = day_facts_for_system([unit_for_system("340181").path], YEAR_END)
    assert Counter(facts.left_out["code"].to_list()) == {"NO_POST": 2, "TWO_EMPLOYMENTS": 1}
    assert facts.people.height == 573 - 3 - 2  # and two come in January only


@pytest.mark.requirement("SL-04", "SL-10", "SL-11")
def test_songlings_people(place: Place) -> None:
    place("songling")
    by_category = Counter(Employment.objects.values_list("category", flat=True))
    assert by_category == {"COMMUNITY_WORKER": 39, "ESTABLISHMENT_STAFF": 10, "PUBLIC_WELFARE_POST": 16}
    assert UnitFact.objects.get(key="approved_quota").value == "27"
    (filled,) = filled_for_system([unit_for_system("232762")], YEAR_END, people=Scope(()), seats=Scope(()))
    assert filled.approved is not None
    assert (filled.approved.number, filled.occupied, filled.vacant, filled.over) == (27, 39, 0, 12)
    assert "没有说明原因" in filled.approved.reason
    assert day_facts_for_system([unit_for_system("232762").path], YEAR_END).people.height == 39


@pytest.mark.requirement("TR-04")
def test_tongrens_people(place: Place) -> None:
    place("tongren")
    assert Employment.objects.filter(category__in=COUNTED_CATEGORIES).count() == 1_087
    assert Unit.objects.filter(kind="COMMUNITY").count() == 189


@pytest.mark.requirement("QY-06", "QY-17")
def test_qingyangs_people_and_grids(place: Place) -> None:
    place("qingyang")
    assert Employment.objects.count() == 1_163
    assert Unit.objects.filter(kind="GRID").count() == 678
    leaders = Tenure.objects.filter(title="GRID_LEADER")
    assert leaders.values("post__unit").distinct().count() == 678
    assert day_facts_for_system([unit_for_system("6210").path], YEAR_END).left_out.height == 0


@pytest.mark.parametrize("name", sorted(ROSTERS))
def test_a_roster_is_the_same_each_time_and_its_people_have_valid_numbers(name: str) -> None:
    first, second = ROSTERS[name](), ROSTERS[name]()
    assert first == second
    numbers = [worker.identity_number for worker in first.workers]
    assert len(set(numbers)) == len(numbers)
    for worker in first.workers:
        read = read_identity_number(worker.identity_number)
        assert isinstance(read, IdentityNumber)
        assert (read.birth_date, read.sex) == (worker.birth, worker.sex)


def test_loading_again_changes_nothing(place: Place) -> None:
    roster = place("songling")
    before = (Person.objects.count(), Unit.objects.count(), Tenure.objects.count())
    assert not load_roster(roster)
    assert (Person.objects.count(), Unit.objects.count(), Tenure.objects.count()) == before
    assert AuditEntry.objects.filter(action="cwms.demo.load").count() == 1
