"""Statistics for programs: the right of its own, what is withheld, errors at once, states, files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from core.models import Export
from organization.models import Role, Unit, User
from organization.services import grant_give, token_give
from personnel.models import Person

Hire = Callable[..., Person]
BASE = "/api/v1/statistics/"
DAY = {"day": "2025-12-31"}


def program(unit: Unit, role: Role) -> Client:
    user = User.objects.create(username=f"program-{role.lower()}", display_name="程序")
    grant_give(actor=None, user=user, unit=unit, role=role)
    return Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='t')[1]}"})


@pytest.fixture
def people(units: dict[str, Unit], hire: Hire) -> None:
    """Five in one community, one in the other; one of the five is a man, one is over 55."""
    for name in ("甲", "乙", "丙"):
        hire(name)
    old, man = hire("丁", birth_date=date(1968, 1, 1)), hire("戊")
    assert old.pk
    Person.objects.filter(pk=man.pk).update(sex="MALE")
    hire("己", unit="340181002001")


@pytest.fixture
def names(units: dict[str, Unit]) -> Client:
    return program(units["340181"], Role.REST_CLIENT)


@pytest.fixture
def numbers(units: dict[str, Unit]) -> Client:
    return program(units["340181"], Role.STATISTICS_CLIENT)


def ask(client: Client, path: str, **given: str) -> dict[str, Any]:
    answer = client.get(BASE + path, DAY | given)
    assert answer.status_code == 200, answer.content
    return answer.json()


def counts(answer: dict[str, Any]) -> dict[str, int | None]:
    return {",".join(row["codes"]): row["numerator"] for row in answer["results"]}


def test_the_catalogue_has_the_definition_of_every_figure(names: Client) -> None:
    rows = {row["code"]: row for row in names.get(f"{BASE}catalogue/").json()["results"]}
    assert rows["committee_college"]["measure"] == "per_cent"
    assert rows["committee_college"]["decimals"] == 1
    assert "end_reason" in rows["leavers"]["dimensions"]
    assert "end_reason" not in rows["workers"]["dimensions"]


@pytest.mark.usefixtures("people")
def test_a_figure_its_breakdown_and_its_people_agree(names: Client) -> None:
    (value,) = ask(names, "values/", indicator="workers", unit="340181")["results"]
    assert (value["numerator"], value["value"], value["withheld"]) == (6, "6", False)
    table = ask(names, "breakdown/", indicator="workers", unit="340181002", by="sex,unit")
    assert table["total"]["numerator"] == 6
    assert counts(table) == {"FEMALE,340181002001": 1, "FEMALE,340181002008": 4, "MALE,340181002008": 1}
    people = ask(names, "people/", indicator="workers", unit="340181", sex="FEMALE")
    assert people["count"] == len(people["results"]) == 5
    (women,) = ask(names, "values/", indicator="women", unit="340181")["results"]
    assert (women["numerator"], women["denominator"], women["value"]) == (5, 6, "83.3")  # 5/6 = 83.33… %


@pytest.mark.usefixtures("people")
def test_statistics_alone_open_figures_and_no_names(numbers: Client) -> None:
    (value,) = ask(numbers, "values/", indicator="workers", unit="340181")["results"]
    assert value["numerator"] == 6
    for path in ("/api/v1/people/", "/api/v1/payslips/", "/api/v1/results/"):
        answer = numbers.get(path)
        assert answer.status_code == 200
        assert answer.json()["results"] == [], path
    assert numbers.get(f"{BASE}people/", DAY).status_code == 403
    assert numbers.get(f"{BASE}breakdown/", DAY | {"sex": "MALE"}).status_code == 403
    assert numbers.get(f"{BASE}breakdown/", DAY | {"by": "sex,age"}).status_code == 403


@pytest.mark.usefixtures("people")
def test_small_counts_are_withheld_and_not_had_by_subtraction(names: Client, numbers: Client) -> None:
    """5 + 1 = 6: without the 1 alone, 6 − 5 tells it. So neither community is told, in whatever question."""
    asked = {"indicator": "workers", "unit": "340181002", "by": "unit"}
    assert counts(ask(names, "breakdown/", **asked)) == {"340181002001": 1, "340181002008": 5}
    assert counts(ask(numbers, "breakdown/", **asked)) == {"340181002001": None, "340181002008": None}
    for code in ("340181002001", "340181002008"):
        (value,) = ask(numbers, "values/", indicator="workers", unit=code)["results"]
        assert (value["withheld"], value["numerator"], value["value"]) == (True, None, None)
    # 5 women and 1 man: neither; the shares fall with them
    assert counts(ask(numbers, "breakdown/", indicator="workers", unit="340181", by="sex")) == {
        "FEMALE": None, "MALE": None,
    }  # fmt: skip
    (women,) = ask(numbers, "values/", indicator="women", unit="340181")["results"]
    assert women["withheld"]
    # the mean of the whole unit stands on 6 people, that of the community on a withheld count
    ages = [
        ask(numbers, "values/", indicator="mean_age", unit=code)["results"][0] for code in ("340181", "340181002008")
    ]
    assert [one["withheld"] for one in ages] == [False, True]


@pytest.mark.usefixtures("people")
def test_where_nobody_is_counted_nothing_is_withheld(numbers: Client) -> None:
    """Nobody was hired in the year: neither in the county nor in its street."""
    table = ask(numbers, "breakdown/", indicator="hires", unit="340181002", by="unit,entry_channel")
    assert (table["total"]["numerator"], table["results"]) == (0, [])


def test_everything_that_is_wrong_is_said_at_once(names: Client) -> None:
    answer = names.get(
        f"{BASE}breakdown/",
        {
            "indicator": "nobody",
            "unit": "110101",
            "day": "2025-13-01",
            "since": "later",
            "by": "shoe,sex,age",
            "sex": "X",
        },
    )
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"indicator", "unit", "day", "since", "by", "sex"}
    assert names.get(f"{BASE}values/", {"indicatr": "workers"}).status_code == 400
    late = names.get(f"{BASE}series/", DAY | {"since": "2026-01-01", "step": "week"})
    assert set(late.json()["error"]["fields"]) == {"since", "step"}


@pytest.mark.usefixtures("people")
def test_an_answer_that_is_known_comes_without_a_body(names: Client, hire: Hire) -> None:
    asked = DAY | {"indicator": "workers", "unit": "340181"}
    first = names.get(f"{BASE}values/", asked)
    assert first["Cache-Control"] == "private, no-cache"
    again = names.get(f"{BASE}values/", asked, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    hire("庚")
    assert names.get(f"{BASE}values/", asked, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.usefixtures("people")
def test_a_series_has_each_year(names: Client, hire: Hire) -> None:
    hire("庚", start=date(2024, 6, 1))
    points = ask(names, "series/", indicator="workers", unit="340181", since="2019-01-01", step="year")["results"]
    assert [(one["day"], one["numerator"]) for one in points] == [
        ("2019-12-31", 0), ("2020-12-31", 6), ("2021-12-31", 6), ("2022-12-31", 6), ("2023-12-31", 6),
        ("2024-12-31", 7), ("2025-12-31", 7),
    ]  # fmt: skip
    hires = ask(names, "series/", indicator="hires", unit="340181", since="2023-01-01", step="year")["results"]
    assert [one["numerator"] for one in hires] == [0, 1, 0]


@pytest.mark.usefixtures("people")
def test_a_file_has_the_same_numbers_and_is_on_record(names: Client) -> None:
    asked = {"indicator": "workers", "unit": "340181", "by": "sex", "output": "csv"} | DAY
    answer = names.post(f"{BASE}export/", json.dumps(asked), content_type="application/json")
    assert answer.status_code == 200, answer.content
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:4]] == ["1", "5", "6"]  # men, women, total
    assert Export.objects.get().kind == "reports.breakdown"
    assert Export.objects.get().code in answer.content.decode("utf-8-sig")


def test_units_of_others_do_not_exist(units: dict[str, Unit], names: Client) -> None:
    answer = names.get(f"{BASE}values/", {"unit": "34"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"unit"}
