"""`python -m benchmarks.recruitment`: an examination of 300 pasted and ranked, and a ranking of 10,000.

Marks are pasted as an officer pastes them (a written examination and five judges), the ranking is worked out by Chaohu's
rules and kept. Applicants of the large one are copies of one who was entered.
"""

from __future__ import annotations

import json
import random
import sys
import time
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.alone import folder, installed

GOALS = {"exam_seconds": 5.0, "ranking_seconds": 1.0}
FEW, MANY, A_POST = 300, 10_000, 100
JUDGES = 5
POLICY = Path(__file__).resolve().parent.parent / "policies/chaohu/2023.yaml"


def announced(posts: int) -> Any:
    """A recruitment of Chaohu that takes applications for so many posts."""
    from django.utils import timezone

    from benchmarks.imports import street
    from organization.models import Role, Unit, User
    from organization.services import grant_give
    from policy.models import PolicyVersion
    from policy.services import policy_load
    from recruitment.services import plan_announce, plan_fix, plan_start, position_propose
    from staffing.services import plan_enter

    street()
    county, community = (Unit.objects.get(code=code) for code in ("340181000000", "340181002001"))
    if not PolicyVersion.objects.filter(place="340181").exists():
        policy_load(actor=None, text=POLICY.read_text())
        plan_enter(
            actor=None, unit=county, number=10_000, start=date(2023, 1, 1), document="巢编〔2023〕1号", issuer="市委编办",
            level="COUNTY",
        )  # fmt: skip
    users = []
    for name, role in (("bench-officer", Role.ORG_OFFICER), ("bench-approver", Role.ORG_APPROVER)):
        user, new = User.objects.get_or_create(username=name, defaults={"display_name": name})
        if new:
            grant_give(actor=None, user=user, unit=county, role=role)
        users.append(user)
    officer, approver = users
    plan = plan_start(actor=officer, unit=county, year=2026, title="公开招聘")
    for n in range(posts // A_POST):
        position_propose(
            actor=officer, plan=plan, unit=community, name=f"社区工作者{n}", number=A_POST, reason="扩充队伍"
        )
    plan = plan_fix(actor=approver, plan=plan, document="巢组通〔2026〕5号", approved={})
    today = timezone.localdate()
    return officer, plan_announce(
        actor=approver, plan=plan, notice="公告", day=today, applications_from=today,
        applications_until=today + timedelta(days=10),
    )  # fmt: skip


def admitted(officer: Any, plan: Any, people: int) -> list[int]:
    """So many are admitted to the examination; their numbers."""
    from personnel.rules import check_digit
    from recruitment.models import Applicant, ApplicationState, PlanState
    from recruitment.services import applicant_enter

    positions = list(plan.positions.all())
    head = "34018119950315001"
    values = {
        "name": "考生", "identity_number": head + check_digit(head), "education": "BACHELOR", "study_mode": "FULL_TIME",
        "graduated": date(2018, 7, 1),
    }  # fmt: skip
    first = applicant_enter(actor=officer, plan=plan, position=positions[0], values=values)
    number = first.identity_number
    first.delete()
    copies = []
    for n in range(people):
        one = Applicant(**{field.attname: getattr(first, field.attname) for field in Applicant._meta.concrete_fields})
        one.pk, one.key, one.number, one.position = None, uuid.uuid4(), n + 1, positions[n % len(positions)]
        one.name, one.identity_number = f"考生{n}", f"{number[:9]}{n:08}X"
        one.certificate = "SOCIAL_WORKER" if n % 7 == 0 else None
        one.state = ApplicationState.ADMITTED
        copies.append(one)
    Applicant.objects.bulk_create(copies, batch_size=1000)
    plan.state = PlanState.SCREENED
    plan.save(update_fields=["state"])
    return [one.number for one in copies]


def exam(people: int) -> dict[str, float]:
    """Seconds to take the marks of both parts and to rank so many, and of the ranking alone."""
    from recruitment.models import RankingRow
    from recruitment.services import marks_enter, ranking_make

    officer, plan = announced(people // 3)
    numbers, drawn = admitted(officer, plan, people), random.Random(people)
    written = "\n".join(f"{number}\t{drawn.randint(4000, 10000) / 100}" for number in numbers)
    judged = "\n".join(
        "\t".join([str(number), *(str(drawn.randint(6000, 9500) / 100) for _n in range(JUDGES))]) for number in numbers
    )
    began = time.perf_counter()
    marks_enter(actor=officer, plan=plan, part="written", text=written)
    marks_enter(actor=officer, plan=plan, part="interview", text=judged)
    pasted = time.perf_counter()
    ranking = ranking_make(actor=officer, plan=plan)
    ended = time.perf_counter()
    assert RankingRow.objects.filter(ranking=ranking).count() == people
    return {"all": ended - began, "ranking": ended - pasted}


def measure_recruitment() -> dict[str, Any]:
    """The figures of GOALS, in seconds, the better of two; nothing is left behind."""
    from django.db import transaction

    found: dict[str, list[dict[str, float]]] = {"few": [], "many": []}
    for name, people in (("few", FEW), ("many", MANY)) * 2:
        with transaction.atomic():
            found[name].append(exam(people))
            transaction.set_rollback(True)
    return {
        "exam_seconds": round(min(one["all"] for one in found["few"]), 2),
        "pasting_seconds": round(min(one["all"] - one["ranking"] for one in found["many"]), 2),
        "ranking_seconds": round(min(one["ranking"] for one in found["many"]), 2),
    }


def met(found: dict[str, Any]) -> bool:
    return all(found[name] <= goal for name, goal in GOALS.items())


def print_recruitment(found: dict[str, Any]) -> None:
    print(f"examination of {FEW}: pasted and ranked in {found['exam_seconds']} s (goal {GOALS['exam_seconds']:g})")
    print(f"ranking of {MANY:,}: {found['ranking_seconds']} s (goal {GOALS['ranking_seconds']:g})")


def main() -> int:
    with folder() as base, installed(base):
        found = measure_recruitment()
    print(json.dumps(found))
    print_recruitment(found)
    return 0 if met(found) else 1


if __name__ == "__main__":
    sys.exit(main())
