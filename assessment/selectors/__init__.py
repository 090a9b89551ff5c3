"""Reads of assessments."""

from assessment.selectors.evaluations import (
    allowed,
    annual_results,
    appeals_list,
    batch_progress,
    conflicts,
    consequences_list,
    evaluation_for,
    evaluations_list,
    explained,
    issues_list,
    overview,
    person_results,
    pools_of,
    result_for,
    results_list,
    scheme_results,
    ties_of,
)
from assessment.selectors.results import with_results_for_system

__all__ = [
    "allowed",
    "annual_results",
    "appeals_list",
    "batch_progress",
    "conflicts",
    "consequences_list",
    "evaluation_for",
    "evaluations_list",
    "explained",
    "issues_list",
    "overview",
    "person_results",
    "pools_of",
    "result_for",
    "results_list",
    "scheme_results",
    "ties_of",
    "with_results_for_system",
]
