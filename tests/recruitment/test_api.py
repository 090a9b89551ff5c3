"""Recruitments for programs: marks, ranking and hire by the services of the pages, on the state that was read."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from core.services import files
from organization.models import Role
from organization.services import grant_give, token_give
from personnel.models import Employment, Person
from recruitment.models import Applicant, Mark, Plan, Position, Ranking
from recruitment.services import marks_enter
from tests.recruitment.conftest import Chaohu, identity

pytestmark = pytest.mark.django_db
PLANS, APPLICANTS = "/api/v1/recruitments/", "/api/v1/applicants/"


class Program:
    def __init__(self, chaohu: Chaohu, name: str) -> None:
        user = chaohu.users[name]
        grant_give(actor=None, user=user, unit=user.grants.get().unit, role=Role.REST_CLIENT)
        self.client = Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x')[1]}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, body, content_type="application/json")

    def act(self, thing: str, act: str, body: dict[str, Any], **headers: str) -> Any:
        """An act on a thing as it is read now."""
        headers = {"If-Match": self.get(thing)["ETag"]} | headers
        return self.client.post(f"{thing}{act}/", body, content_type="application/json", headers=headers)


def test_from_marks_to_a_hire(chaohu: Chaohu) -> None:
    plan, line = chaohu.announced(number=1)
    first, second = chaohu.applicant(plan, line, 1), chaohu.applicant(plan, line, 2)
    chaohu.admitted(plan)
    officer, sibling = Program(chaohu, "officer"), Program(chaohu, "sibling")
    thing = f"{PLANS}{plan.pk}/"
    assert officer.get(f"{thing}ranking/").status_code == 404
    rows = [{"number": 1, "marks": ["80.5"]}, {"number": 2, "marks": ["70"]}]
    wrong = officer.act(thing, "marks", {"part": "written", "rows": [*rows, {"number": 9, "marks": ["70"]}]})
    assert wrong.status_code == 400
    assert "nobody who is admitted has the number 9" in wrong.json()["error"]["message"]
    assert not Mark.objects.exists()
    key = {"Idempotency-Key": "marks-0001"}
    assert officer.act(thing, "marks", {"part": "written", "rows": rows}, **key).status_code == 200
    assert officer.act(thing, "marks", {"part": "written", "rows": rows}, **key)["Idempotent-Replayed"] == "true"
    assert officer.act(thing, "rank", {}).status_code == 400  # the interview has no marks
    grid = "\n".join("\t".join([number, *[mark] * 5]) for number, mark in (("1", "80.5"), ("2", "70")))
    marks_enter(actor=chaohu.users["officer"], plan=plan, part="interview", text=grid)
    ranked = officer.act(thing, "rank", {})
    assert (ranked.status_code, ranked.json()["state"], ranked.json()["ranking"]) == (200, "RANKED", 1)
    standing = officer.get(f"{thing}ranking/").json()["rows"]
    assert [(row["number"], row["place"], row["total"], row["side"]) for row in standing] == [
        (1, 1, 805000, "IN"), (2, 2, 700000, "OUT"),
    ]  # fmt: skip
    chaohu.published(plan, [first])
    one = f"{APPLICANTS}{first.pk}/"
    assert sibling.get(one).status_code == 404
    shown = officer.get(one).json()
    assert (shown["number"], shown["state"], shown["employment"]) == (1, "ADMITTED", None)
    assert "19950315" not in shown["identity_number"]
    start = {"start": str(timezone.localdate())}
    below = officer.act(f"{APPLICANTS}{second.pk}/", "hire", start)
    assert below.status_code == 400  # below the line
    trail = AuditEntry.objects.count()
    told = officer.post(f"{APPLICANTS}{second.pk}/hire/foresee/", start).json()
    assert ("\n".join(told["refused"]), told["seats"]) == (below.json()["error"]["message"], [])
    told = officer.post(f"{one}hire/foresee/", start).json()
    assert told["refused"] == []
    assert [(row["unit"], row["approved"], row["before"], row["after"]) for row in told["seats"]] == [
        ("340181000000", 10, 0, 1)
    ]
    assert (Person.objects.count(), Employment.objects.count(), AuditEntry.objects.count()) == (0, 0, trail)
    assert officer.act(one, "hire", start | {"salary": 1}).json()["error"]["fields"].keys() == {"salary"}
    assert officer.act(one, "hire", start, **{"If-Match": '"older"'}).status_code == 412
    hired = officer.act(one, "hire", start).json()
    assert (hired["state"], hired["employment"]) == ("HIRED", Employment.objects.get().pk)
    assert officer.act(one, "hire", start).status_code == 409


def test_from_a_proposal_to_an_application(chaohu: Chaohu) -> None:
    """The steps of the pages, each by whom it is for, on the state that was read."""
    chaohu.seats(10)
    officer, approver, clerk = (Program(chaohu, name) for name in ("officer", "approver", "clerk"))
    begun = {"unit": "340181", "year": 2026, "title": "2026年公开招聘"}
    assert clerk.post(PLANS, begun).status_code == 404  # not their unit
    made = officer.post(PLANS, begun)
    assert (made.status_code, made.json()["state"], made.json()["batch"]) == (201, "PROPOSED", 1)
    thing = made["Location"]
    line = {"unit": "340181002001", "name": "社区工作者", "number": 2}
    over = clerk.act(thing, "propose", line | {"number": 11})
    assert (over.status_code, list(over.json()["error"]["fields"])) == (400, ["number"])
    proposed = clerk.act(thing, "propose", line)
    (row,) = proposed.json()["lines"]
    assert (proposed.status_code, row["proposed"], row["approved"]) == (200, 2, None)
    fixed = {"document": "巢组通〔2026〕5号", "approved": [{"line": row["id"], "number": 1}]}
    assert officer.act(thing, "fix", fixed).status_code == 403  # who began it
    assert clerk.act(thing, "fix", fixed).status_code == 404
    strange = approver.act(thing, "fix", fixed | {"approved": [{"line": row["id"] + 1, "number": 1}]})
    assert (strange.status_code, list(strange.json()["error"]["fields"])) == (400, ["approved"])
    assert approver.act(thing, "fix", fixed, **{"If-Match": '"older"'}).status_code == 412
    assert approver.act(thing, "fix", fixed).json()["lines"][0]["approved"] == 1
    today = str(timezone.localdate())
    notice = {"notice": "公告", "day": today, "applications_from": today, "applications_until": "2099-01-01"}
    assert approver.act(thing, "announce", notice).json()["state"] == "ANNOUNCED"
    plan = Plan.objects.get()
    applied = {
        "recruitment": plan.pk, "line": row["id"], "name": "考生一", "identity_number": identity(1),
        "education": "BACHELOR", "study_mode": "FULL_TIME", "graduated": "2018-07-01",
    }  # fmt: skip
    assert officer.post(APPLICANTS, applied | {"identity_number": "1"}).status_code == 400
    entered = officer.post(APPLICANTS, applied)
    assert (entered.status_code, entered.json()["sex"], entered.json()["state"]) == (201, "MALE", "ENTERED")
    assert officer.post(APPLICANTS, applied).status_code == 409  # nobody applies twice
    assert officer.act(thing, "screen", {}).json()["state"] == "SCREENED"
    one = entered["Location"]
    assert officer.get(one).json()["state"] == "BY_HAND"
    decided = officer.act(one, "decide", {"admit": True, "reason": "材料齐全"})
    assert (decided.status_code, decided.json()["state"]) == (200, "ADMITTED")
    assert clerk.act(one, "withdraw", {"reason": "x"}).status_code in (403, 404)
    gone = officer.act(one, "withdraw", {"reason": "已在别处就业"})
    assert (gone.json()["state"], gone.json()["reason"]) == ("WITHDRAWN", "已在别处就业")
    assert approver.act(thing, "cancel", {"reason": "编制调整"}).json()["state"] == "CANCELLED"
    assert approver.act(thing, "close", {}).status_code == 409


def test_names_are_published_and_closed_by_the_office(chaohu: Chaohu) -> None:
    plan, line = chaohu.announced(number=1)
    first = chaohu.applicant(plan, line, 1)
    chaohu.ranked(plan, {1: 80})
    officer, approver = Program(chaohu, "officer"), Program(chaohu, "approver")
    thing, today = f"{PLANS}{plan.pk}/", str(timezone.localdate())
    early = approver.act(thing, "publish", {"day": today})
    assert early.status_code == 400  # a review is missing
    for kind in ("MEDICAL", "BACKGROUND", "POLITICAL"):
        body = {"kind": kind, "passed": True, "day": today, "document": "表"}
        assert officer.act(f"{APPLICANTS}{first.pk}/", "review", body).status_code == 200
    assert approver.act(thing, "publish", {"day": today}).json()["state"] == "PUBLISHED"
    assert approver.act(thing, "close", {}).json()["state"] == "CLOSED"


def test_lists_have_the_units_of_the_caller(chaohu: Chaohu) -> None:
    plan, line = chaohu.announced(number=1)
    people = [chaohu.applicant(plan, line, number) for number in (1, 2)]
    officer, sibling = Program(chaohu, "officer"), Program(chaohu, "sibling")
    assert [row["id"] for row in officer.get(PLANS).json()["results"]] == [plan.pk]
    (shown,) = officer.get(f"{PLANS}{plan.pk}/").json()["lines"]
    assert (shown["id"], shown["approved"], shown["applied"], shown["hired"]) == (line.pk, 1, 2, 0)
    found = officer.get(APPLICANTS, recruitment=plan.pk, line=line.pk, state="ENTERED").json()["results"]
    assert [row["id"] for row in found] == [one.pk for one in people]
    assert officer.get(APPLICANTS, state="HIRED").json()["results"] == []
    assert officer.get(APPLICANTS, plan=plan.pk).status_code == 400
    assert sibling.get(APPLICANTS).json()["results"] == []
    assert sibling.get(f"{PLANS}{plan.pk}/").json()["lines"] == []  # a plan of the county concerns every street of it
    refused = sibling.client.post(f"{PLANS}{plan.pk}/rank/", {}, content_type="application/json")
    assert refused.status_code == 404
    assert Applicant.objects.count() == 2


HEAD = "岗位代码,姓名,身份证号,学历,学习形式,毕业日期\n"


def file_of(*rows: str) -> dict[str, str]:
    return {"file": b64encode((HEAD + "\n".join(rows)).encode()).decode()}


def row_of(number: int) -> str:
    return f"1,考生{'甲乙丙'[number - 1]},{identity(number)},大学本科,全日制,2018-07-01"


def entries(action: str) -> int:
    return AuditEntry.objects.filter(action=f"recruitment.{action}").count()


class Way:
    """A recruitment that a program has brought so far, with who takes its steps."""

    def __init__(self, chaohu: Chaohu, *, posts: int = 1) -> None:
        chaohu.seats(10)
        self.officer, self.approver, self.clerk = (Program(chaohu, name) for name in ("officer", "approver", "clerk"))
        begun = {"unit": "340181", "year": 2026, "title": "2026年公开招聘"}
        self.thing = self.officer.post(PLANS, begun)["Location"]
        self.line = self.proposed(posts)

    def proposed(self, posts: int, name: str = "社区工作者") -> int:
        body = {"unit": "340181002001", "name": name, "number": posts}
        made = self.clerk.act(self.thing, "propose", body)
        return max(row["id"] for row in made.json()["lines"])

    def announced(self, approved: int) -> None:
        body = {"document": "巢组通〔2026〕5号", "approved": [{"line": self.line, "number": approved}]}
        assert self.approver.act(self.thing, "fix", body).status_code == 200
        today = str(timezone.localdate())
        notice = {"notice": "公告", "day": today, "applications_from": today, "applications_until": "2099-01-01"}
        assert self.approver.act(self.thing, "announce", notice).status_code == 200

    def ranked(self, marks: dict[int, str]) -> dict[int, int]:
        """Everybody is admitted and has a mark; the number (id) of each applicant by their number."""
        assert self.officer.act(self.thing, "screen", {}).status_code == 200
        found = {row["number"]: row["id"] for row in self.officer.get(APPLICANTS).json()["results"]}
        for one in found.values():
            self.officer.act(f"{APPLICANTS}{one}/", "decide", {"admit": True, "reason": "材料齐全"})
        for part, times in (("written", 1), ("interview", 5)):
            rows = [{"number": number, "marks": [mark] * times} for number, mark in marks.items()]
            assert self.officer.act(self.thing, "marks", {"part": part, "rows": rows}).status_code == 200
        assert self.officer.act(self.thing, "rank", {}).status_code == 200
        return found

    def sides(self) -> dict[int, str]:
        return {row["number"]: row["side"] for row in self.officer.get(f"{self.thing}ranking/").json()["rows"]}


def test_a_recruitment_goes_all_the_way_by_a_program(chaohu: Chaohu) -> None:
    """With what goes otherwise than planned: a line too many, too few who apply, equals, and somebody who gives up."""
    way = Way(chaohu, posts=2)
    officer, approver, clerk, thing = way.officer, way.approver, way.clerk, way.thing
    second = way.proposed(1, "网格员")
    taken = clerk.act(thing, "withdraw", {"line": second})
    assert (taken.status_code, [row["id"] for row in taken.json()["lines"]]) == (200, [way.line])
    way.announced(2)
    assert clerk.act(thing, "withdraw", {"line": way.line}).status_code == 409  # it is fixed by now
    assert officer.act(thing, "import", file_of(row_of(1), row_of(2), row_of(3))).status_code == 200
    cut = approver.act(thing, "cut", {"line": way.line, "number": 1, "reason": "报名人数不足"})
    assert (cut.status_code, cut.json()["lines"][0]["approved"], cut.json()["lines"][0]["applied"]) == (200, 1, 3)
    assert list(
        approver.act(thing, "cut", {"line": way.line, "number": 1, "reason": "x"}).json()["error"]["fields"]
    ) == ["number"]
    people = way.ranked({1: "80", 2: "80", 3: "70"})
    assert way.sides() == {1: "UNDECIDED", 2: "UNDECIDED", 3: "OUT"}
    equals = {"line": way.line, "numbers": [2, 1], "reason": "现场抽签"}
    wrong = officer.act(thing, "equals", equals | {"numbers": [2, 3]})
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (400, ["numbers"])
    assert officer.act(thing, "equals", equals).json()["ranking"] == 2
    assert way.sides() == {1: "OUT", 2: "IN", 3: "OUT"}
    gone, next_one = (f"{APPLICANTS}{people[number]}/" for number in (2, 1))
    comes = {"instead_of": people[2], "reason": "递补"}
    early = officer.act(next_one, "fill-in", comes)
    assert (early.status_code, list(early.json()["error"]["fields"])) == (400, ["instead_of"])
    assert officer.act(gone, "withdraw", {"reason": "已在别处就业"}).status_code == 200
    other = officer.act(f"{APPLICANTS}{people[3]}/", "fill-in", comes)
    assert "考生甲 stands next, not 考生丙" in other.json()["error"]["message"]
    assert officer.act(next_one, "fill-in", comes).json()["instead_of"] == people[2]
    today = timezone.localdate()
    for kind in ("MEDICAL", "BACKGROUND"):
        officer.act(next_one, "review", {"kind": kind, "passed": True, "day": str(today)})
    assert approver.act(thing, "publish", {"day": str(today - timedelta(days=30))}).json()["state"] == "PUBLISHED"
    assert officer.act(next_one, "hire", {"start": str(today)}).json()["state"] == "HIRED"
    assert Employment.objects.get().person.name == "考生甲"
    assert approver.act(thing, "close", {}).json()["state"] == "CLOSED"


def test_a_file_says_all_that_is_wrong_with_its_cells(chaohu: Chaohu) -> None:
    way = Way(chaohu)
    way.announced(1)
    wrong = file_of(row_of(1), "7,王五,123,大学本科,全日制,2018-07-01", f"1,,{identity(1)},,,")
    error = way.officer.act(way.thing, "import", wrong).json()["error"]
    assert list(error["fields"]) == ["file"]
    assert "\n".join(error["fields"]["file"]) == error["message"]
    for found in (
        "Row 3: there is no line 7", "Row 3, 身份证号: ", "Row 4, 姓名: ", "Row 4: the same identity number as in row 2",
    ):  # fmt: skip
        assert found in error["message"], error["message"]
    assert not Applicant.objects.exists()


def test_a_file_goes_through_the_guards_of_the_page(chaohu: Chaohu, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no table, what holds nothing, and what is too large never reaches the rows."""
    way = Way(chaohu)
    way.announced(1)

    def told(data: bytes) -> tuple[int, str]:
        answer = way.officer.act(way.thing, "import", {"file": b64encode(data).decode()})
        return answer.status_code, answer.json()["error"]["message"]

    assert told(b"%PDF-1.7 x")[0] == 400
    assert told(b" \n")[0] == 400
    assert told(b"PK\x03\x04" + b"x" * 100)[0] == 400
    assert way.officer.act(way.thing, "import", {"file": "岗位"}).json()["error"]["fields"] == {
        "file": ["This is no base64."]
    }
    large = way.officer.act(way.thing, "import", {"file": "A" * 2**20})
    assert large.status_code == 413
    started = []
    run = files.parse_apart
    monkeypatch.setattr(files, "parse_apart", lambda *given: started.append(given[0]) or run(*given))
    assert way.officer.act(way.thing, "import", file_of(row_of(1))).status_code == 200
    assert started == ["core.rules.workbook"]  # in a child, and nowhere else


