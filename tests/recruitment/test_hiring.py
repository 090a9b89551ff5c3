"""From the application to the employment: screening, ranking, reviews, notice, and a hire with nothing typed twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed, Refused
from core.models import AuditEntry
from personnel.models import Employment, Person
from personnel.services import person_create
from recruitment.models import Applicant, Mark, RankingRow, Review
from recruitment.selectors import batch_report, chosen_for_system, ranking_for
from recruitment.services import (
    applicant_enter,
    applicant_withdraw,
    applicants_import,
    equals_order,
    fill_in,
    hire,
    marks_enter,
    names_publish,
    ranking_make,
    review_enter,
)
from tests.recruitment.conftest import Chaohu, identity

TODAY = timezone.localdate()


def standing(chaohu: Chaohu, plan) -> dict[int, tuple[str, int | None, str]]:
    _ranking, rows = ranking_for(user=chaohu.users["officer"], plan=plan)
    return {row.applicant.number: (row.standing, row.place, row.side) for row in rows}


def test_an_application_is_checked_and_nobody_applies_twice(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    assert (one.number, one.sex, one.birth_date) == (1, "MALE", date(1995, 3, 15))
    assert one.masked_identity_number.startswith("3401")
    assert "19950315" not in one.masked_identity_number
    with pytest.raises(Conflict):
        chaohu.applicant(plan, position, 1)
    with pytest.raises(Refused) as caught:
        applicant_enter(
            actor=chaohu.users["officer"], plan=plan, position=position,
            values={"name": "", "identity_number": "34018119950315011", "certificate": "ASSISTANT"},
        )  # fmt: skip
    assert set(caught.value.fields) == {"name", "identity_number", "certificate_number"}


def test_the_identity_number_lies_sealed(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    stored = Applicant.objects.filter(pk=one.pk).values_list("identity_number", flat=True).get()
    assert stored.startswith("v1|")
    assert Applicant.objects.get(identity_number=identity(1)) == one


def test_a_file_is_taken_whole_or_not_at_all(chaohu: Chaohu) -> None:
    plan, _position = chaohu.announced()
    head = "岗位代码,姓名,身份证号,学历,学习形式,政治面貌,毕业日期\n"
    good = f"1,张三,{identity(1)},大学本科,全日制,中共党员,2018-07-01\n1,李四,{identity(2, sex=2)},研究生,全日制,群众,2019-06-30\n"
    bad = f"7,王五,{identity(3)},大学,全日制,,\n1,,{identity(1)},,,,\n1,赵六,123,,,,\n"
    with pytest.raises(Refused) as caught:
        applicants_import(actor=chaohu.users["officer"], plan=plan, data=(head + good + bad).encode())
    text = str(caught.value)
    for found in ("Row 4: there is no line 7", "Row 5, 姓名", "Row 5: the same identity number as in row 2", "Row 6"):
        assert found in text, text
    assert not Applicant.objects.exists()
    assert applicants_import(actor=chaohu.users["officer"], plan=plan, data=(head + good).encode()) == 2
    assert list(Applicant.objects.order_by("number").values_list("number", "name", "education", "political_status")) == [
        (1, "张三", "BACHELOR", "PARTY_MEMBER"), (2, "李四", "MASTER", "MASSES"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="has applied already, as number 1"):
        applicants_import(actor=chaohu.users["officer"], plan=plan, data=(head + good).encode())


def test_a_grid_of_marks_is_taken_whole_or_not_at_all(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    for number in (1, 2, 3):
        chaohu.applicant(plan, position, number)
    chaohu.admitted(plan)
    officer = chaohu.users["officer"]
    with pytest.raises(Refused) as caught:
        marks_enter(
            actor=officer,
            plan=plan,
            part="written",
            text="考号\t成绩\n1\t80\n1\t81\n9\t70\n2\t101\n3\t八十\nx\t1\n2\t1\t2\n",
        )
    assert caught.value.errors == [
        "Row 3: the number 1 stands in an earlier row already.",
        "Row 4: nobody who is admitted has the number 9.",
        "Row 5, column 2: 101 is more than 100.",
        "Row 6, column 2: “八十” is no mark. Write 0 to 100 with two decimals at most, or 缺考.",
        "Row 7: “x” is no applicant's number.",
        "Row 8: the number 2 stands in an earlier row already.",
        "Row 8 has 2 marks; 1 to 1 belong there.",
    ]
    assert not Mark.objects.exists()
    assert marks_enter(actor=officer, plan=plan, part="written", text="1\t80.5\n2，缺考\n3 59.99\n") == 3
    assert list(Mark.objects.order_by("applicant").values_list("mark", flat=True)) == [805000, None, 599900]
    assert marks_enter(actor=officer, plan=plan, part="written", text="2\t60") == 1
    assert Mark.objects.count() == 3


def test_nothing_is_ranked_while_marks_are_missing(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    chaohu.applicant(plan, position, 1)
    chaohu.admitted(plan)
    with pytest.raises(Refused, match="1 have no marks yet: 1 考生1"):
        ranking_make(actor=chaohu.users["officer"], plan=plan)


@pytest.mark.requirement("CH-15")
def test_of_equals_the_certificate_stands_above_the_line(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    chaohu.applicant(plan, position, 1)
    chaohu.applicant(
        plan, position, 2, certificate="ASSISTANT", certificate_number="A1", certificate_issued=date(2022, 6, 1)
    )
    chaohu.ranked(plan, {1: 80, 2: 80})
    assert standing(chaohu, plan) == {1: ("RANKED", 2, "OUT"), 2: ("RANKED", 1, "IN")}
    row = RankingRow.objects.get(applicant__number=1)
    assert (row.by, row.total, row.values["bonus"]) == ("certificate", 800000, 0)
    assert row.ranking.version == plan.version


def test_people_decide_between_equals_and_the_ranking_follows(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    people = [chaohu.applicant(plan, position, number) for number in (1, 2)]
    chaohu.ranked(plan, {1: 80, 2: 80})
    assert {side for _state, _place, side in standing(chaohu, plan).values()} == {"UNDECIDED"}
    with pytest.raises(Refused, match="Equal across the line"):
        chaohu.published(plan, people)
    with pytest.raises(Refused, match="Name each of the equals once"):
        equals_order(actor=chaohu.users["officer"], plan=plan, position=position, numbers=[1], reason="加试")
    ranking = equals_order(actor=chaohu.users["officer"], plan=plan, position=position, numbers=[2, 1], reason="加试")
    assert ranking.number == 2
    assert standing(chaohu, plan) == {1: ("RANKED", 2, "OUT"), 2: ("RANKED", 1, "IN")}


def test_names_are_public_after_every_review_and_by_somebody_else(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    chaohu.ranked(plan, {1: 80})
    with pytest.raises(Refused, match="考生1 has not passed: medical examination, background check"):
        names_publish(actor=chaohu.users["approver"], plan=plan, day=TODAY)
    for kind in ("MEDICAL", "BACKGROUND"):
        review_enter(actor=chaohu.users["officer"], applicant=one, kind=kind, passed=True, day=TODAY)
    with pytest.raises(NotAllowed, match="You made the ranking"):
        names_publish(actor=chaohu.users["officer"], plan=plan, day=TODAY)
    plan = names_publish(actor=chaohu.users["approver"], plan=plan, day=date(2026, 10, 30))
    # seven working days from Friday 30 October: Monday 2 to Friday 6, Monday 9 and Tuesday 10 November
    assert plan.published_until == date(2026, 11, 10)


@pytest.mark.requirement("QY-04")
def test_nobody_is_hired_who_did_not_pass_a_review(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one, two = (chaohu.applicant(plan, position, number) for number in (1, 2))
    chaohu.ranked(plan, {1: 80, 2: 70})
    with pytest.raises(Refused, match="Say why 考生1 did not pass"):
        review_enter(actor=chaohu.users["officer"], applicant=one, kind="POLITICAL", passed=False, day=TODAY)
    review_enter(
        actor=chaohu.users["officer"], applicant=one, kind="POLITICAL", passed=False, day=TODAY, note="政治审查不合格"
    )
    assert chosen_for_system(plan) == []
    with pytest.raises(Refused, match="考生2 stands next, not 考生1"):
        fill_in(actor=chaohu.users["officer"], applicant=one, instead_of=one, reason="递补")
    fill_in(actor=chaohu.users["officer"], applicant=two, instead_of=one, reason="递补")
    chaohu.published(plan, [two])
    with pytest.raises(Refused, match="考生1 is not among those to be hired"):
        hire(actor=chaohu.users["officer"], applicant=one, start=TODAY)
    hired = hire(actor=chaohu.users["officer"], applicant=two, start=TODAY)
    assert hired.employment is not None
    assert Review.objects.filter(passed=False).count() == 1


def test_whoever_stays_above_the_line_is_not_replaced(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one, two, three = (chaohu.applicant(plan, position, number) for number in (1, 2, 3))
    chaohu.ranked(plan, {1: 80, 2: 70, 3: 65})
    officer = chaohu.users["officer"]
    with pytest.raises(Refused, match="考生1 stands above the line and has not dropped out"):
        fill_in(actor=officer, applicant=two, instead_of=one, reason="递补")
    applicant_withdraw(actor=officer, applicant=one, reason="放弃")
    with pytest.raises(Refused, match="考生2 stands next, not 考生3"):
        fill_in(actor=officer, applicant=three, instead_of=one, reason="递补")
    fill_in(actor=officer, applicant=two, instead_of=one, reason="递补")
    with pytest.raises(Conflict, match="come up for 考生1 already"):
        fill_in(actor=officer, applicant=three, instead_of=one, reason="递补")


def test_a_hire_becomes_a_person_with_nothing_typed_twice(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(
        plan, position, 1, phone="13812345678", political_status="PARTY_MEMBER", school="安徽大学", major="社会工作",
        certificate="ASSISTANT", certificate_number="A1", certificate_issued=date(2022, 6, 1),
    )  # fmt: skip
    chaohu.ranked(plan, {1: 80})
    plan = chaohu.published(plan, [one])
    one = hire(actor=chaohu.users["officer"], applicant=one, start=TODAY, probation_end=TODAY + timedelta(days=60))
    job = one.employment
    assert job is not None
    person = job.person
    assert (person.name, person.identity_number, person.phone, person.political_status) == (
        "考生1", identity(1), "13812345678", "PARTY_MEMBER",
    )  # fmt: skip
    assert (job.unit, job.category, job.entry_channel, job.start, job.batch, job.document) == (
        chaohu.community, "COMMUNITY_WORKER", "OPEN_RECRUITMENT", TODAY, "2026年公开招聘", "巢组通〔2026〕5号",
    )  # fmt: skip
    school = person.educations.get()
    assert (school.level, school.study_mode, school.school, school.graduated) == (
        "BACHELOR", "FULL_TIME", "安徽大学", date(2018, 7, 1),
    )  # fmt: skip
    assert person.certificates.get().number == "A1"
    with pytest.raises(Conflict, match="hired already"):
        hire(actor=chaohu.users["officer"], applicant=one, start=TODAY)
    assert Employment.objects.count() == 1


def test_somebody_on_record_keeps_their_file(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    known = person_create(actor=None, unit=chaohu.community, name="考生1", identity_number=identity(1))
    chaohu.ranked(plan, {1: 80})
    chaohu.published(plan, [one])
    hired = hire(actor=chaohu.users["officer"], applicant=one, start=TODAY)
    assert hired.employment is not None
    assert hired.employment.person == known
    assert Person.objects.count() == 1


def test_nobody_is_hired_while_names_are_public(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    chaohu.ranked(plan, {1: 80})
    plan = chaohu.published(plan, [one], day=TODAY)
    with pytest.raises(Refused, match="hire from the day after"):
        hire(actor=chaohu.users["officer"], applicant=one, start=TODAY + timedelta(days=60))


@pytest.mark.requirement("CH-16")
def test_a_batch_reports_its_hires_their_age_and_how_they_studied(chaohu: Chaohu) -> None:
    """31, 33 and 36 years old: the mean is 33.3, so 33."""
    plan, position = chaohu.announced(number=3)
    people = [
        chaohu.applicant(plan, position, 1, identity_number=identity(1, f"{TODAY.year - 31}0101")),
        chaohu.applicant(plan, position, 2, identity_number=identity(2, f"{TODAY.year - 33}0101"), education="MASTER"),
        chaohu.applicant(
            plan, position, 3, identity_number=identity(3, f"{TODAY.year - 36}0101"), study_mode="IN_SERVICE"
        ),
    ]
    chaohu.ranked(plan, {1: 80, 2: 81, 3: 82})
    chaohu.published(plan, people)
    for one in people:
        hire(actor=chaohu.users["officer"], applicant=one, start=TODAY)
    report = batch_report(user=chaohu.users["officer"], plan=plan)
    assert (report.hires, report.mean_age, report.full_time_bachelor, report.full_time_master) == (3, 33, 2, 1)


@pytest.mark.requirement("SL-07")
def test_every_step_of_a_selection_is_on_the_trail(chaohu: Chaohu) -> None:
    """Who did what, in order: whoever doubts a selection reads how it came about."""
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    chaohu.ranked(plan, {1: 80})
    plan = chaohu.published(plan, [one])
    hire(actor=chaohu.users["officer"], applicant=one, start=TODAY, probation_end=TODAY + timedelta(days=60))
    acts = AuditEntry.objects.filter(action__startswith="recruitment.").order_by("pk")
    assert [(entry.action.removeprefix("recruitment."), entry.actor_name) for entry in acts] == [
        ("plan.start", "officer"),
        ("position.propose", "clerk"),
        ("plan.fix", "approver"),
        ("plan.announce", "approver"),
        ("applicant.enter", "officer"),
        ("applicants.screen", "officer"),
        ("applicant.decide", "officer"),
        ("marks.enter", "officer"),
        ("marks.enter", "officer"),
        ("ranking.make", "officer"),
        ("review.enter", "officer"),
        ("review.enter", "officer"),
        ("plan.publish", "approver"),
        ("applicant.hire", "officer"),
    ]
