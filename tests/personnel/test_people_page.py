"""The list of people as users see it: found by every name, filtered, in pages, kept, and exported as it is shown."""

from __future__ import annotations

import re
from datetime import date, timedelta
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image

from core.models import AuditEntry, Export
from organization.models import Role, User
from organization.services import grant_give
from personnel.models import Certificate, Education, Employment, Person, PersonPast, SavedFilter
from personnel.rules.listing import COLUMNS, born_between, read_search
from personnel.selectors.listing import lacking_for_system
from personnel.selectors.record import missing_items
from personnel.services import archive_open, education_add, person_change, person_create, photo_set, tenure_start
from personnel.services.lists import columns_choose
from tests.records import write


def client_of(unit: Any, role: str = Role.STREET_CLERK, name: str = "clerk") -> Client:
    user = User.objects.create(username=name, display_name=name)
    grant_give(actor=None, user=user, unit=unit, role=role)
    client = Client()
    client.force_login(user)
    client.user = user  # type: ignore[attr-defined]
    return client


@pytest.fixture
def clerk(units) -> Client:
    return client_of(units["340181002"])


def names(client: Client, **query: Any) -> list[str]:
    """The names that the first page of an answer shows, in its order."""
    answer = client.get("/people/?" + urlencode(query, doseq=True), follow=True)
    assert answer.status_code == 200
    return [line.cells[0] for line in answer.context["lines"]]


def exported(client: Client, data: dict[str, str] | None = None, **query: Any) -> list[list[Any]]:
    answer = client.post("/people/export/?" + urlencode(query, doseq=True), data or {})
    assert answer.status_code == 200, answer.content
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.requirement("LS-18")
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("王小芳", "王小芳"), ("王小芳", "王"), ("王小芳", "小芳"), ("王小芳", "芳"), ("王小芳", "wangxiaofang"),
        ("王小芳", "Wang Xiao Fang"), ("王小芳", "wang"), ("王小芳", "wangxi"), ("王小芳", "xiaofang"),
        ("王小芳", "fang"), ("王小芳", "wxf"), ("王小芳", "WXF"), ("王小芳", "wx"), ("王小芳", "xf"), ("王小芳", "w"),
        ("单雄信", "shan"), ("单雄信", "dan"), ("单雄信", "sxx"), ("单雄信", "dxx"), ("解晓东", "xie"), ("仇英", "qiu"),
        ("曾国", "zeng"), ("曾国", "ceng"), ("查良镛", "zha"), ("区桂芝", "ou"), ("盖叫天", "ge"), ("盖叫天", "gai"),
        ("朴树", "piao"), ("尉迟恭", "yuchi"), ("尉迟恭", "ycg"), ("万俟卨", "moqi"), ("万俟卨", "万"),
        ("长孙无忌", "zhangsun"), ("长孙无忌", "changsun"), ("吕布", "lv"), ("吕布", "lu"), ("吕布", "lyu"),
        ("阿依古丽·买买提", "阿依古丽买买提"), ("阿依古丽·买买提", "阿依古丽•买买提"), ("阿依古丽·买买提", "买买提"),
        ("阿依古丽·买买提", "mmt"), ("习安", "xian"), ("习安", "xi an"), ("先进", "xian"), ("Anna Li", "anna"),
    ],
)  # fmt: skip
def test_somebody_is_found_by(hire, clerk: Client, name: str, typed: str) -> None:
    hire(name)
    hire("佟")
    for sort in ("name", "-name", "entered"):
        assert names(clerk, q=typed, sort=sort) == [name]


@pytest.mark.parametrize("typed", ["wangfang", "小王", "angx", "xw", "'", "\\", "a & b", "!", "·"])
def test_nobody_is_found_by(hire, clerk: Client, typed: str) -> None:
    hire("王小芳")
    assert names(clerk, q=typed) == []


