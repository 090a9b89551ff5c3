"""A county with two streets, its people in bulk, and a policy that asks for ratings and a score a year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from assessment.models import Rating
from organization.models import Unit, UnitKind, User
from organization.services import grant_give, unit_create
from personnel.models import Employment, Person, Post, Tenure
from policy.models import PolicyVersion
from policy.services import policy_load

POLICY = """
schema: 1
place: "340181"
name: {zh: 巢湖市, en: Chaohu}
version: "2023"
effective: {from: 2020-01-01}
documents: [{code: T, title: 测试}]
service: {counts: {category: COMMUNITY_WORKER}, cite: T}
posts:
  - {code: chief, name: 正职, when: {posts_held: {any_of: [PARTY_SECRETARY, COMMITTEE_DIRECTOR]}}, cite: T}
  - {code: general, name: 一般工作岗位, cite: T}
assessment:
  cite: T
  owner: street
  grades:
    - {code: EXCELLENT, name: {zh: 优秀, en: excellent}}
    - {code: QUALIFIED, name: {zh: 合格, en: qualified}}
    - {code: BASICALLY_QUALIFIED, name: {zh: 基本合格, en: basically qualified}}
    - {code: UNQUALIFIED, name: {zh: 不合格, en: unqualified}}
  not_graded: {code: NOT_GRADED, name: 不定等次, when: {months_in_year: {below: 6}}}
  schemes:
    - code: annual
      name: {zh: 年度考核, en: annual assessment}
      cycle: year
      inputs:
        - {code: residents, name: {zh: 群众评价, en: residents}, from: ratings, raters: RESIDENTS, weight: 60}
        - {code: leaders, name: {zh: 领导评价, en: leaders}, from: ratings, raters: LEADERS, weight: 40}
      missing: stop
      rounding: {digits: 2, mode: half_up, each: score}
      grading: {thresholds: {EXCELLENT: 90, QUALIFIED: 75, BASICALLY_QUALIFIED: 60}}
      rank_in: street
      caps: [{grade: EXCELLENT, at_most: {percent: 30}, of: graded, pool: street, rounding: down, cite: CH-45}]
      best: [{grade: BASICALLY_QUALIFIED, when: {discipline_in_effect: true}}]
      ties: decide
  decisions: [COMMITMENTS, BASE_PAY, RETAIN]
  consequences:
    - {when: {rank.annual: last}, in: street, do: REMINDER_TALK, cite: CH-46}
    - {when: {annual_grades: {grade: UNQUALIFIED, times: 2, in_last: 2}}, do: OPEN_EXIT_CASE, cite: CH-37}
"""


@pytest.fixture
def units(db) -> dict[str, Unit]:
    made: dict[str, Unit] = {}
    for code, name, kind in (
        ("34", "安徽省", UnitKind.PROVINCE),
        ("3401", "合肥市", UnitKind.CITY),
        ("340181", "巢湖市", UnitKind.COUNTY),
        ("340181002", "亚父街道", UnitKind.STREET),
        ("340181002001", "裕溪河畔社区", UnitKind.COMMUNITY),
        ("340181002008", "旗山社区", UnitKind.COMMUNITY),
        ("340181003", "卧牛山街道", UnitKind.STREET),
        ("340181003001", "东塘社区", UnitKind.COMMUNITY),
        ("340122", "肥东县", UnitKind.COUNTY),
        ("340122001", "店埠镇", UnitKind.STREET),
        ("340122001001", "镇中社区", UnitKind.COMMUNITY),
    ):
        parent = made.get(code[: {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}[len(code)]])
        made[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    return made


@pytest.fixture
def policy(db) -> PolicyVersion:
    return policy_load(actor=None, text=POLICY)


@pytest.fixture
def crew(units: dict[str, Unit]) -> Callable[..., list[Person]]:
    """People who work in a unit and hold a post there, with a ballot of each group where a score is given."""

    def make(
        unit: str, scores: Sequence[int | None], start: date = date(2020, 1, 1), year: str = "2025"
    ) -> list[Person]:
        place = units[unit]
        people = Person.objects.bulk_create(
            [
                Person(name=f"员{n:04d}", name_pinyin=f"yuan {n:04d}", birth_date=date(1990, 1, 1))
                for n in range(len(scores))
            ]
        )
        Employment.objects.bulk_create(
            [
                Employment(
                    person=person,
                    employer=place,
                    unit=place,
                    unit_path=place.path,
                    category="COMMUNITY_WORKER",
                    start=start,
                )
                for person in people
            ]
        )
        post, _new = Post.objects.get_or_create(unit=place, body="STAFF", title="STAFF", single_holder=False)
        Tenure.objects.bulk_create(
            [Tenure(person=p, post=post, body="STAFF", title="STAFF", single_holder=False, start=start) for p in people]
        )
        Rating.objects.bulk_create(
            [
                Rating(person=person, scheme="annual", period=year, raters=raters, ballots=[score])
                for person, score in zip(people, scores, strict=True)
                for raters in ("RESIDENTS", "LEADERS")
                if score is not None
            ]
        )
        return people

    return make


@pytest.fixture
def user(units: dict[str, Unit]) -> Callable[..., User]:
    """Somebody with a role on a unit."""

    def make(role: str, unit: str, name: str = "") -> User:
        someone = User.objects.create(username=name or f"{role}-{unit}".lower(), display_name=name or role)
        grant_give(actor=None, user=someone, unit=units[unit], role=role, valid_from=date(2020, 1, 1))
        return someone

    return make


def grades_of(run: Any) -> dict[int, str | None]:
    """Person → grade of a yearly evaluation."""
    from assessment.models import AnnualResult

    return dict(AnnualResult.objects.filter(evaluation=run).values_list("person_id", "grade"))
