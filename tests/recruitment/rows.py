"""A recruitment as rows, at the step at which most of it can be looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

from organization.models import Unit, User
from policy.models import PolicyVersion
from recruitment.models import Applicant, Plan, Position, Ranking, RankingRow


def build_recruitment(officer: User, unit: Unit) -> tuple[Plan, Applicant]:
    """A plan of a unit that is ranked, and the one who applied."""
    other = User.objects.create(username="recruitment-second", display_name="复核")
    version = PolicyVersion.objects.first()
    plan = Plan.objects.create(
        unit=unit, unit_path=unit.path, year=2026, batch=1, title="公开招聘", state="RANKED", version=version,
        document="文", notice="公告", notice_day=date(2026, 1, 1), applications_from=date(2026, 1, 1),
        applications_until=date(2026, 1, 31), started_by=officer, fixed_by=other,
    )  # fmt: skip
    line = Position.objects.create(
        plan=plan, unit=unit, unit_path=unit.path, name="社区工作者", category="PUBLIC_WELFARE_POST", proposed=1,
        approved=1, proposed_by=officer,
    )  # fmt: skip
    applicant = Applicant.objects.create(
        plan=plan, position=line, unit_path=unit.path, number=1, name="戊", identity_number="110105194912310021",
        birth_date=date(1990, 1, 1), state="ADMITTED",
    )  # fmt: skip
    ranking = Ranking.objects.create(plan=plan, number=1, version=version, made_by=officer)
    RankingRow.objects.create(
        ranking=ranking, applicant=applicant, position=line, standing="RANKED", total=800000, place=1, equals=1,
        side="IN", values={"score:written": 800000, "score:interview": 800000, "bonus": 0},
    )  # fmt: skip
    return plan, applicant


def another_applicant(applicant: Applicant, position: Position, n: int) -> Applicant:
    """Somebody else who applied for a post."""
    values: dict[str, Any] = {
        "name": f"己{n}",
        "number": applicant.number + n + 1,
        "identity_number": f"11010519491231{n:03}X",
    }
    return Applicant.objects.create(
        plan=applicant.plan, position=position, unit_path=position.unit_path, birth_date=date(1990, 1, 1),
        state="ADMITTED", **values,
    )  # fmt: skip
