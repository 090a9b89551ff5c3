"""The arithmetic of recruitment: screening, scores, ranks and lines, as pure functions over columns.

Scores are whole numbers of 1/10,000 of a point; what is not rounded yet is a pair of columns, numerator and denominator,
so that nothing is ever nearly right.
"""

from recruitment.rules.exam import SCALE, ExamRule, PartRule, exam_rule
from recruitment.rules.ranking import ranked, shortlisted
from recruitment.rules.scoring import bonuses, part_scores
from recruitment.rules.screening import screened

__all__ = [
    "SCALE",
    "ExamRule",
    "PartRule",
    "bonuses",
    "exam_rule",
    "part_scores",
    "ranked",
    "screened",
    "shortlisted",
]
