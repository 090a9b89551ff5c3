"""Scores as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from recruitment.rules import SCALE

register = template.Library()


@register.filter
def points(score: int | None) -> str:
    """1/10,000 of a point with two digits, or as many as it has; "—" for none."""
    if score is None:
        return "—"
    value = Decimal(score) / SCALE
    return f"{value:.2f}" if score % (SCALE // 100) == 0 else f"{value.normalize():f}"
