"""The papers of a case: as many pages as the form has, whatever is on record, and none before its time."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
import typst
from django.test import Client
from django.urls import reverse
from docx import Document

from approvals.models import Case
from approvals.selectors import steps_of_case
from core.models import AuditEntry
from cwms.views.papers import FOLDER, PAPERS
from personnel.models import FamilyMember, Honour, Person, ResumeLine
from personnel.services import appointment_carry_out
from tests.approvals.conftest import Chaohu
from tests.approvals.test_carried_out import ORDER, appoint, hire


def pages(chaohu: Chaohu, case: Case, paper: str, user: str = "officer", **changed: Any) -> int:
    """How many pages a paper has."""
    data = PAPERS[paper](chaohu.users[user], case, steps_of_case(user=chaohu.users[user], case=case))
    assert data is not None
    sent = {"data": json.dumps(data | changed, ensure_ascii=False)}
    made = typst.compile(str(FOLDER / f"{paper}.typ"), root=str(FOLDER), format="png", ppi=20, sys_inputs=sent)
    return len(made) if isinstance(made, list) else 1


@pytest.fixture
def person(chaohu: Chaohu) -> Person:
    return hire(chaohu, "陈明")


def test_the_form_has_two_pages_empty_and_full(chaohu: Chaohu, person: Person) -> None:
    case = appoint(chaohu, person)
    assert pages(chaohu, case, "approval") == 2
    for n in range(40):
        ResumeLine.objects.create(
            person=person,
            start=date(1980 + n, 1, 1),
            end=date(1981 + n, 1, 1),
            organisation="某社区居民委员会" * 4,
            role="委员",
        )
        kind, level = Honour.kind.field.choices[0][0], "COUNTY"
        Honour.objects.create(person=person, kind=kind, level=level, title="优秀" * 20, day=date(1980 + n, 1, 1))
    for n in range(9):
        FamilyMember.objects.create(person=person, relation="20", name="王" * 40, work=f"单位{n}" * 20)
    Case.objects.filter(pk=case.pk).update(reason="理由" * 250, subject_name="欧阳" * 10)
    case.refresh_from_db()
    assert pages(chaohu, case, "approval") == 2


def test_each_paper_has_its_time_and_its_pages(chaohu: Chaohu, person: Person) -> None:
    case = appoint(chaohu, person)
    client = Client()
    client.force_login(chaohu.users["officer"])

    def status(paper: str) -> int:
        answer = client.get(reverse("case_paper", args=[case.pk, paper]))
        if answer.status_code == 200:
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.content.startswith(b"%PDF-")
        return int(answer.status_code)

    papers = ("approval", "opinion", "notice", "order", "record", "other")
    assert [status(paper) for paper in papers] == [200, 404, 404, 404, 200, 404]
    chaohu.until(case, "JOINT_REVIEW")
    assert pages(chaohu, case, "opinion") == 12  # a page a department, letter and receipt
    chaohu.until(case, "NOTICE")
    assert pages(chaohu, case, "notice") == 1
    chaohu.until(case, "ORDER")
    appointment_carry_out(actor=chaohu.users["street"], case=case, step=chaohu.step(case).pk, values=ORDER)
    case.refresh_from_db()
    assert [status(paper) for paper in papers] == [200, 200, 200, 200, 200, 404]
    assert pages(chaohu, case, "order") == 1
    client.force_login(chaohu.users["sibling"])
    assert status("record") == 404


def test_what_the_papers_say(chaohu: Chaohu, person: Person) -> None:
    case = appoint(chaohu, person)
    chaohu.until(case, "NOTICE")
    officer = chaohu.users["officer"]
    steps = steps_of_case(user=officer, case=case)
    notice, letter = PAPERS["notice"](officer, case, steps), PAPERS["opinion"](officer, case, steps)
    assert notice is not None
    assert letter is not None
    assert (notice["days"], notice["count"], notice["county"], notice["street"]) == (5, "natural", "巢湖市", "亚父街道")
    assert [one["name"] for one in letter["departments"]][:2] == ["纪检监察机关", "公安局"]
    assert {one["answer"] for one in letter["departments"]} == {
        "no objection"
    }  # in the language of the reader of this test


def test_who_takes_the_form_out_has_looked_at_the_file(chaohu: Chaohu, person: Person) -> None:
    """It says as much of the person as their record does; the record of the case says nothing that the case doesn't."""
    case = appoint(chaohu, person)
    client = Client()
    client.force_login(chaohu.users["officer"])
    seen = AuditEntry.objects.filter(action="personnel.person.seen", object_id=str(person.pk))
    assert client.get(reverse("case_paper", args=[case.pk, "record"])).status_code == 200
    assert not seen.exists()
    assert client.get(reverse("case_paper", args=[case.pk, "approval"])).status_code == 200
    assert [(entry.actor_name, entry.after) for entry in seen] == [("officer", {"what": "PRINT", "case": case.pk})]


def texts(content: bytes) -> list[str]:
    """What a Word document says: its paragraphs, then the cells of its tables."""
    made = Document(io.BytesIO(content))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return [line.text for line in made.paragraphs] + cells


def test_the_forms_for_a_word_processor_say_what_the_pdf_says(chaohu: Chaohu, person: Person) -> None:
    case = appoint(chaohu, person)
    client = Client()
    client.force_login(chaohu.users["officer"])

    def asked(paper: str) -> Any:
        return client.get(reverse("case_paper", args=[case.pk, paper]), {"as": "docx"})

    papers = ("approval", "opinion", "notice", "order", "record", "other")
    assert [asked(paper).status_code for paper in papers] == [200, 404, 404, 404, 404, 404]
    form = asked("approval")
    assert form.headers["Content-Type"].endswith("wordprocessingml.document")
    assert [
        next(text.split("\n")[0] for text in texts(form.content) if word in text)
        for word in ("审批表", "陈明", "党工委")
    ] == ["干部任免审批表", "陈明", "亚父街道党工委"]
    assert asked("approval").content == form.content  # the same, whenever it is made
    chaohu.until(case, "NOTICE")
    letters = Document(io.BytesIO(asked("opinion").content))
    assert [line.text for line in letters.paragraphs].count("征求意见函") == 12
    assert sum("w:br" in line._p.xml and 'w:type="page"' in line._p.xml for line in letters.paragraphs) == 11
    assert any("（5 个自然日）" in text for text in texts(asked("notice").content))
    chaohu.until(case, "ORDER")
    appointment_carry_out(actor=chaohu.users["street"], case=case, step=chaohu.step(case).pk, values=ORDER)
    order = texts(asked("order").content)
    assert order[0] == "亚党〔2026〕31号"
    assert any("任命陈明同志东风社区" in text and "自 2026年12月1日 起任职。" in text for text in order)