def test_a_second_press_does_it_once(chaohu: Chaohu) -> None:
    way = Way(chaohu, posts=2)
    officer, approver, thing = way.officer, way.approver, way.thing
    second = way.proposed(1, "网格员")

    def twice(who: Program, at: str, act: str, body: dict[str, Any]) -> None:
        state = {"If-Match": who.get(at)["ETag"], "Idempotency-Key": f"{act}-0001"}
        first, again = (
            who.client.post(f"{at}{act}/", body, content_type="application/json", headers=state) for _press in (1, 2)
        )
        assert (first.status_code, first.json()) == (200, again.json())
        assert again["Idempotent-Replayed"] == "true"
        # The control: without the key the second finds another state than it rests on.
        del state["Idempotency-Key"]
        late = who.client.post(f"{at}{act}/", body, content_type="application/json", headers=state)
        assert late.status_code == 412

    twice(way.clerk, thing, "withdraw", {"line": second})
    assert (Position.objects.count(), entries("position.withdraw")) == (1, 1)
    way.announced(2)
    twice(officer, thing, "import", file_of(row_of(1), row_of(2)))
    assert (Applicant.objects.count(), entries("applicants.import")) == (2, 1)
    twice(approver, thing, "cut", {"line": way.line, "number": 1, "reason": "报名人数不足"})
    assert entries("position.cut") == 1
    people = way.ranked({1: "80", 2: "80"})
    twice(officer, thing, "equals", {"line": way.line, "numbers": [2, 1], "reason": "抽签"})
    assert Ranking.objects.count() == 2
    officer.act(f"{APPLICANTS}{people[2]}/", "withdraw", {"reason": "放弃"})
    twice(officer, f"{APPLICANTS}{people[1]}/", "fill-in", {"instead_of": people[2], "reason": "递补"})
    assert entries("applicant.fill_in") == 1


