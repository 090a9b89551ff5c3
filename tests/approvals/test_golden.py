"""The procedures of the places as cases: what somebody does, and which step is open after it or why it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db.models import F
from django.utils import timezone

from approvals.models import Case, CaseState, CaseStep, NoticeObjection, Opinion, StepState
from approvals.services import (
    case_finish,
    case_return,
    case_withdraw,
    document_attach,
    objection_log,
    objection_settle,
    opinion_give,
    opinion_settle,
    step_take,
    steps_remind,
)
from core.errors import ApplicationError
from policy.rules.document import Procedure
from policy.rules.reading import read
from tests.approvals.conftest import Chaohu, build_chaohu
from tests.approvals.tongren import Tongren, build_tongren

POLICIES = Path(__file__).resolve().parents[2] / "policies"
FILES = sorted((Path(__file__).resolve().parents[1] / "cases" / "procedures").glob("*.yaml"))


def golden() -> Iterator[Any]:
    for path in FILES:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        for one in whole["cases"]:
            marks = pytest.mark.requirement(*one["requirements"])
            yield pytest.param(whole, one, id=f"{path.stem}: {one['name']}", marks=marks)


def happens(chaohu: Chaohu | Tongren, case: Case, event: dict[str, Any], last: CaseStep) -> None:
    """One event. last: the step that was open before it, which whoever is too late still looks at."""
    actor = chaohu.users.get(event.get("by", ""))
    open_ = CaseStep.objects.filter(case=case, state=StepState.OPEN).first() or last
    step = open_.pk
    values: dict[str, Any] = event.get("with", {})
    do = event["do"]
    if do == "wait":
        CaseStep.objects.filter(pk=step).update(
            due=F("due") - timedelta(days=event["days"]), opened_at=F("opened_at") - timedelta(days=event["days"])
        )
    elif do == "all_answer":
        assert isinstance(chaohu, Chaohu)
        for department in chaohu.departments(case):
            if department != event.get("but") and not Opinion.objects.get(step=step, department=department).answer:
                chaohu.answer(case, department)
    elif do in ("take", "finish"):
        service = step_take if do == "take" else case_finish
        service(actor=actor, case=case, step=step, values=values)
    elif do == "document":
        document_attach(actor=actor, case=case, step=step, number="亚党〔2026〕30号", day=timezone.localdate())
    elif do in ("answer", "settle_opinion"):
        opinion = Opinion.objects.filter(step__case=case, department=event["department"]).latest("pk")
        if do == "answer":
            answer = event.get("answer", "NO_OBJECTION")
            opinion_give(actor=actor, opinion=opinion, answer=answer, reason=event.get("reason", ""))
        else:
            opinion_settle(actor=actor, opinion=opinion, how=event["how"])
    elif do == "object":
        today = timezone.localdate()
        objection_log(actor=actor, case=case, step=step, received=today, source="居民", text=event["text"])
    elif do == "settle":
        objection_settle(actor=actor, objection=NoticeObjection.objects.latest("pk"), how=event["how"])
    elif do == "return":
        case_return(actor=actor, case=case, step=step, to=event["to"], reason=event["reason"])
    elif do == "withdraw":
        case_withdraw(actor=actor, case=case, reason=event["reason"])
    else:
        raise AssertionError(do)


def state(case: Case) -> str:
    case.refresh_from_db()
    if case.state != CaseState.OPEN:
        return str(case.state)
    return CaseStep.objects.get(case=case, state=StepState.OPEN).code


def with_limits(text: str, limits: dict[str, dict[str, Any]]) -> str:
    """The rules with a time for some steps, for which the articles give none."""
    for code, limit in limits.items():
        line = f"        limit: {{within: {limit['within']}, count: {limit['count']}}}\n"
        text, count = re.subn(rf"(- code: {code}\n(?: {{8}}.*\n)*? {{8}}by: .*\n)", rf"\g<1>{line}", text)
        assert count, code
    return text


@pytest.mark.parametrize(("whole", "one"), list(golden()))
def test_a_case_goes_as_the_articles_say(db: None, whole: dict[str, Any], one: dict[str, Any]) -> None:
    build = {"chaohu": build_chaohu, "tongren": build_tongren}[whole.get("place", "chaohu")]
    chaohu = build(lambda text: with_limits(text, whole.get("limits", {})))
    where = {"to": whole["to"]} if "to" in whole else {}
    case = chaohu.open(act=whole["act"], post=whole["post"], **where)
    if "from" in one:
        chaohu.until(case, one["from"])
    for number, event in enumerate(one["events"], start=1):
        before = state(case)
        last = CaseStep.objects.filter(case=case).latest("pk")
        if "refused" in event:
            with pytest.raises(ApplicationError) as error:
                happens(chaohu, case, event, last)
            assert event["refused"] in str(error.value), number
            assert state(case) == before, number
        else:
            happens(chaohu, case, event, last)
            assert state(case) == event["then"], number
        if "due" in event:
            assert chaohu.step(case).due == timezone.localdate() + timedelta(days=event["due"]), number
        if "told" in event:
            assert list(steps_remind(actor=None, day=timezone.localdate()).values()) == event["told"], number


def test_every_step_of_chaohu_is_allowed_and_refused_somewhere() -> None:
    """The cases are many enough: each step is refused in one and taken in another."""
    files = [path for path in FILES if path.stem.startswith("chaohu")]
    events = [event for path in files for one in yaml.safe_load(path.read_text())["cases"] for event in one["events"]]
    assert len(list(golden())) >= 12
    assert sum("refused" in event for event in events) >= 30
    assert {event.get("then") for event in events} >= {
        "REPORT", "INSPECTION", "JOINT_REVIEW", "NOTICE", "DECISION", "ORDER", "DONE", "WITHDRAWN",
    }  # fmt: skip


def _procedures() -> dict[tuple[str, str], Procedure]:
    """Every procedure of every place, by place and code."""
    found = {}
    for path in sorted(POLICIES.glob("*/*.yaml")):
        parents = {f"{one.parent.name}/{one.stem}": one for one in POLICIES.glob("*/*.yaml")}
        text = path.read_text(encoding="utf-8")
        if "\nprocedures:" in text:
            document = read(text, parents=lambda name, parents=parents: read(parents[name].read_text(encoding="utf-8")))
            found |= {(path.parent.name, one.code): one for one in document.procedures}
    return found


def _walk(whole: dict[str, Any], one: dict[str, Any], procedure: Procedure) -> Iterator[tuple[str, bool]]:
    """The open step at each event of a case, and whether the event was refused."""
    at = one.get("from", procedure.steps[0].code)
    for event in one["events"]:
        yield at, "refused" in event
        at = event.get("then", at)


def test_every_procedure_of_the_places_has_cases_in_which_each_step_is_taken_and_refused() -> None:
    """A procedure that is written into a policy without a case here fails, and so does one of its steps."""
    procedures = _procedures()
    assert set(procedures) >= {("chaohu", "appoint_secretary"), ("tongren", "moving"), ("tongren", "leaving")}
    lacks = {}
    for (place, code), procedure in procedures.items():
        went: set[tuple[str, bool]] = set()
        for path in FILES:
            whole = yaml.safe_load(path.read_text(encoding="utf-8"))
            all_levels = ("community", "street", "county", "city")
            covers = procedure.covers(whole["act"], whole["post"], leaves=all_levels, away=whole.get("away", ""))
            if whole.get("place", "chaohu") == place and covers:
                went |= {walked for one in whole["cases"] for walked in _walk(whole, one, procedure)}
        wanted = {(step.code, refused) for step in procedure.steps for refused in (True, False)}
        if missing := wanted - went:
            lacks[place, code] = sorted(missing)
    assert lacks == {}
