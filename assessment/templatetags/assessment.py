"""How scores, grades and caps are written on pages."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _

from assessment.models import Consequence, ConsequenceCode, EvaluationIssue, PoolCap
from assessment.models.results import score_text

register = template.Library()


@register.filter
def points(score: int | None) -> str:
    """88.5: a score in 1/10000."""
    return score_text(score)


@register.filter
def grade(code: str | None, names: Mapping[str, str]) -> str:
    """The place's own name of a grade."""
    return names.get(code or "", code or "") if code else _("not graded")


@register.filter
def formula(cap: PoolCap) -> str:
    """⌊30 %×45⌋: where the places of a cap come from."""
    left, right = {"up": ("⌈", "⌉"), "half_up": ("[", "]")}.get(cap.rounding, ("⌊", "⌋"))
    return f"{left}{cap.percent_text} %×{cap.counted}{right}"


@register.filter
def why(issue: EvaluationIssue) -> str:
    return issue.reason


@register.filter
def what(consequence: Consequence) -> str:
    code = consequence.code
    return str(ConsequenceCode(code).label) if code in ConsequenceCode.values else code
