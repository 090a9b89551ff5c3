"""Answers to programs are kept while nothing they say has changed, and never a moment longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organization.models import Grant, Role, Unit, UnitFact, User
from organization.services import fact_enter, grant_give, grant_revoke, unit_rename
from personnel.models import Employment, Person, Post
from reports.indicators import INDICATORS
from reports.models import RollupDay, StaleUnit
from reports.services import rollups as writing
from staffing.models import QuotaAllocation, QuotaPlan
from tests.reports.test_consistency import DAY
from tests.reports.test_rollups import count_all, evening, posts, write_in_every_way  # noqa: F401

BASE = "/api/v1/statistics/"
EVERY = [code for code, one in INDICATORS.items() if not one.population.events]
ASKED = [
    "values/?unit=34", "values/?unit=340181002", f"values/?indicator={','.join(INDICATORS)}&unit=34",
    "breakdown/?indicator=workers&unit=34&by=sex", "breakdown/?indicator=workers&unit=340181",
    "breakdown/?indicator=mean_age&unit=340181002&by=age", "breakdown/?indicator=hires&unit=34&by=unit,sex",
    "breakdown/?indicator=per_10000&unit=340181", "breakdown/?indicator=pay_line_mean&unit=34&by=component",
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    caches["answers"].clear()
    yield
    caches["answers"].clear()


def program(unit: Unit, role: Role = Role.REST_CLIENT, name: str = "") -> Client:
    user = User.objects.create(username=name or f"asks-{unit.code}-{role}", display_name="asks")
    grant_give(actor=None, user=user, unit=unit, role=role)
    client = Client()
    client.force_login(user)
    return client


class Asks:
    """One program that asks the same again and again, and asks anew what nobody has asked before."""

    def __init__(self, client: Client) -> None:
        self.client, self.turn = client, 0

    def again(self, asked: str) -> Any:
        answer = self.client.get(BASE + asked)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def anew(self, asked: str) -> Any:
        """Under an address that nothing is kept of."""
        self.turn += 1
        return self.again(asked + "&" * self.turn)

    def differ(self) -> list[str]:
        return [asked for asked in ASKED if self.again(asked) != self.anew(asked)]


def test_whatever_changes_the_answer_is_that_of_the_records(
    units: dict[str, Unit], posts: dict[tuple[str, str], Post], hire: Callable[..., Person]  # noqa: F811
) -> None:  # fmt: skip
    asks = Asks(program(units["34"]))
    for name in ("李明", "王芳", "张强"):
        hire(name)
    count_all()
    assert asks.differ() == []
    for turn, way in enumerate(write_in_every_way(units, posts)):
        way()
        some = ASKED[turn % 5 :: 5]
        assert [asked for asked in some if asks.again(asked) != asks.anew(asked)] == [], turn
        if turn % 13 == 12:
            count_all()
            assert asks.differ() == [], turn
    count_all()
    assert asks.differ() == []


def names_and_facts(units: dict[str, Unit]) -> list[Callable[[], Any]]:
    """Changes of what is said beside the numbers."""
    street, city = units["340181002"], units["340181"]
    plan = QuotaPlan(
        unit=city, start=DAY - timedelta(days=400), document="巢编〔2023〕1号", issuer="巢湖市委编办", level="COUNTY"
    )

    def seats() -> None:
        plan.save()
        root = QuotaAllocation.objects.create(plan=plan, unit=city, number=40)
        QuotaAllocation.objects.create(plan=plan, unit=street, parent=root, number=12)

    def freshly(code: str) -> Unit:
        return Unit.objects.filter(code__startswith=code).latest("valid_from")

    return [
        lambda: unit_rename(actor=None, unit=street, name="亚父新街道", day=DAY),
        lambda: Unit.objects.filter(pk=city.pk).update(name="新巢湖市"),
        lambda: fact_enter(
            actor=None, unit=freshly("340181002"), key="residents", day=DAY, value="90000", source="年报"
        ),
        lambda: UnitFact.objects.update(value="80000"),
        seats,
        lambda: QuotaAllocation.objects.filter(number=12).update(number=14),
        lambda: QuotaPlan.objects.update(end=DAY, state="CLOSED"),
        lambda: UnitFact.objects.all().delete(),
    ]


def test_names_facts_and_seats_are_said_as_they_are(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    asks = Asks(program(units["34"]))
    hire()
    count_all()
    changed = 0
    for turn, way in enumerate(names_and_facts(units)):
        before = [asks.again(asked) for asked in ASKED]
        way()
        assert asks.differ() == [], turn
        changed += [asks.again(asked) for asked in ASKED] != before
        count_all()
        assert not StaleUnit.objects.exists()
        assert asks.differ() == [], turn
    assert changed >= 6  # most of them are seen in one of the answers


def test_without_the_mark_a_kept_answer_says_the_name_of_before(
    units: dict[str, Unit], hire: Callable[..., Person]
) -> None:
    """The control of the triggers."""
    asks = Asks(program(units["34"]))
    hire()
    count_all()
    assert asks.differ() == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE organization_unit DISABLE TRIGGER reports_words_changed")
    Unit.objects.filter(pk=units["340181002"].pk).update(name="别的街道")
    assert "values/?unit=340181002" in asks.differ()


def test_without_the_number_of_changes_a_kept_answer_would_come_back(
    units: dict[str, Unit], hire: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of `RollupDay.changes`: once its mark is gone, nothing else tells an older answer from today's."""
    asks = Asks(program(units["34"]))
    hire()
    count_all()
    assert asks.differ() == []
    hire("李明")
    assert asks.differ() == []  # the mark is there
    monkeypatch.setattr(writing, "_note_change", lambda days: None)
    count_all()
    assert "values/?unit=34" in asks.differ()


