"""The files of the demonstration: what the articles print of them, and that every rule of the file holds for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from cwms.demo.files import ON_EACH_LIST
from cwms.demo.roster import AS_OF, Roster
from cwms.demo.users import load_users
from organization.models import User
from organization.selectors import unit_for_system
from personnel.models import (
    Archive,
    BankAccount,
    Custody,
    DutyItem,
    Education,
    Employment,
    NamedListEntry,
    NamedListKind,
    PartyForm,
    PartyHousehold,
    Person,
    Placement,
    PublicRole,
    ResponsibilityArea,
    RowHistory,
    SpecialTreatment,
    Tenure,
)
from personnel.selectors.checks import examined
from personnel.selectors.record import _record, missing_of_for_system
from personnel.services import follow_posts

Place = Callable[[str], Roster]


@pytest.mark.requirement("CH-38", "CH-39", "CH-48", "CH-60", "CH-65")
def test_chaohus_files(place: Place) -> None:
    place("chaohu")
    assert Counter(PublicRole.objects.values_list("level", flat=True)) == {"COUNTY": 43, "MUNICIPAL": 2}
    assert PublicRole.objects.values("person").distinct().count() == 45
    secretaries = set(Tenure.objects.filter(title="PARTY_SECRETARY").values_list("person", flat=True))
    now = Custody.objects.filter(end__isnull=True)
    with_department = set(now.filter(kind="ORGANISATION_DEPARTMENT").values_list("archive__person", flat=True))
    assert with_department == secretaries
    assert len(secretaries) == 37
    assert now.count() == Archive.objects.count()
    assert set(now.filter(kind="STREET").values_list("unit__kind", flat=True)) == {"STREET"}
    workers = set(Employment.objects.values_list("person", flat=True))
    assert set(ResponsibilityArea.objects.values_list("person", flat=True)) == workers  # nobody without an area
    assert BankAccount.objects.filter(main=True).count() == 573
    assert RowHistory.objects.count() == 0  # nothing of the loading was written twice
    assert Counter(PartyForm.objects.values_list("kind", flat=True)) == {
        "STREET_COMMITTEE": 5, "COMMITTEE": 37, "AREA_BRANCH": 5, "BUILDING_GROUP": 5,
    }  # fmt: skip
    assert Counter(PartyHousehold.objects.values_list("kind", flat=True)) == {"MEMBERS": 5, "CONTACT": 10}
    person = Person.objects.get(pk=min(secretaries))
    before = list(Custody.objects.filter(archive__person=person).values_list("pk", "kind", "unit", "start", "end"))
    follow_posts(actor=None, person=person)  # the loader says what the service says
    after = list(Custody.objects.filter(archive__person=person).values_list("pk", "kind", "unit", "start", "end"))
    assert before == after


def test_some_files_lack_something_and_say_what(place: Place) -> None:
    place("songling")
    archived = Person.objects.filter(archive__isnull=False).order_by("pk")
    lacking = Counter(
        item.what.code
        for person in archived
        for item in missing_of_for_system(_record(person, AS_OF, AS_OF))
        if item.what.kind == "paper"
    )
    assert lacking["1"] > 0
    assert sum(lacking.values()) < 2 * archived.count()


@pytest.mark.requirement("SL-06", "SL-15")
def test_songlings_people_are_recruited_managed_and_used_in_three_places(place: Place) -> None:
    place("songling")
    rows = Placement.objects.select_related("employment__recruiter", "manager", "work_unit")
    kinds = Counter((row.employment.recruiter.kind, row.manager.kind, row.work_unit.kind) for row in rows)
    assert kinds == {("COUNTY", "STREET", "COMMUNITY"): Employment.objects.count()}


@pytest.mark.requirement("TR-33", "TR-34")
def test_tongrens_public_roles_and_treatments(place: Place) -> None:
    place("tongren")
    assert PublicRole.objects.values("person").distinct().count() == 112
    treated = set(SpecialTreatment.objects.filter(with_post=True, end__isnull=True).values_list("person", flat=True))
    assert len(treated) == 17
    assert treated <= set(Tenure.objects.filter(title="PARTY_SECRETARY").values_list("person", flat=True))


@pytest.mark.requirement("TR-09", "TR-10", "TR-11")
def test_tongrens_reserve_of_365_for_189_communities(place: Place) -> None:
    """345 of 365 are under 45, 319 come from college or above; no community is without, and the gaps to two are listed."""
    place("tongren")
    load_users("tongren")
    officer = User.objects.get(username="tongren.officer")
    for day in (date(2026, 1, 1), date(2026, 12, 31)):
        report = examined(user=officer, unit=unit_for_system("5206"), day=day)
        reserve = next(one for one in report.checks if one.check.code == "secretary_reserve")
        assert (reserve.having, len(reserve.findings), len(reserve.failing)) == (365, 189, 0)
        people = Person.objects.filter(pk__in=NamedListEntry.objects.values("person"))
        assert len(people) == 365
        young = sum(person.birth_date.replace(year=person.birth_date.year + 45) > day for person in people)
        assert f"{young / 365:.2%}" == "94.52%"
    below = [finding.short for finding in reserve.findings if finding.short]
    assert sum(below) >= 13  # 2 × 189 - 365, and more where a community has three
    assert all(short == 1 for short in below)
    schooled = Education.objects.filter(person__in=people, level__in=("COLLEGE", "BACHELOR", "MASTER", "DOCTOR"))
    assert f"{schooled.values('person').distinct().count() / 365:.1%}" == "87.4%"


def test_leshans_named_lists_and_lists_of_duties(place: Place) -> None:
    """How many are on each list the article leaves open; nobody who sits in a committee is a reserve for it."""
    place("leshan-shizhong")
    rows = NamedListEntry.objects.values_list("kind", flat=True)
    lists = set(NamedListKind.values) - {NamedListKind.SECRETARY_RESERVE}  # Tongren's (TR-09)
    assert Counter(rows) == dict.fromkeys(lists, ON_EACH_LIST)
    seated = Tenure.objects.filter(body__in=("PARTY", "COMMITTEE")).values("person")
    assert not NamedListEntry.objects.filter(person__in=seated).exists()
    assert Counter(DutyItem.objects.values_list("kind", flat=True).distinct()) == {"RESPONSIBILITY": 1, "TASK": 1}


@pytest.mark.requirement("QY-15")
def test_qingyangs_public_roles(place: Place) -> None:
    place("qingyang")
    assert PublicRole.objects.values("person").distinct().count() == 52
