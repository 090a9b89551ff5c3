"""Closed yearly results go into people's archives by themselves (LS-18)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessment.models import AnnualResult
from assessment.services import (
    appeal_decide,
    appeal_submit,
    compute_evaluation,
    evaluation_close,
    evaluation_confirm,
    evaluation_start,
    results_import,
)
from core.errors import Refused
from core.models import AuditEntry
from personnel.models import Archive, ArchiveItem, Person, RowHistory
from personnel.selectors import papers as papers_selectors
from personnel.selectors.record import record_on
from personnel.services import archive_open

pytestmark = pytest.mark.django_db
OPENED = date(2024, 1, 1)


@pytest.fixture
def closing(units, policy, user):
    """An evaluation of the county for 2025, confirmed; closing it is left to the test."""
    clerk, approver = user("ORG_OFFICER", "340181"), user("ORG_APPROVER", "340181")

    def confirmed():
        run = compute_evaluation(run=evaluation_start(actor=clerk, unit=units["340181"], period=2025))
        assert run.state == "READY", run.error
        return evaluation_confirm(actor=approver, run=run)

    return confirmed, clerk, approver


def titles() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for person, title in ArchiveItem.objects.order_by("day", "pk").values_list("archive__person_id", "title"):
        found.setdefault(person, []).append(title)
    return found


def opened(people: list[Person]) -> None:
    Archive.objects.bulk_create(Archive(person=p, number=f"A{p.pk}", opened=OPENED) for p in people)


@pytest.mark.requirement("LS-18")
def test_closing_files_every_result_once_and_not_before(units, crew, closing, user) -> None:
    """Four of 95, 80, 70 and 50 points: thresholds 90, 75, 60; 30 % of 4 is one excellent."""
    people = crew("340181002001", [9500, 8000, 7000, 5000])
    late = crew("340181002008", [None], start=date(2025, 9, 1))[0]  # four months: not graded
    opened([*people, late])
    confirmed, _clerk, approver = closing
    run = confirmed()
    assert not ArchiveItem.objects.exists()  # nothing is certain yet
    evaluation_close(actor=approver, run=run)
    texts = ["优秀", "合格", "基本合格", "不合格", "不定等次"]
    assert titles() == {
        person.pk: [f"2025年度考核结果：{text}"] for person, text in zip([*people, late], texts, strict=True)
    }
    today = timezone.localdate()
    item = ArchiveItem.objects.get(archive__person=people[0])
    assert (item.category, item.day, item.issuer, item.pages) == ("3", today, "巢湖市", 1)
    street = user("STREET_CLERK", "340181002")
    filed = record_on(user=street, person_id=people[0].pk, day=today).archive
    assert filed is not None
    assert filed.items["3"] == [item]
    before = record_on(user=street, person_id=people[0].pk, day=date(2025, 12, 31)).archive
    assert before is not None
    assert before.items["3"] == []
    assert AuditEntry.objects.get(action="personnel.papers.file").after["filed"] == 5


@pytest.mark.requirement("LS-18")
def test_a_closing_that_fails_files_nothing(units, crew, closing, monkeypatch) -> None:
    """One transaction: what stops the closing after the papers takes them back."""
    opened(crew("340181002001", [8000]))
    confirmed, _clerk, approver = closing
    run = confirmed()

    def stop(**_more: object) -> None:
        assert ArchiveItem.objects.count() == 1
        raise RuntimeError("the power is gone")

    monkeypatch.setattr("assessment.services.evaluations.audit", stop)
    with pytest.raises(RuntimeError):
        evaluation_close(actor=approver, run=run)
    run.refresh_from_db()
    assert run.state == "CONFIRMED"
    assert not ArchiveItem.objects.exists()


@pytest.mark.requirement("LS-18")
def test_a_granted_appeal_corrects_the_paper_and_keeps_the_old_one(units, crew, closing) -> None:
    first, second = crew("340181002001", [8000, 7000])
    opened([first, second])
    confirmed, clerk, approver = closing
    evaluation_close(actor=approver, run=confirmed())
    assert titles() == {first.pk: ["2025年度考核结果：合格"], second.pk: ["2025年度考核结果：基本合格"]}
    result = AnnualResult.objects.get(person=second)
    appeal = appeal_submit(actor=clerk, result=result, text="漏记一项", day=date(2026, 2, 1))
    appeal_decide(actor=approver, appeal=appeal, new_grade="QUALIFIED", answer="补记后80分")
    assert titles() == {first.pk: ["2025年度考核结果：合格"], second.pk: ["2025年度考核结果：合格"]}
    kept = RowHistory.objects.get(table_name="personnel_archiveitem")
    assert (kept.row["title"], kept.person_id) == ("2025年度考核结果：基本合格", second.pk)
    assert (kept.actor, kept.act, kept.reason) == (approver.username, "correct", "补记后80分")


def test_a_rejected_appeal_changes_no_paper(units, crew, closing) -> None:
    [person] = crew("340181002001", [7000])
    opened([person])
    confirmed, clerk, approver = closing
    evaluation_close(actor=approver, run=confirmed())
    appeal = appeal_submit(actor=clerk, result=AnnualResult.objects.get(), text="漏记一项", day=date(2026, 2, 1))
    appeal_decide(actor=approver, appeal=appeal, new_grade=None, answer="已核对")
    assert titles() == {person.pk: ["2025年度考核结果：基本合格"]}
    assert not RowHistory.objects.filter(table_name="personnel_archiveitem").exists()


@pytest.mark.requirement("LS-18")
def test_an_appeal_before_closing_is_filed_as_granted(units, crew, closing) -> None:
    [person] = crew("340181002001", [7000])
    opened([person])
    confirmed, clerk, approver = closing
    run = confirmed()
    appeal = appeal_submit(actor=clerk, result=AnnualResult.objects.get(), text="漏记一项", day=date(2026, 2, 1))
    appeal_decide(actor=approver, appeal=appeal, new_grade="QUALIFIED", answer="补记")
    assert titles() == {}
    evaluation_close(actor=approver, run=run)
    assert titles() == {person.pk: ["2025年度考核结果：合格"]}


@pytest.mark.requirement("LS-18")
def test_an_archive_that_is_opened_later_holds_what_was_closed_before(units, crew, closing, policy) -> None:
    [person] = crew("340181002001", [8000])
    results_import(actor=None, unit=units["340181"], year=2024, grades={person.pk: "EXCELLENT"})
    confirmed, _clerk, approver = closing
    evaluation_close(actor=approver, run=confirmed())
    assert not ArchiveItem.objects.exists()
    archive = archive_open(actor=None, person=person, opened=date(2026, 3, 1))
    assert titles() == {person.pk: ["2024年度考核结果：优秀", "2025年度考核结果：合格"]}
    assert archive.items.get(title__startswith="2024").day == date(2024, 12, 31)


def test_without_its_source_an_archive_would_begin_empty(units, crew, policy, monkeypatch) -> None:
    """The control of the test above."""
    monkeypatch.setattr(papers_selectors.sources, "papers", {})
    [person] = crew("340181002001", [8000])
    results_import(actor=None, unit=units["340181"], year=2024, grades={person.pk: "EXCELLENT"})
    archive_open(actor=None, person=person, opened=date(2026, 3, 1))
    assert not ArchiveItem.objects.exists()


def test_results_of_before_are_filed_once_however_often_they_are_taken_over(units, crew, policy) -> None:
    [person] = crew("340181002001", [8000])
    opened([person])
    for grade in ("EXCELLENT", "QUALIFIED"):  # whoever has a result of the year keeps it
        results_import(actor=None, unit=units["340181"], year=2024, grades={person.pk: grade})
    assert titles() == {person.pk: ["2024年度考核结果：优秀"]}
    assert not RowHistory.objects.filter(table_name="personnel_archiveitem").exists()


def test_a_closed_evaluation_is_not_closed_again(units, crew, closing) -> None:
    opened(crew("340181002001", [8000]))
    confirmed, _clerk, approver = closing
    run = evaluation_close(actor=approver, run=confirmed())
    with pytest.raises(Refused.__base__):
        evaluation_close(actor=approver, run=run)
    assert ArchiveItem.objects.count() == 1


def test_the_queries_of_a_closing_do_not_grow_with_the_people(units, crew, closing, policy) -> None:
    counts = []
    for place, people in (("340181002001", 3), ("340181003001", 40)):
        opened(crew(place, [8000] * people))
        street = units[place].parent
        approver = closing[2]
        run = compute_evaluation(run=evaluation_start(actor=closing[1], unit=street, period=2025))
        run = evaluation_confirm(actor=approver, run=run)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            evaluation_close(actor=approver, run=run)
        counts.append(len(asked))
        assert ArchiveItem.objects.filter(archive__person__employments__unit=units[place]).count() == people
    assert counts[0] == counts[1]
