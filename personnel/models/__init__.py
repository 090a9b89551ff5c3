"""People, their employments and their posts: three things.

One person may hold several posts, a part-time committee member holds a post and has no employment, a leaver stays a
person. Every range of days is half open, [start, end), and an empty end is no end. The codes are those of the
vocabulary of facts (`policy.rules.facts`), so that what is stored is what rules read.
"""

from personnel.models.codes import (
    COUNTED_CATEGORIES,
    Body,
    Category,
    CertificateLevel,
    Degree,
    DisciplineKind,
    EducationLevel,
    EndReason,
    EntryChannel,
    Establishment,
    HonourKind,
    HonourLevel,
    LeftOut,
    PoliticalStatus,
    PostTitle,
    Sex,
    StudyMode,
)
from personnel.models.employment import Employment, Post, Tenure
from personnel.models.file import Certificate, Discipline, Education, Honour, PartyMembership
from personnel.models.people import Person

__all__ = [
    "COUNTED_CATEGORIES",
    "Body",
    "Category",
    "Certificate",
    "CertificateLevel",
    "Degree",
    "Discipline",
    "DisciplineKind",
    "Education",
    "EducationLevel",
    "Employment",
    "EndReason",
    "EntryChannel",
    "Establishment",
    "Honour",
    "HonourKind",
    "HonourLevel",
    "LeftOut",
    "PartyMembership",
    "Person",
    "PoliticalStatus",
    "Post",
    "PostTitle",
    "Sex",
    "StudyMode",
    "Tenure",
]
