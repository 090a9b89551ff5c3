"""The workplace: what falls due, what the records lack, whom one looked at last."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create
from personnel.models import Employment, Person, Placement, QualityCount, StoredFile
from personnel.selectors.workplace import Quality, quality_of
from personnel.services import archive_lend, archive_open, education_add
from personnel.services.quality import quality_count
from tests.records import write

Hire = Callable[..., Person]
MOST_QUERIES = 13  # three who asks, and one for each thing that may wait


def client_of(unit: Unit, role: str = Role.STREET_CLERK, name: str = "clerk") -> Client:
    user = User.objects.create(username=name, display_name=name)
    grant_give(actor=None, user=user, unit=unit, role=role)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def clerk(units: dict[str, Unit]) -> Client:
    return client_of(units["340181002"])


def lacking(client: Client) -> dict[str, int]:
    return {what: count for what, _name, count in client.get("/").context["lacking"]}


def waiting(client: Client) -> dict[str, list[str]]:
    return {str(name): [one.label for one in found] for name, found in client.get("/").context["groups"]}


def test_each_number_is_the_length_of_the_list_behind_it(hire: Hire, clerk: Client) -> None:
    today = timezone.localdate()
    complete, _some, _left = hire("全有"), hire("少"), hire("走了", end=date(2022, 1, 1))
    picture = StoredFile.objects.create(sha256="0" * 64, name="a", media_type="image/jpeg", size=1, content=b"1")
    write(complete, photo=picture, identity_number="34018119900501002X", phone="13900000000")
    education_add(actor=None, person=complete, level="BACHELOR", graduated=date(2012, 7, 1))
    archive_open(actor=None, person=complete, opened=today)
    other = hire("有电话")
    write(other, phone="13900000001")
    assert lacking(clerk) == {"photo": 2, "identity_number": 2, "phone": 1, "education": 2, "archive": 2}
    for what, count in lacking(clerk).items():
        page = clerk.get(f"/people/?missing={what}")
        assert page.context["page"].total == len(page.context["lines"]) == count
        assert [chip.label for chip in page.context["chips"]] == ["Missing"]
    assert clerk.get("/people/?missing=phone&missing=photo").context["page"].total == 2
    assert clerk.get("/").context["people"] == 3


def test_who_may_only_look_is_not_told_what_to_complete(hire: Hire, units: dict[str, Unit]) -> None:
    hire()
    auditor = client_of(units["340181"], Role.AUDITOR, "auditor")
    assert auditor.get("/").context["lacking"] == []
    assert auditor.get("/").context["people"] == 1
    nobody = client_of(units["340181"], Role.SECURITY_ADMIN, "security").get("/")
    assert (nobody.status_code, nobody.context["may_view"], nobody.context["waiting"]) == (200, False, 0)


def test_what_others_have_is_not_counted(hire: Hire, units: dict[str, Unit]) -> None:
    hire(unit="340181002008")
    elsewhere = client_of(units["340181002001"], name="elsewhere")
    assert lacking(elsewhere) == {}
    assert elsewhere.get("/").context["people"] == 0


def test_nobody_counts_a_province_on_every_visit(hire: Hire, units: dict[str, Unit]) -> None:
    complete = hire("全")
    hire("少")
    write(complete, phone="13900000000")
    province = client_of(units["34"], Role.ORG_OFFICER, "province")
    city = client_of(units["3401"], Role.ORG_OFFICER, "city")
    for client in (province, city):
        answer = client.get("/")
        assert (answer.context["people"], answer.context["lacking"]) == (None, [])
    before = timezone.now()
    assert quality_count() == 2  # the province and the city; the county is counted on every visit
    for client in (province, city):
        answer = client.get("/")
        assert answer.context["people"] == 2
        assert {what: n for what, _name, n in answer.context["lacking"]} == {
            "photo": 2, "identity_number": 2, "phone": 1, "education": 2, "archive": 2,
        }  # fmt: skip
        assert before <= answer.context["counted"] <= timezone.now()
        assert "counted at" in answer.content.decode()
    # what is entered now is told after the next count, and at once to whoever has the county
    write(complete, phone="")
    county = client_of(units["340181"], Role.ORG_OFFICER, "county")
    assert (lacking(province)["phone"], lacking(county)["phone"]) == (1, 2)
    quality_count()
    assert lacking(province)["phone"] == 2


def test_who_has_a_city_and_a_street_elsewhere_has_both(hire: Hire, units: dict[str, Unit]) -> None:
    hire()
    day = date(2000, 1, 1)
    other = unit_create(actor=None, code="35", name="福建省", kind=UnitKind.PROVINCE, parent=None, valid_from=day)
    city = unit_create(actor=None, code="3501", name="福州市", kind=UnitKind.CITY, parent=other, valid_from=day)
    user = User.objects.create(username="both", display_name="both")
    for unit in (city, units["340181002"]):
        grant_give(actor=None, user=user, unit=unit, role=Role.STREET_CLERK)
    assert quality_of(user=user) == Quality(None, [])
    quality_count()
    found = quality_of(user=user)
    assert (found.people, dict(found.lacking)["photo"]) == (1, 1)


def test_units_that_are_gone_keep_no_count(hire: Hire, units: dict[str, Unit]) -> None:
    QualityCount.objects.create(unit_path="99/", people=1, lacking={}, counted=timezone.now())
    quality_count()
    assert sorted(QualityCount.objects.values_list("unit_path", flat=True)) == ["34/", "34/3401/"]


def test_contracts_probations_and_loans_fall_due(hire: Hire, clerk: Client, units: dict[str, Unit]) -> None:
    today = timezone.localdate()

    def with_job(name: str, unit: str = "340181002008", **days: int) -> Person:
        person = hire(name, unit=unit)
        Employment.objects.filter(person=person).update(
            **{field: today + timedelta(days=number) for field, number in days.items()}
        )
        return person

    with_job("过期", contract_end=-1)
    with_job("当天", contract_end=0)
    with_job("三十天", contract_end=30)
    with_job("三十一天", contract_end=31)
    with_job("试用", probation_end=0)
    with_job("转正了", probation_end=-1)
    lent = hire("借出")
    archive = archive_open(actor=None, person=lent, opened=date(2020, 1, 1))
    values = {"borrower": "组织部", "purpose": "核查", "start": date(2026, 1, 1), "due": today - timedelta(days=9)}
    archive_lend(actor=None, archive=archive, values=values)
    groups = waiting(clerk)
    assert groups["Overdue"] == ["Get back the archive of 借出", "Renew or end the contract of 过期"]
    assert groups["Due today"] == ["Renew or end the contract of 当天", "Decide on the probation of 试用"]
    assert [label for found in groups.values() for label in found].count("Renew or end the contract of 三十天") == 1
    assert sum(len(found) for found in groups.values()) == 5
    others = client_of(units["340181002001"], name="others")
    assert waiting(others) == {}
    assert waiting(client_of(units["340181"], Role.AUDITOR, "auditor")) == {}


def test_more_than_fit_lead_to_the_list(hire: Hire, clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("personnel.selectors.workplace", "cwms.views.pages"):
        monkeypatch.setattr(f"{module}.MOST_DUE", 2)
    today = timezone.localdate()
    link = f"contract_to={today + timedelta(days=30):%Y-%m-%d}"
    for number in range(3):
        Employment.objects.filter(person=hire(f"人{number}")).update(contract_end=today + timedelta(days=number))
        page = clerk.get("/")
        assert (link in page.content.decode()) == (number >= 1)
        assert page.context["waiting"] == min(number + 1, 2)
    assert clerk.get(f"/people/?sort=contract&{link}").context["page"].total == 3


def test_whom_one_looked_at_last(hire: Hire, clerk: Client, units: dict[str, Unit]) -> None:
    one, two = hire("甲"), hire("乙")
    for person in (one, two, one):
        clerk.get(f"/people/{person.pk}/")
    assert [name for _number, name, _unit in clerk.get("/").context["recent"]] == ["甲", "乙"]
    assert clerk.cookies["recent"]["httponly"]
    # the same browser, another user: nothing of the one before, and what is made up shows nobody else's people
    other = client_of(units["340181002001"], name="other")
    other.cookies["recent"] = clerk.cookies["recent"].value
    assert other.get("/").context["recent"] == []
    other.cookies["recent"] = re.sub(r"^\d+", str(User.objects.get(username="other").pk), clerk.cookies["recent"].value)
    assert other.get("/").context["recent"] == []
    clerk.cookies["recent"] = "x:1.y.99999999999999"
    assert clerk.get("/").context["recent"] == []


def test_the_workplace_takes_thirteen_queries(hire: Hire, clerk: Client) -> None:
    person = hire("甲")
    for number in range(5):
        Employment.objects.filter(person=hire(f"人{number}")).update(contract_end=timezone.localdate())
    clerk.get(f"/people/{person.pk}/")
    clerk.get("/")
    with CaptureQueriesContext(connection) as queries:
        answer = clerk.get("/")
    assert all(answer.context[part] for part in ("recent", "lacking", "groups"))
    assert "Understood" in answer.content.decode()  # the card costs nothing
    assert len(queries) <= MOST_QUERIES, [query["sql"][80:220] for query in queries]


def test_who_is_expected_back_waits_before_and_after_the_day(hire: Hire, clerk: Client) -> None:
    """In ten days and five days ago; not in a year, and not who is back."""
    today = timezone.localdate()
    for name, due, end in (
        ("近", today + timedelta(days=10), None),
        ("过", today - timedelta(days=5), None),
        ("远", today + timedelta(days=365), None),
        ("回", today - timedelta(days=5), today - timedelta(days=6)),
    ):
        job = hire(name).employments.get()
        start = today - timedelta(days=60)
        Placement.objects.create(employment=job, kind="SHADOWING", place="东莞市", start=start, due=due, end=end)
    found = waiting(clerk)
    assert found["Overdue"] == ["Enter the return of 过, or a later day"]
    assert [label for labels in found.values() for label in labels] == [
        "Enter the return of 过, or a later day", "Enter the return of 近, or a later day",
    ]  # fmt: skip
