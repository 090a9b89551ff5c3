"""The personnel file for programs: the same services, filters and policy of fields as the pages."""

from personnel.api.cases import CaseViewSet
from personnel.api.employments import EmploymentViewSet
from personnel.api.named_lists import NamedListViewSet
from personnel.api.party import PartyViewSet
from personnel.api.people import PersonViewSet
from personnel.api.placements import PlacementViewSet
from personnel.api.posts import PostViewSet
from personnel.api.tenures import TenureViewSet

__all__ = [
    "CaseViewSet",
    "EmploymentViewSet",
    "NamedListViewSet",
    "PartyViewSet",
    "PersonViewSet",
    "PlacementViewSet",
    "PostViewSet",
    "TenureViewSet",
]