def test_each_act_is_refused_to_whom_it_is_not_for(chaohu: Chaohu) -> None:
    way = Way(chaohu, posts=2)
    sibling, thing, line = Program(chaohu, "sibling"), way.thing, {"line": way.line}
    assert sibling.act(thing, "withdraw", line).status_code == 404  # the line is not theirs
    way.announced(2)
    file = file_of(row_of(1), row_of(2))
    assert [who.act(thing, "import", file).status_code for who in (sibling, way.clerk)] == [404, 404]
    assert way.officer.act(thing, "import", file).status_code == 200
    cut = line | {"number": 1, "reason": "报名人数不足"}
    assert [who.act(thing, "cut", cut).status_code for who in (sibling, way.clerk)] == [404, 404]
    assert way.approver.act(thing, "cut", cut).status_code == 200
    people = way.ranked({1: "80", 2: "80"})
    equals = line | {"numbers": [2, 1], "reason": "抽签"}
    assert [who.act(thing, "equals", equals).status_code for who in (sibling, way.clerk)] == [404, 404]
    assert way.officer.act(thing, "equals", equals).status_code == 200
    way.officer.act(f"{APPLICANTS}{people[2]}/", "withdraw", {"reason": "放弃"})
    comes, at = {"instead_of": people[2], "reason": "递补"}, f"{APPLICANTS}{people[1]}/"
    state = way.officer.get(at)["ETag"]
    for who, status in ((sibling, 404), (way.clerk, 404), (way.officer, 200)):
        answer = who.client.post(f"{at}fill-in/", comes, content_type="application/json", headers={"If-Match": state})
        assert answer.status_code == status