def test_names_that_begin_with_a_word_and_names_that_hold_it_come_in_one_order(hire, clerk: Client) -> None:
    for name in ("王芳", "王王", "方王", "李静", "张旺", "安旺", "王安"):
        hire(name)
    # an wang, fang wang, wang an, wang fang, wang wang, zhang wang
    assert names(clerk, q="wang") == ["安旺", "方王", "王安", "王芳", "王王", "张旺"]
    assert names(clerk, q="王") == ["方王", "王安", "王芳", "王王"]
    assert names(clerk, q="王", sort="-name") == ["王王", "王芳", "王安", "方王"]


def test_numbers_find_exactly(hire, clerk: Client) -> None:
    person = hire()
    hire("李静")
    write(person, identity_number="11010519491231002X", phone="13800138000")
    for typed in ("11010519491231002X", "11010519491231002x", " 110105 19491231 002X", "13800138000", "138-0013-8000",
                  "+8613800138000"):  # fmt: skip
        assert names(clerk, q=typed) == ["王芳"], typed
    assert names(clerk, q="110105194912310021") == []
    assert names(clerk, q="13800138001") == []


def test_what_is_typed_is_read_as() -> None:
    assert [(found.kind, found.value, found.begins) for found in map(read_search, ("王", "王芳", "wan", "wz", "xian", "h"))] == [
        ("WORD", "王", "first"), ("WORD", "王芳", ""), ("WORD", "wan", "sound"), ("WORD", "wz", ""),
        ("WORD", "xian", "sound"), ("WORD", "h", "sound"),
    ]  # fmt: skip
    assert read_search("·").kind == "NOTHING"


def test_the_query_form(hire, clerk: Client, units) -> None:
    a = hire("甲", start=date(2015, 6, 1), birth_date=date(1980, 5, 1), probation_end=date(2015, 12, 1))
    b = hire("乙", category="GRID_WORKER", title="GRID_WORKER", contract_end=date(2027, 3, 31))
    c = hire("丙", unit="340181002001", start=date(2022, 1, 1), birth_date=None)
    Person.objects.filter(pk=a.pk).update(political_status="PARTY_MEMBER", sex="MALE")
    Education.objects.create(person=b, level="COLLEGE", graduated=date(2012, 7, 1))
    Education.objects.create(person=b, level="BACHELOR", graduated=date(2016, 7, 1))
    Certificate.objects.create(person=c, level="ASSISTANT", number="1", issued=date(2021, 1, 1))
    everybody = ["丙", "甲", "乙"]  # bing, jia, yi
    assert names(clerk) == everybody
    assert names(clerk, unit="340181002008") == ["甲", "乙"]
    assert names(clerk, unit="旗山社区") == ["甲", "乙"]
    assert names(clerk, unit="340181002") == everybody
    assert names(clerk, category="GRID_WORKER") == ["乙"]
    assert names(clerk, category=["GRID_WORKER", "COMMUNITY_WORKER"]) == everybody
    assert names(clerk, title="GRID_WORKER") == ["乙"]
    assert names(clerk, sex="MALE") == ["甲"]
    assert names(clerk, political_status="PARTY_MEMBER") == ["甲"]
    assert names(clerk, education="BACHELOR") == ["乙"]
    assert names(clerk, education="COLLEGE") == []
    assert names(clerk, education="COLLEGE", day="2014-01-01") == []  # hired later
    assert names(clerk, certificate="ASSISTANT") == ["丙"]
    assert names(clerk, age_from=46, day="2026-05-01") == ["甲"]
    assert names(clerk, age_from=46, day="2026-04-30") == []
    assert names(clerk, age_to=36, day="2026-11-21") == ["乙"]
    assert names(clerk, entered_from="2020-01-01") == ["丙", "乙"]
    assert names(clerk, entered_to="2019.12.31") == ["甲"]
    assert names(clerk, probation_from="2015-01-01") == ["甲"]
    assert names(clerk, contract_from="2027-01-01", contract_to="2027-12-31") == ["乙"]
    assert names(clerk, contract_from="2027-04-01") == []
    assert names(clerk, q="y", category="GRID_WORKER", education="BACHELOR", unit="340181002008") == ["乙"]


