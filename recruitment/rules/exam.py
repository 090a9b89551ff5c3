"""The examination of a policy as plain numbers: nothing left open, every weight an exact fraction."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from policy.rules.context import UnsetValue
from policy.rules.document import Part, Policy
from policy.rules.document.recruitment import TOTAL
from policy.rules.facts import SCORE_SCALE
from policy.rules.terms import Leaf, Status

SCALE = SCORE_SCALE  # of a score: 87.65 points are 876,500


@dataclass(frozen=True, slots=True)
class SubjectRule:
    """A paper of a part; weight is its share of the part."""

    code: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class PartRule:
    """A part of the examination. weight is its share of the total, pass_mark in 1/10,000 of a point.

    judged: its score is the mean of judges' marks, of which `highest` and `lowest` are left out at the ends and fewer
    than `judges` are no score.
    """

    code: str
    weight: Fraction
    pass_mark: int | None = None
    subjects: tuple[SubjectRule, ...] = ()
    judged: bool = False
    judges: int = 1
    highest: int = 0
    lowest: int = 0


@dataclass(frozen=True, slots=True)
class ExamRule:
    """Parts in their order, and how their scores make a total, a shortlist and a rank.

    digits, mode, steps: rounding, of every step or of the total alone. bonus_to: a part, "total", or "" without a bonus.
    shortlist_for: the part to which per_post times the posts are invited, or "".
    """

    parts: tuple[PartRule, ...]
    pass_mark: int | None = None
    digits: int = 2
    mode: str = "half_up"
    steps: bool = True
    bonus_to: str = ""
    bonus_weighted: bool = True
    shortlist_for: str = ""
    per_post: int = 0
    invite_ties: bool = True
    ties: tuple[str, ...] = ()

    def part(self, code: str) -> PartRule:
        return next(part for part in self.parts if part.code == code)

    def before(self, code: str) -> tuple[PartRule, ...]:
        """The parts that come before one."""
        codes = [part.code for part in self.parts]
        return self.parts[: codes.index(code)]

    def rounded(self, numerator: pl.Expr, denominator: pl.Expr | int) -> pl.Expr:
        """A quotient, not below zero and in 1/10,000 of a point, at the digits of the rule."""
        unit: int = 10 ** (4 - self.digits)
        whole = denominator * unit
        match self.mode:
            case "down":
                return numerator // whole * unit
            case "up":
                return (numerator + whole - 1) // whole * unit
            case _:
                return (numerator * 2 + whole) // (whole * 2) * unit


def exam_rule(policy: Policy) -> ExamRule:
    """The examination of a policy. Raises UnsetValue with everything that is left open, LookupError without one."""
    section = policy.recruitment
    if section is None or section.exam is None:
        if policy.unset("recruitment"):
            raise UnsetValue(policy.unset("recruitment"))
        raise LookupError("recruitment.exam")
    exam, bonus = section.exam, section.bonus
    open_leaves = [leaf for area in ("recruitment.exam", "recruitment.bonus") for leaf in policy.unset(area)]
    if open_leaves:
        raise UnsetValue(open_leaves)
    shortlist = exam.shortlist
    return ExamRule(
        parts=tuple(
            PartRule(
                code=part.code,
                weight=_share(part.weight),
                pass_mark=_points(part.pass_),
                subjects=tuple(SubjectRule(one.code, _share(one.weight)) for one in part.subjects),
                judged=part.judges is not None,
                judges=max(part.judges.at_least, part.judges.drop.highest + part.judges.drop.lowest + 1)
                if part.judges
                else 1,
                highest=part.judges.drop.highest if part.judges else 0,
                lowest=part.judges.drop.lowest if part.judges else 0,
            )
            for part in exam.parts
        ),
        pass_mark=_points(exam.pass_),
        digits=exam.rounding.digits,
        mode=exam.rounding.mode,
        steps=exam.rounding.each == "step",
        bonus_to=bonus.added_to if bonus else "",
        bonus_weighted=bonus is not None and bonus.before_weight and bonus.added_to != TOTAL,
        shortlist_for=shortlist.for_ if shortlist else "",
        per_post=int(shortlist.per_post.number) if shortlist else 0,
        invite_ties=shortlist is None or shortlist.ties == "all",
        ties=section.ties,
    )


def _share(leaf: Leaf) -> Fraction:
    return Fraction(leaf.number) / 100


def _points(leaf: Leaf | None) -> int | None:
    if leaf is None or leaf.status is Status.UNSET:
        return None
    return int(leaf.number * SCALE)


def columns_of(part: Part, most: int = 15) -> list[str]:
    """What the marks of a row are of: papers, judges by number, or the part itself."""
    if part.subjects:
        return [one.name.zh for one in part.subjects]
    if part.judges is not None:
        return [str(number) for number in range(1, most + 1)]
    return [part.name.zh]
