"""Applying an import: once, whole, without a second effect, and back again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core.errors import Conflict, Refused
from personnel.models import Education, Employment, Import, ImportRow, Person, PersonPast, Tenure
from personnel.rules.fields import FIELDS
from personnel.rules.review import IMPORTED
from personnel.rules.words import WORDS
from personnel.services import person_correct
from personnel.services.imports import import_apply, import_fix, import_undo, imports_forget
from tests.personnel.imports.conftest import DAY, HEADERS, identity, person_row, roster, workbook

pytestmark = pytest.mark.django_db


def counts(source: Import) -> tuple[int, int, int, int]:
    source.refresh_from_db()
    return tuple(source.counts[name] for name in ("ERROR", "NEW", "UPDATE", "UNCHANGED"))  # type: ignore[return-value]


def test_a_clean_file_of_new_people_is_applied_and_a_second_time_changes_nothing(upload, clerk):
    data = roster([person_row(n) for n in range(20)])
    first = upload(data)
    assert counts(first) == (0, 20, 0, 0)
    assert first.counts["errors"] == 0
    import_apply(actor=clerk, source=first, expected=20, whole=True)
    assert Person.objects.count() == 20
    assert Employment.objects.count() == Tenure.objects.count() == Education.objects.count() == 20
    somebody = Person.objects.get(name=person_row(3)["姓名"])
    assert somebody.identity_number == person_row(3)["身份证号"]
    assert (somebody.phone, somebody.political_status) == ("13800000003", "PARTY_MEMBER")
    assert somebody.employments.get().unit.name == "旗山社区"
    again = upload(data)
    assert counts(again) == (0, 0, 0, 20)
    with pytest.raises(Refused):
        import_apply(actor=clerk, source=again, expected=0)


def test_what_differs_is_shown_by_field_and_only_that_is_written(upload, clerk):
    import_apply(actor=clerk, source=upload(roster([person_row(1), person_row(2)])), expected=2)
    source = upload(roster([person_row(1, 手机号码="13911112222", 家庭住址=""), person_row(2)]))
    assert counts(source) == (0, 0, 1, 1)
    row = source.rows.get(action="UPDATE")
    assert row.diff == {"phone": ["13800000001", "13911112222"]}
    import_apply(actor=clerk, source=source, expected=1)
    person = Person.objects.get(name=person_row(1)["姓名"])
    assert (person.phone, person.address) == ("13911112222", "亚父街道1号")
    past = PersonPast.objects.get(person=person)
    assert (past.field, past.value, past.until) == ("phone", "13800000001", DAY)


def test_the_undo_takes_everything_back_and_the_same_file_can_come_again(upload, clerk):
    import_apply(actor=clerk, source=upload(roster([person_row(1)])), expected=1)
    data = roster([person_row(1, 手机号码="13911112222"), person_row(2)])
    source = upload(data)
    import_apply(actor=clerk, source=source, expected=2)
    assert Person.objects.count() == 2
    assert import_undo(actor=clerk, source=source) == (2, [])
    person = Person.objects.get()
    assert (person.name, person.phone) == (person_row(1)["姓名"], "13800000001")
    assert PersonPast.objects.count() == 0
    assert Employment.objects.count() == Tenure.objects.count() == 1
    source.refresh_from_db()
    assert source.state == "UNDONE"
    assert counts(upload(data)) == (0, 1, 1, 0)


def test_the_undo_is_refused_where_somebody_changed_a_row_since(upload, clerk):
    source = upload(roster([person_row(1), person_row(2)]))
    import_apply(actor=clerk, source=source, expected=2)
    person = Person.objects.get(name=person_row(2)["姓名"])
    person_correct(actor=clerk, person=person, values={"phone": "13700000000"}, reason="新号码")
    with pytest.raises(Refused) as refused:
        import_undo(actor=clerk, source=source)
    assert "phone" in str(refused.value)
    assert person.name in str(refused.value)
    assert Person.objects.count() == 2
    assert import_undo(actor=clerk, source=source, skip_changed=True)[0] == 1
    assert Person.objects.get().name == person.name


def test_the_undo_is_for_a_day(upload, clerk):
    source = upload(roster([person_row(1)]))
    import_apply(actor=clerk, source=source, expected=1)
    Import.objects.filter(pk=source.pk).update(applied=timezone.now() - timedelta(hours=24, minutes=1))
    with pytest.raises(Conflict):
        import_undo(actor=clerk, source=source)
    Import.objects.filter(pk=source.pk).update(applied=timezone.now() - timedelta(hours=23, minutes=59))
    assert import_undo(actor=clerk, source=source) == (1, [])


def test_one_refused_row_leaves_nothing_behind_and_says_why(upload, clerk):
    """Two party secretaries of one community: the second is refused by the post itself, so nobody comes in."""
    people = [person_row(n, 所属社区="旗山社区") for n in range(1, 6)]
    for one in (people[1], people[3]):
        one |= {"职务": "党组织书记", "政治面貌": "中共党员"}
    source = upload(roster(people))
    assert counts(source) == (0, 5, 0, 0)
    with pytest.raises(Refused):
        import_apply(actor=clerk, source=source, expected=5)
    assert Person.objects.count() == Employment.objects.count() == 0
    assert counts(source) == (1, 4, 0, 0)
    row = source.rows.get(action="ERROR")
    assert row.number == 4
    assert row.findings[-1]["code"] == "REFUSED" or any(one["code"] == "REFUSED" for one in row.findings)


def test_without_the_transaction_a_refused_row_would_leave_the_others(upload, clerk, monkeypatch):
    """The control of the test above: what is refused is only found after others were written."""
    from personnel.services.imports import applying

    written = []
    original = applying.write_row

    def write(*args):
        original(*args)
        written.append(Person.objects.count())

    monkeypatch.setattr(applying, "write_row", write)
    people = [person_row(n, 所属社区="旗山社区") for n in range(1, 6)]
    for one in (people[1], people[3]):
        one |= {"职务": "党组织书记", "政治面貌": "中共党员"}
    source = upload(roster(people))
    with pytest.raises(Refused):
        import_apply(actor=clerk, source=source, expected=5)
    assert max(written) == 4
    assert Person.objects.count() == 0


def test_rows_with_errors_stay_behind_and_come_later(upload, clerk):
    source = upload(roster([person_row(1), person_row(2, 手机号码="1380000")]))
    assert counts(source) == (1, 1, 0, 0)
    with pytest.raises(Refused):
        import_apply(actor=clerk, source=source, expected=1, whole=True)
    import_apply(actor=clerk, source=source, expected=1)
    assert Person.objects.count() == 1
    row = source.rows.get(action="ERROR")
    import_fix(actor=clerk, source=source, row=row, field="phone", text="13800000002")
    row.refresh_from_db()
    assert row.action == "NEW"
    import_apply(actor=clerk, source=source, expected=1)
    assert Person.objects.count() == 2


def test_a_count_that_is_not_what_was_confirmed_stops(upload, clerk):
    source = upload(roster([person_row(1), person_row(2)]))
    with pytest.raises(Conflict):
        import_apply(actor=clerk, source=source, expected=1)
    assert Person.objects.count() == 0


def test_records_that_changed_since_the_review_stop_an_update(upload, clerk):
    import_apply(actor=clerk, source=upload(roster([person_row(1)])), expected=1)
    source = upload(roster([person_row(1, 手机号码="13911112222")]))
    person_correct(actor=clerk, person=Person.objects.get(), values={"phone": "13700000000"}, reason="新号码")
    with pytest.raises(Conflict):
        import_apply(actor=clerk, source=source, expected=1)
    row = ImportRow.objects.get(source=source)
    assert row.diff == {"phone": ["13700000000", "13911112222"]}
    import_apply(actor=clerk, source=source, expected=1)
    assert Person.objects.get().phone == "13911112222"


def test_files_are_kept_for_thirty_days(upload):
    old, new = upload(roster([person_row(1)])), upload(roster([person_row(2)]))
    Import.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=30, minutes=1))
    Import.objects.filter(pk=new.pk).update(created=timezone.now() - timedelta(days=29, hours=23))
    assert imports_forget() == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert old.content is None
    assert old.counts["NEW"] == 1
    assert old.rows.get().raw == {}
    assert bytes(new.content)[:2] == b"PK"
    assert new.rows.get().raw != {}
    assert imports_forget() == 0


def value_for(code: str) -> str:
    """Something that a clerk may write in a field, other than what stands there by itself."""
    known = {
        "name": "王全", "identity_number": identity(born="19850615", order="002"), "sex": "女", "birth_date": "1985-06-15",
        "document_type": "居民身份证", "employment.unit": "旗山社区", "employment.start": "2015-03-10", "tenure.start": "2016-04-11",
        "tenure.unit": "裕溪河畔社区", "employment.contract_start": "2015-03-10", "employment.contract_end": "2027-03-10",
        "employment.probation_end": "2015-09-10", "tenure.full_time": "否", "tenure.title": "社区工作人员",
        "education.start": "2003-09-01", "education.graduated": "2007-07-01", "certificate.issued": "2018-11-01",
        "certificate.registered_from": "2019-01-01", "certificate.registered_until": "2028-01-01",
        "certificate.appointed_from": "2019-02-01", "political_status": "民主党派", "certificate_exams_failed": "2",
        "phone": "13800138000", "other_phone": "0551-82345678", "emergency_phone": "13900139000", "family.phone": "13700137000",
        "registered_residence": "340181002008", "lives_in": "340181002008", "work_started": "2008-07-15",
        "party_joined": "2009-07-15", "union_joined": "2010-07-15", "bank.number": "6222 0200 1234 5678 901",
        "leave.days": "2.5", "leave.kind": "年休假",
    }  # fmt: skip
    field = FIELDS[code]
    if code in known:
        return known[code]
    if field.kind == "code":
        return next(iter(WORDS[field.codes].values()))[0]
    if code.endswith((".end", ".effect_end", ".due", ".done")):
        return "2026-02-28"
    return {
        "date": "2016-05-16",
        "month": "2016-05-01",
        "unit": "亚父街道",
        "yesno": "是",
        "number": "3",
        "money": "500.50",
    }.get(field.kind, f"{field.zh}的内容")


def test_every_field_that_is_read_goes_on_record_and_comes_back_the_same(upload, clerk):
    """Nothing is dropped in silence: what the file says of any field is on record afterwards, or an import of the same
    file would find it different."""
    left = {"employment.end", "employment.end_reason", "employment.destination", "tenure.end"}
    codes = sorted(IMPORTED - left)
    data = workbook([[heading_for(code) for code in codes], [value_for(code) for code in codes]])
    source = upload(data)
    row = source.rows.get()
    assert [one for one in row.findings if one["level"] == "ERROR"] == []
    assert set(row.values) == set(codes)
    import_apply(actor=clerk, source=source, expected=1)
    again = upload(data)
    row = again.rows.get()
    assert (row.action, row.diff) == ("UNCHANGED", {})
    assert [one["field"] for one in row.findings if one["code"] in ("ELSEWHERE", "INCOMPLETE")] == []
    changed = {**{code: value_for(code) for code in codes}, "tenure.start": "2017-01-02", "tenure.full_time": "是"}
    other = upload(workbook([[heading_for(code) for code in codes], [changed[code] for code in codes]])).rows.get()
    assert sorted(one["field"] for one in other.findings if one["code"] == "ELSEWHERE") == [
        "tenure.full_time", "tenure.start",
    ]  # fmt: skip


def heading_for(code: str) -> str:
    """The code itself, which is understood too: labels of different sections may be the same."""
    return code


def test_somebody_who_has_left_comes_in_with_the_end(upload, clerk):
    headers = [*HEADERS, "退出日期", "退出原因"]
    person = person_row(1) | {"退出日期": "2024-05-01", "退出原因": "辞职"}
    source = upload(roster([person, person_row(2) | {"退出日期": "2024-05-01"}], headers))
    wrong = source.rows.get(action="ERROR")
    assert [(one["code"], one["field"]) for one in wrong.findings if one["level"] == "ERROR"] == [
        ("REQUIRED", "employment.end_reason")
    ]
    import_apply(actor=clerk, source=source, expected=1)
    employment, tenure = Employment.objects.get(), Tenure.objects.get()
    assert (employment.end, employment.end_reason) == (date(2024, 5, 1), "RESIGNED")
    assert tenure.end == date(2024, 5, 1)


def test_what_an_export_hides_changes_nothing(upload, clerk):
    import_apply(actor=clerk, source=upload(roster([person_row(1)])), expected=1)
    hidden = person_row(1, 身份证号="3401**********0021", 手机号码="138****0001")
    row = upload(roster([hidden])).rows.get()
    assert (row.action, row.diff) == ("UNCHANGED", {})
    assert [one["code"] for one in row.findings] == ["MASKED", "MASKED"]


def test_of_several_posts_the_first_is_taken_and_the_others_are_said(upload, clerk):
    source = upload(roster([person_row(1, 职务="党组织书记、居委会主任", 政治面貌="中共党员")]))
    row = source.rows.get()
    assert row.values["tenure.title"] == "PARTY_SECRETARY"
    (finding,) = [one for one in row.findings if one["level"] == "WARNING"]
    assert (finding["code"], finding["field"]) == ("SEVERAL_POSTS", "tenure.title")
    assert row.action == "NEW"


def test_studies_without_a_diploma_are_taken_over_as_such(upload, clerk):
    """In the column of levels, in a column of its own, and by the number of the standard; 毕业 stays graduated."""
    written = [("本科肄业", ""), ("大专（结业）", ""), ("23", ""), ("大专", "结业"), ("大学毕业", ""), ("大专", "毕业")]
    headers = (*HEADERS, "毕结业情况")
    people = [person_row(n, 学历=level, 毕结业情况=said) for n, (level, said) in enumerate(written)]
    source = upload(roster(people, headers))
    assert counts(source) == (0, 6, 0, 0)
    change = next(one for one in source.rows.get(position=0).findings if one["field"] == "education.completion")
    assert (change["level"], change["code"], change["text"], change["value"]) == (
        "CHANGE", "KNOWN_WORD", "本科肄业", "LEFT_EARLY",
    )  # fmt: skip
    import_apply(actor=clerk, source=source, expected=6)
    assert [
        Education.objects.values_list("level", "completion").get(person__name=person["姓名"]) for person in people
    ] == [
        ("BACHELOR", "LEFT_EARLY"), ("COLLEGE", "COMPLETED"), ("BACHELOR", "LEFT_EARLY"), ("COLLEGE", "COMPLETED"),
        ("BACHELOR", "GRADUATED"), ("COLLEGE", "GRADUATED"),
    ]  # fmt: skip
    assert counts(upload(roster(people, headers))) == (0, 0, 0, 6)