def test_on_another_day_the_record_says_what_was(hire, clerk: Client) -> None:
    person = hire("甲", start=date(2010, 1, 1), birth_date=date(1980, 1, 1))
    Person.objects.filter(pk=person.pk).update(political_status="PARTY_MEMBER", name="甲新", name_pinyin="jia xin")
    PersonPast.objects.create(person=person, field="political_status", value="MASSES", until=date(2018, 7, 1))
    PersonPast.objects.create(person=person, field="name", value="甲旧", until=date(2018, 7, 1))
    Education.objects.create(person=person, level="COLLEGE", graduated=date(2005, 7, 1))
    Education.objects.create(person=person, level="BACHELOR", graduated=date(2016, 7, 1))
    Certificate.objects.create(person=person, level="ASSISTANT", number="1", issued=date(2014, 10, 1))
    before, after = {"day": "2014-09-30"}, {"day": "2019-01-01"}
    assert names(clerk, **before) == ["甲旧"]
    assert names(clerk, **after) == ["甲新"]
    assert names(clerk, political_status="MASSES", **before) == ["甲旧"]
    assert names(clerk, political_status="PARTY_MEMBER", **before) == []
    assert names(clerk, political_status="PARTY_MEMBER", **after) == ["甲新"]
    assert names(clerk, education="COLLEGE", **before) == ["甲旧"]
    assert names(clerk, education="BACHELOR", **before) == []
    assert names(clerk, education="BACHELOR", **after) == ["甲新"]
    assert names(clerk, certificate="ASSISTANT", **before) == []
    assert names(clerk, certificate="ASSISTANT", day="2014-10-01") == ["甲旧"]
    assert names(clerk, q="甲旧") == ["甲新"]
    assert names(clerk, day="2009-12-31") == []


@pytest.mark.requirement("LS-18")
def test_what_was_lacking_on_a_day_is_asked_of_that_day(hire, clerk: Client) -> None:
    person, other = hire("甲", start=date(2010, 1, 1), birth_date=date(1980, 5, 1)), hire("乙", start=date(2010, 1, 1))
    education_add(actor=None, person=person, level="BACHELOR", graduated=date(2015, 7, 1))
    archive_open(actor=None, person=person, opened=date(2016, 3, 1))
    person_change(actor=None, person=person, day=date(2017, 1, 1), values={"phone": "13900000000"})
    person_change(actor=None, person=person, day=date(2018, 1, 1), values={"phone": ""})
    person_change(actor=None, person=person, day=date(2019, 1, 1), values={"phone": "13900000001"})
    person_change(actor=None, person=person, day=date(2017, 6, 1), values={"identity_number": "340181198005010020"})
    picture = BytesIO()
    Image.new("RGB", (350, 450)).save(picture, "JPEG")
    photo_set(actor=None, person=person, content=picture.getvalue())
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    for what, lacking, there in (
        ("education", [date(2015, 6, 30)], [date(2015, 7, 1), today]),
        ("archive", [date(2016, 2, 29)], [date(2016, 3, 1), today]),
        ("phone", [date(2016, 12, 31), date(2018, 1, 1), date(2018, 12, 31)],
         [date(2017, 1, 1), date(2017, 12, 31), date(2019, 1, 1), today]),
        ("identity_number", [date(2017, 5, 31)], [date(2017, 6, 1), yesterday, today]),
        ("photo", [date(2015, 1, 1), yesterday], [today]),
    ):  # fmt: skip
        for day, expected in [*((day, ["甲", "乙"]) for day in lacking), *((day, ["乙"]) for day in there)]:
            assert sorted(names(clerk, missing=what, day=day.isoformat())) == sorted(expected), (what, day)
            # the record of that day says the same
            codes = {
                item.what.code or "archive" for item in missing_items(user=clerk.user, person_id=person.pk, day=day)
            }
            assert (what in codes) == (day in lacking), (what, day)
    assert other.photo_id is None