def test_a_kept_answer_takes_four_queries_and_no_body_twice(
    units: dict[str, Unit], hire: Callable[..., Person]
) -> None:
    client = program(units["34"])
    hire()
    count_all()
    address = BASE + "values/?unit=34"
    first = client.get(address)
    with CaptureQueriesContext(connection) as asked:
        second = client.get(address)
    texts = [query["sql"] for query in asked.captured_queries]
    assert not any('reports_rollup"' in text for text in texts)
    assert sum("reports_stamp(" in text for text in texts) == 1
    assert (second.content, second["ETag"]) == (first.content, first["ETag"])
    known = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    # A day that is not today, or a time at which something was known, is asked of the records each time.
    for further in (f"&day={DAY - timedelta(days=1)}", "&known_at=2026-01-01", "&since=2024-02-01"):
        answer = client.get(address + further)
        assert answer.status_code in (200, 400)
    assert len(list(caches["answers"]._cache)) == 1  # type: ignore[attr-defined]


def test_nobody_gets_what_was_kept_for_somebody_else(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    """Rights decide what is withheld and which units there are; they are read at every request."""
    hire()
    count_all()
    address = BASE + "breakdown/?indicator=workers&unit=340181002"
    sees, counts = program(units["34"]), program(units["34"], Role.STATISTICS_CLIENT)
    elsewhere = program(units["340181002008"])
    assert sees.get(address).json()["total"]["value"] == "1"
    assert counts.get(address).json()["total"]["withheld"]
    assert elsewhere.get(address).status_code == 400  # as for a unit that there is not
    grant = Grant.objects.get(user__username__startswith="asks-34", role=Role.REST_CLIENT, unit=units["34"])
    grant_revoke(actor=None, grant=grant)
    sees.force_login(grant.user)
    assert sees.get(address).status_code == 403


def test_an_answer_of_today_is_not_one_of_tomorrow(
    units: dict[str, Unit], hire: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = program(units["34"])
    job = Employment.objects.get(person=hire())
    Employment.objects.filter(pk=job.pk).update(end=DAY + timedelta(days=1))
    count_all()  # in the evening, of tomorrow too
    assert RollupDay.objects.count() == 2
    address = BASE + "values/?indicator=workers&unit=34"
    assert client.get(address).json()["results"][0]["value"] == "1"
    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: DAY + timedelta(days=1))
    assert client.get(address).json()["results"][0]["value"] == "0"
