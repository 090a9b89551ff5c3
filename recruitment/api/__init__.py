"""Recruitments for programs: plans with their lines, applicants, marks, rankings and hires, as on the pages."""

from recruitment.api.applicants import ApplicantViewSet
from recruitment.api.plans import RecruitmentViewSet

__all__ = ["ApplicantViewSet", "RecruitmentViewSet"]