def test_without_the_day_the_list_would_tell_of_today(hire, clerk: Client, monkeypatch) -> None:
    """The control of the test above: the condition of today finds nobody on a day on which somebody lacked it."""
    person = hire("甲", start=date(2010, 1, 1))
    education_add(actor=None, person=person, level="BACHELOR", graduated=date(2015, 7, 1))
    assert names(clerk, missing="education", day="2015-06-30") == ["甲"]
    monkeypatch.setattr(
        "personnel.filters.lacking_for_system", lambda what, day: lacking_for_system(what, timezone.localdate())
    )
    assert names(clerk, missing="education", day="2015-06-30") == []


def test_states_on_a_day(hire, clerk: Client, units) -> None:
    hire("在", start=date(2020, 1, 1))
    hire("走", start=date(2020, 1, 1), end=date(2024, 1, 1))
    hire("来", start=date(2026, 1, 1))
    returned = hire("回", start=date(2018, 1, 1), end=date(2019, 1, 1))
    unit = units["340181002008"]
    Employment.objects.create(
        person=returned, unit=unit, employer=unit, unit_path=unit.path, category="GRID_WORKER", start=date(2021, 1, 1)
    )
    part_timer = person_create(actor=None, unit=unit, name="兼")
    tenure_start(actor=None, person=part_timer, unit=unit, title="COMMITTEE_MEMBER", start=date(2020, 1, 1))
    day = {"day": "2025-01-01"}
    assert names(clerk, **day) == ["回", "兼", "在"]
    assert names(clerk, state="left", **day) == ["走"]
    assert names(clerk, state="coming", **day) == ["来"]
    assert names(clerk, state="all", **day) == ["回", "兼", "来", "在", "走"]
    assert names(clerk, state="left", day="2020-06-01") == ["回"]
    assert names(clerk, category="NONE", **day) == ["兼"]
    assert names(clerk, day="2023-12-31") == ["回", "兼", "在", "走"]


def test_two_jobs_at_once_are_one_row_with_the_newer(hire, clerk: Client, units) -> None:
    person = hire("甲", start=date(2020, 1, 1))
    unit = units["340181002001"]
    Employment.objects.create(
        person=person, unit=unit, employer=unit, unit_path=unit.path, category="GRID_WORKER", start=date(2023, 1, 1)
    )
    assert names(clerk) == ["甲"]
    assert names(clerk, unit="340181002001") == ["甲"]
    assert names(clerk, unit="340181002008") == ["甲"]  # asked of a unit, the job there is what is shown
    answer = clerk.get("/people/")
    assert answer.context["lines"][0].cells[1] == "裕溪河畔社区"
    assert answer.context["page"].total == 1


def test_pages_forth_and_back_show_everybody_once(hire, clerk: Client, units, monkeypatch) -> None:
    monkeypatch.setattr(import_module("personnel.views.people"), "SIZES", (3,))
    same = [hire("王芳", birth_date=None) for _n in range(4)]
    others = [hire(name) for name in ("安心", "李静", "赵云", "张飞")]
    order = [others[0].pk, others[1].pk, *sorted(person.pk for person in same), others[3].pk, others[2].pk]
    for sort, expected in (("name", order), ("-name", order[::-1])):
        link, seen, places = f"/people/?sort={sort}", [], []
        while link:
            context = clerk.get(link).context
            seen += [line.person_id for line in context["lines"]]
            places.append((context["page"].first_row, context["page"].last_row))
            last, link = link, context["next"] and "/people/" + context["next"]
        assert seen == expected
        assert places == [(1, 3), (4, 6), (7, 8)]
        link, back = last, []
        while link:
            context = clerk.get(link).context
            back = [line.person_id for line in context["lines"]] + back
            link = context["previous"] and "/people/" + context["previous"]
        assert back == expected
        context = clerk.get("/people/" + clerk.get(f"/people/?sort={sort}").context["last"]).context
        assert [line.person_id for line in context["lines"]] == expected[-3:]
        assert (context["page"].first_row, context["page"].last_row) == (6, 8)
    for sort in ("unit", "born", "-entered", "probation", "-contract"):
        link, seen = f"/people/?sort={sort}", []
        while link:
            context = clerk.get(link).context
            seen += [line.person_id for line in context["lines"]]
            link = context["next"] and "/people/" + context["next"]
        assert sorted(seen) == sorted(order), sort


