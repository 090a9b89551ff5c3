"""The papers of a case, typeset by typst from what is on record: always in Chinese, as offices sign them.

The texts are in templates/approvals/papers; here is what stands in their blanks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import typst
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET

from approvals.models import Case, CaseAct, CaseState, StepState
from approvals.selectors import StepView, case_for, steps_of_case
from assessment.selectors.evaluations import person_results
from core.errors import NotFound
from core.periods import whole_years
from core.views import download
from cwms.views.word import WRITERS, word
from organization.models import UnitKind, User
from organization.selectors import unit_ancestors_for_system
from personnel.models import Looked, Person, PostTitle
from personnel.selectors import record_on
from personnel.selectors.people import titles_for_system
from personnel.selectors.record import FileRecord
from personnel.services.showing import person_seen
from personnel.templatetags.posts import away_kind

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "approvals" / "papers"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KIN = 7  # lines of the family in the form


def typeset(paper: str, data: dict[str, Any]) -> bytes:
    """The PDF of a paper with its blanks filled."""
    sent = {"data": json.dumps(data, ensure_ascii=False)}
    return bytes(typst.compile(str(FOLDER / f"{paper}.typ"), root=str(FOLDER), sys_inputs=sent))


@login_required
@require_GET
def case_paper(request: HttpRequest, number: int, paper: str) -> HttpResponse:
    """One paper of a case as a PDF, or with ?as=docx for a word processor; 404 for what the case has not come to yet."""
    made = PAPERS.get(paper)
    writes = request.GET.get("as") == "docx"
    try:
        case = case_for(user=request.user, number=number)
    except NotFound as error:
        raise Http404(str(error)) from error
    if made is None or (writes and paper not in WRITERS):
        raise Http404
    with override("zh-hans"):
        data = made(request.user, case, steps_of_case(user=request.user, case=case))
        if data is None:
            raise Http404
        content = word(paper, data) if writes else typeset(paper, data)
    if writes:
        return download(content, DOCX, f"{paper}-{case.pk}.docx")
    return download(content, "application/pdf", f"{paper}-{case.pk}.pdf")


def _common(case: Case) -> dict[str, Any]:
    above = unit_ancestors_for_system(case.unit)
    street = next((unit.name for unit in above if unit.kind == UnitKind.STREET), "")
    county = next((unit.name for unit in above if unit.kind == UnitKind.COUNTY), "")
    return {
        "name": case.subject_name,
        "act": case.act,
        "post": str(PostTitle(case.post).label) if case.post in PostTitle.values else case.post,
        "unit": case.unit.name,
        "street": street,
        "county": county,
        "rules": str(case.version.document.documents[0].title.zh),
        "summary": [list(line) for line in case.summary_lines],
    }


def _text_of_day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day is not None else ""


def _values(steps: list[StepView], kind: str) -> dict[str, Any]:
    """What the step of a kind was taken with."""
    taken = (row for one in steps if one.spec.kind == kind for row in one.rows if row.state == StepState.TAKEN)
    return dict(next((row.values for row in taken), {}))


def _approval(user: User, case: Case, steps: list[StepView]) -> dict[str, Any] | None:
    person = Person.objects.filter(key=case.subject).first()
    if person is None or case.act not in (CaseAct.APPOINT, CaseAct.REMOVE):
        return None
    day = case.planned or timezone.localdate(case.opened_at)
    record = record_on(user=user, person_id=person.pk)
    person_seen(actor=user, person=person, what=Looked.PRINT, about={"case": case.pk})
    words = {cell.field.code: cell.text for cell in record.cells("identity")}
    born = person.birth_date
    age = whole_years(born, day) if born else 0
    common = _common(case)
    post = f"{case.unit.name}{common['post']}"
    decision, order = _values(steps, "decision"), _values(steps, "order")
    opened = _text_of_day(timezone.localdate(case.opened_at))
    return common | {
        "sex": words.get("sex", ""),
        "born": f"{born:%Y.%m}（{age}岁）" if born else "",
        "ethnicity": words.get("ethnicity", ""),
        "native_place": words.get("native_place", ""),
        "birth_place": words.get("birth_place", ""),
        "party": f"{person.party_joined:%Y.%m}" if person.party_joined else "",
        "work_start": f"{person.work_started:%Y.%m}" if person.work_started else "",
        "health": words.get("health", ""),
        "professional_title": words.get("professional_title", ""),
        "skill": "",
        "full_time": _studies(record, full_time=True),
        "part_time": _studies(record, full_time=False),
        "posts": "、".join(titles_for_system([person.pk], timezone.localdate()).get(person.pk, [])),
        "appointed": post if case.act == "APPOINT" else "",
        "removed": post if case.act == "REMOVE" else "",
        "resume": [_line(one.row) for one in reversed(record.sections["resume"])],
        "honours": [f"{one.row.day:%Y.%m} {one.row.title or one.row.get_kind_display()}" for one in record.sections["honour"]]
        + [f"{one.row.start:%Y.%m} {one.row.get_kind_display()}" for one in record.sections["discipline"]],
        "results": [
            f"{one.year} {one.get_grade_display() if hasattr(one, 'get_grade_display') else one.grade}"
            for one in person_results(user=user, person_id=person.pk)[:3]
        ],
        "reason": case.reason,
        "family": _family(record, day),
        "reporter": common["street"],
        "reported": opened,
        "decision": str(decision.get("decision_number", "")),
        "decided": _text_of_day(_day(decision.get("meeting_day"))),
        "order": str(order.get("order_number", "")),
        "ordered": _text_of_day(_day(order.get("effective_date"))),
        "writer": case.opened_by.display_name if case.opened_by is not None else "",
    }  # fmt: skip


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)) if text else None


def _line(row: Any) -> str:
    until = f"{row.end:%Y.%m}" if row.end else "——　　"
    return f"{row.start:%Y.%m}—{until}　{row.organisation} {row.role}".rstrip()


def _studies(record: FileRecord, *, full_time: bool) -> list[str]:
    """(education and degree, school and major) of the highest study of a mode."""
    rows = [one.row for one in record.sections["education"] if one.row.completion == "GRADUATED"]
    own = [row for row in rows if (row.study_mode in (None, "FULL_TIME")) == full_time]
    if not own:
        return ["", ""]
    row = max(own, key=lambda one: one.graduated)
    degree = f" {row.get_degree_display()}" if row.degree else ""
    return [f"{row.get_level_display()}{degree}", f"{row.school}{row.major or ''}"]


def _family(record: FileRecord, day: date) -> list[list[str]]:
    """The lines of the family, blank ones at the end."""
    lines = [
        [
            str(one.row.get_relation_display()),
            one.row.name,
            str(day.year - one.row.birth_date.year) if one.row.birth_date else "",
            str(one.row.get_political_status_display()) if one.row.political_status else "",
            one.row.work,
        ]
        for one in record.sections["family"][:KIN]
    ]
    return lines + [[""] * 5] * (KIN - len(lines))


def _opinion(user: User, case: Case, steps: list[StepView]) -> dict[str, Any] | None:
    review = next((one for one in steps if one.spec.kind == "opinions" and one.row is not None), None)
    if review is None or review.row is None:
        return None
    return _common(case) | {
        "sent": _text_of_day(timezone.localdate(review.row.opened_at)),
        "departments": [
            {
                "name": name,
                "answer": str(one.get_answer_display()) if one.answer else "",
                "reason": one.reason,
                "day": _text_of_day(timezone.localdate(one.given_at)) if one.given_at else "",
            }
            for name, one in review.opinions
        ],
    }


def _notice(user: User, case: Case, steps: list[StepView]) -> dict[str, Any] | None:
    notice = next((one for one in steps if one.spec.days is not None and one.row is not None), None)
    if notice is None or notice.row is None or notice.spec.days is None:
        return None
    return _common(case) | {
        "first": _text_of_day(timezone.localdate(notice.row.opened_at)),
        "last": _text_of_day(notice.row.due),
        "days": notice.spec.days.at_least,
        "count": notice.spec.days.count,
    }


def _order(user: User, case: Case, steps: list[StepView]) -> dict[str, Any] | None:
    values = _values(steps, "order")
    if case.state != CaseState.DONE or not values or case.act not in (CaseAct.APPOINT, CaseAct.REMOVE):
        return None
    return _common(case) | {
        "number": str(values["order_number"]),
        "effective": _text_of_day(_day(values["effective_date"])),
    }


def _record(user: User, case: Case, steps: list[StepView]) -> dict[str, Any] | None:
    head = [
        [_("Unit"), case.where],
        *([[_("Kind of secondment"), away_kind(case.away)]] if case.away else []),
        *([[_("Expected back on"), str(case.due_back)]] if case.due_back else []),
        [_("Why"), case.reason],
        [_("Opened by"), f"{case.opened_by or _('the system')} {timezone.localtime(case.opened_at):%Y-%m-%d %H:%M}"],
        [_("State"), str(case.get_state_display())],
        *([[_("Why it was withdrawn"), case.closing]] if case.closing else []),
        *([list(line) for line in case.summary_lines]),
    ]
    return {
        "name": case.subject_name,
        "title": f"{case.rules.name.zh} · {case.subject_name}",
        "printed": f"{timezone.localtime():%Y-%m-%d %H:%M}",
        "head": head,
        "steps": [_step(number, one) for number, one in enumerate(steps, start=1)],
    }


def _step(number: int, one: StepView) -> dict[str, Any]:
    lines = []
    for row in one.rows:
        if row.taken_at and row.taken_by:
            who = f"{timezone.localtime(row.taken_at):%Y-%m-%d %H:%M} {row.get_state_display()} {row.taken_by.display_name}"
            lines.append(f"{who} {row.note}".rstrip())
        lines += [f"{label}: {text}" for label, text in row.value_lines]
        lines += [f"{paper.number} {paper.title} {paper.day}" for paper in row.documents.all()]
        lines += [f"{said.received} {said.source}: {said.text} — {said.settled}" for said in row.objections.all()]
    return {
        "name": f"{number}. {one.spec.name.zh} {one.spec.cite or ''}",
        "state": str(one.row.get_state_display()) if one.row is not None else _("not yet"),
        "lines": lines,
        "opinions": [
            [
                name,
                str(said.get_answer_display()) if said.answer else "",
                f"{said.reason} {said.settled}".strip(),
                f"{timezone.localdate(said.given_at)}" if said.given_at else "",
            ]
            for name, said in one.opinions
        ],
    }


PAPERS: dict[str, Callable[[User, Case, list[StepView]], dict[str, Any] | None]] = {
    "approval": _approval,
    "opinion": _opinion,
    "notice": _notice,
    "order": _order,
    "record": _record,
}