@pytest.mark.parametrize("at", ["x", "W10", "WzAsIDAsICJhIl0", "é", "WzEsMCwiYSIsImIiXQ"])
def test_a_place_that_is_none_is_the_beginning(hire, clerk: Client, at: str) -> None:
    hire()
    assert names(clerk, at=at) == ["王芳"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"day": "2026-13-01"}, "id_day"), ({"unit": "无此社区"}, "id_unit"), ({"entered_from": "yesterday"}, "id_entered_from"),
        ({"age_from": "-3"}, "id_age_from"), ({"category": "KING"}, "id_category"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_and_shows_nobody(hire, clerk: Client, query: dict[str, str], field: str) -> None:
    hire()
    answer = clerk.get("/people/", query)
    assert answer.status_code == 200
    assert [error[0] for error in answer.context["errors"]] == [field]
    assert answer.context["lines"] == []


@pytest.mark.requirement("SL-06")
def test_lists_and_exports_end_at_the_users_units(hire, units) -> None:
    hire("内", unit="340181002008")
    hire("外", unit="340181002001")
    client = client_of(units["340181002008"])
    assert names(client) == ["内"]
    for query in ({"unit": "340181002001"}, {"unit": "340181002"}):
        assert client.get("/people/", query).context["lines"] == []
    for query in ({"q": "外"}, {"q": "wai"}, {"state": "all", "q": "外"}):
        assert names(client, **query) == []
    assert [row[0] for row in exported(client)] == ["姓名", "内"]
    auditor = client_of(units["340181002001"], Role.AUDITOR, "auditor")
    assert names(auditor) == ["外"]
    nobody = Client()
    nobody.force_login(User.objects.create(username="n", display_name="n"))
    assert names(nobody) == []


def test_sorting_is_announced(hire, clerk: Client) -> None:
    hire()
    text = clerk.get("/people/?sort=-born").content.decode()
    assert text.count('aria-sort="descending"') == 1
    assert text.count('aria-sort="none"') == 3  # name, unit, entered: the others among the usual columns
    assert 'aria-sort="ascending"' in clerk.get("/people/").content.decode()


def test_an_export_is_what_is_shown(hire, clerk: Client) -> None:
    for name in ("王芳", "李静", "赵云"):
        hire(name)
    columns_choose(actor=clerk.user, columns=["identity_number", "phone", "employment.start", "tenure.title", "sex"])  # type: ignore[attr-defined]
    write(Person.objects.get(name="李静"), identity_number="11010519491231002X", phone="13800138000")
    query = {"sort": "-name", "q": ""}
    shown = clerk.get("/people/", query).context["lines"]
    rows = exported(clerk, **query)
    assert rows[0] == ["姓名", "身份证号", "手机号码", "入职日期", "职务", "性别"]
    assert [row[0] for row in rows[1:]] == [line.cells[0] for line in shown] == ["赵云", "王芳", "李静"]
    assert [[value or "" for value in row[:4]] for row in rows[1:]] == [line.cells[:4] for line in shown]
    assert rows[3] == ["李静", "1101**********002X", "138****8000", "2020-01-01", "社区工作人员", "女"]
    assert [row[0] for row in exported(clerk, q="li")] == ["姓名", "李静"]
    entry = AuditEntry.objects.filter(action="personnel.list_exported").earliest("pk")
    assert entry.after == {
        "query": "sort=-name", "day": str(date.today()), "rows": 3, "format": "xlsx", "sections": False,
        "export": Export.objects.earliest("pk").code,
        "columns": ["name", "identity_number", "phone", "employment.start", "tenure.title", "sex"],
    }  # fmt: skip


def test_numbers_are_written_out_only_where_one_may_change(hire, units) -> None:
    inner, outer = hire("内", unit="340181002008"), hire("外", unit="340181002001")
    write(inner, identity_number="11010519491231002X")
    write(outer, identity_number="340524198001010018")
    client = client_of(units["340181002"], Role.STREET_APPROVER, "approver")
    columns_choose(actor=client.user, columns=["identity_number"])  # type: ignore[attr-defined]
    refused = client.post("/people/export/", {"unmasked": "1", "purpose": "CHECK"})
    assert refused.status_code == 302
    assert not AuditEntry.objects.filter(action__startswith="personnel.list_exported").exists()
    grant_give(actor=None, user=client.user, unit=units["340181002008"], role=Role.STREET_CLERK)  # type: ignore[attr-defined]
    client.force_login(client.user)  # type: ignore[attr-defined] # other rights end the sessions that rest on them
    assert exported(client, {"unmasked": "1", "purpose": "CHECK"})[1:] == [
        ["内", "11010519491231002X"],
        ["外", "3405**********0018"],
    ]
    assert exported(client)[1:] == [["内", "1101**********002X"], ["外", "3405**********0018"]]
    assert list(AuditEntry.objects.filter(action__startswith="personnel.list").values_list("action", flat=True)) == [
        "personnel.list_exported", "personnel.list_exported_unmasked",
    ]  # fmt: skip


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(hire, clerk: Client, evil: str) -> None:
    person = hire()
    Person.objects.filter(pk=person.pk).update(name=evil, native_place=evil)
    columns_choose(actor=clerk.user, columns=["native_place"])  # type: ignore[attr-defined]
    answer = clerk.post("/people/export/")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    for cell in sheet[2]:
        assert cell.data_type == "s"
        assert cell.value == evil
        assert cell.quotePrefix


def test_filters_are_kept_shared_and_deleted(hire, units, clerk: Client) -> None:
    hire("王芳")
    hire("李静")
    assert clerk.post("/people/filters/?q=wang&at=abc", {"name": "姓王的"}).status_code == 302
    kept = SavedFilter.objects.get()
    assert (kept.name, kept.query, kept.user) == ("姓王的", "q=wang", clerk.user)  # type: ignore[attr-defined]
    other = client_of(units["340181002001"], name="other")
    answer = other.get(f"/people/?saved={kept.key}")
    assert (answer.status_code, answer["Location"]) == (302, "/people/?q=wang")
    assert names(other, q="wang") == []  # the question is shared, the people are not
    other.post(f"/people/filters/{kept.pk}/delete/")
    assert SavedFilter.objects.count() == 1
    clerk.post("/people/filters/?q=li", {"name": "姓王的"})
    assert SavedFilter.objects.get().query == "q=li"
    clerk.post("/people/filters/?q=li", {"name": " "})
    clerk.post("/people/filters/", {"name": "空"})
    assert SavedFilter.objects.count() == 1
    clerk.post(f"/people/filters/{kept.pk}/delete/")
    assert SavedFilter.objects.count() == 0
    assert clerk.get(f"/people/?saved={kept.key}")["Location"] == "/people/"
    assert clerk.get("/people/?saved=x")["Location"] == "/people/"


def test_columns_are_chosen_by_user(hire, clerk: Client, units) -> None:
    hire()
    clerk.post("/people/columns/", {"column": ["phone", "nonsense", "address", "phone"]})
    assert [heading.label for heading in clerk.get("/people/").context["headings"]] == ["Name", "Mobile phone"]
    assert len(client_of(units["340181002"], name="b").get("/people/").context["headings"]) == 8
    clerk.post("/people/columns/", {"usual": "1"})
    assert len(clerk.get("/people/").context["headings"]) == 8


def test_every_column_can_be_shown(hire, clerk: Client, units) -> None:
    person = hire(entry_channel="ELECTED", contract_end=date(2027, 1, 1))
    Education.objects.create(person=person, level="BACHELOR", degree="BACHELOR", graduated=date(2016, 7, 1))
    Certificate.objects.create(person=person, level="ASSISTANT", number="A1", issued=date(2021, 1, 1))
    part_timer = person_create(actor=None, unit=units["340181002008"], name="兼职")
    tenure_start(
        actor=None, person=part_timer, unit=units["340181002008"], title="COMMITTEE_MEMBER", start=date(2020, 1, 1)
    )
    columns_choose(actor=clerk.user, columns=list(COLUMNS))  # type: ignore[attr-defined]
    assert not {"address", "health", "emergency_phone"} & set(COLUMNS)
    rows = exported(clerk)
    record = dict(zip(rows[0], rows[2], strict=True))
    assert [row[0] for row in rows] == ["姓名", "兼职", "王芳"]
    assert (record["学历"], record["毕业时间"], record["社会工作者职业资格"], record["证书编号"], record["合同期满"]) == (
        "大学本科", "2016-07", "助理社会工作师", "A1", "2027-01-01",
    )  # fmt: skip
    assert dict(zip(rows[0], rows[1], strict=True))["所属社区"] == "旗山社区"


@pytest.mark.requirement("SL-06")
def test_numbers_are_masked_on_the_page(hire, clerk: Client) -> None:
    person = hire()
    write(person, identity_number="11010519491231002X", phone="13800138000")
    columns_choose(actor=clerk.user, columns=["identity_number", "phone"])  # type: ignore[attr-defined]
    text = clerk.get("/people/").content.decode()
    assert "1101**********002X" in text
    assert not re.search(r"11010519491231002X|13800138000", text)


def test_fifty_rows_take_the_queries_of_one(hire, clerk: Client) -> None:
    columns_choose(actor=clerk.user, columns=list(COLUMNS))  # type: ignore[attr-defined]
    hire()
    clerk.get("/people/")
    with CaptureQueriesContext(connection) as one:
        clerk.get("/people/?unit=340181002008&q=wang&day=2025-01-01")
    for _n in range(5):
        hire()
    with CaptureQueriesContext(connection) as many:
        answer = clerk.get("/people/?unit=340181002008&q=wang&day=2025-01-01")
    assert len(answer.context["lines"]) == 6
    assert len(many) == len(one)


def test_ages_are_whole_years_on_the_day() -> None:
    day = date(2026, 11, 21)
    assert born_between(day, 30, 35) == (date(1990, 11, 22), date(1996, 11, 22))
    assert born_between(date(2024, 2, 29), 18, None) == (None, date(2006, 3, 1))
    assert born_between(day, None, 0) == (date(2025, 11, 22), None)


def test_a_post_is_asked_for_on_the_day(hire, clerk: Client) -> None:
    hire("甲", start=date(2020, 1, 1), end=date(2090, 1, 1))  # a post with an end far ahead
    hire("乙", start=date(2020, 1, 1))
    assert names(clerk, title="STAFF") == ["甲", "乙"]
    assert names(clerk, title="STAFF", day="2021-01-01") == ["甲", "乙"]
    assert names(clerk, title=["GRID_WORKER", "STAFF"]) == ["甲", "乙"]
    assert names(clerk, title="STAFF", day="2019-12-31", state="coming") == []
    assert names(clerk, title="STAFF", day="2091-01-01", state="all") == ["乙"]


def test_many_are_estimated_and_few_are_counted(hire, units, monkeypatch) -> None:
    from personnel.selectors import pages

    clerk = client_of(units["34"])
    for _n in range(3):
        hire()
    page = clerk.get("/people/").context["page"]
    assert (page.total, page.exact) == (3, True)
    monkeypatch.setattr(pages, "FEW", -1)
    monkeypatch.setattr(import_module("personnel.views.people"), "SIZES", (2,))
    for sort in ("name", "born", "-unit"):
        answer = clerk.get(f"/people/?sort={sort}&entered_from=2001-01-01")
        assert not answer.context["page"].exact
        assert len(answer.context["lines"]) == 2
        rest = clerk.get("/people/" + answer.context["next"]).context
        assert (len(rest["lines"]), rest["next"]) == (1, "")


def test_the_search_box_names_people_while_one_types(hire, clerk: Client, units) -> None:
    """The same people as the list of that word, eight at most, and none of others' units."""
    for number in range(9):
        hire(f"王{'甲乙丙丁戊己庚辛壬'[number]}")
    hire("李静", unit="340181002001")
    answer = clerk.post("/people/find/", {"q": "wan"})
    assert [line.cells[0] for line in answer.context["lines"]] == names(clerk, q="wan")[:8]
    assert answer.context["total"] == 9
    found = clerk.post("/people/find/", {"q": "lij"}).context["lines"]
    assert [line.cells[:2] for line in found] == [["李静", "裕溪河畔社区"]]
    for nothing in ("", "  ", "nobody", "x" * 61):
        assert clerk.post("/people/find/", {"q": nothing}).context["lines"] == []
    elsewhere = client_of(units["340181002001"], name="elsewhere")
    assert elsewhere.post("/people/find/", {"q": "wan"}).context["lines"] == []


def test_naming_eight_people_takes_the_queries_of_naming_one(hire, clerk: Client) -> None:
    counts = []
    for number in (1, 7):
        for one in range(number):
            hire(f"王{number}{one}")
        clerk.post("/people/find/", {"q": "wan"})
        with CaptureQueriesContext(connection) as queries:
            answer = clerk.post("/people/find/", {"q": "wan"})
        counts.append((len(answer.context["lines"]), len(queries)))
    assert [lines for lines, _count in counts] == [1, 8]
    assert counts[0][1] == counts[1][1] <= 11


def test_no_address_and_no_note_has_a_number(hire, clerk: Client) -> None:
    person = hire()
    write(person, identity_number="11010519491231002X", phone="13800138000")
    hire("李静")
    for number in ("11010519491231002X", "138 0013 8000"):
        sent = clerk.post("/people/search/", {"q": number, "sex": "", "size": "50"})
        assert sent.status_code == 302
        assert re.fullmatch(r"/people/\?q=~[ip][\w-]{22}&size=50", unquote(sent["Location"]))
        found = clerk.get(sent["Location"])
        assert [line.cells[0] for line in found.context["lines"]] == [person.name]
        assert clerk.get("/people/", {"q": number})["Location"] == sent["Location"].replace("&size=50", "")
        clerk.post("/people/filters/?" + urlencode({"q": number}), {"name": number[:4]})
        exported(clerk, q=number)
    kept = str(list(SavedFilter.objects.values_list("query", flat=True)))
    kept += str(list(AuditEntry.objects.values_list("before", "after")))
    assert "~i" in kept
    assert "~p" in kept
    assert "11010519491231002X" not in kept
    assert "13800138000" not in kept.replace(" ", "").replace("+", "")


@pytest.mark.parametrize(
    "typed", ["6222020000000000123", "6222 0200 0000 0000 123", "王芳 340181199005030021", "账号1234567"]
)
def test_a_number_of_any_kind_stands_in_no_address(hire: Any, clerk: Client, typed: str) -> None:
    hire("王芳")
    answer = clerk.post("/people/search/", {"q": typed}, follow=True)
    ((address, _code),) = answer.redirect_chain
    assert re.fullmatch(r"/people/\?q=~i[\w-]{22}", unquote(address))
    assert "王芳" not in answer.content.decode()
    named = clerk.post("/people/search/", {"q": "王芳"}, follow=True)
    assert "王芳" in unquote(named.redirect_chain[0][0]), "the control: a name does"
