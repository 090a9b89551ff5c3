"""What is stored is what rules read: the codes of the models are those of the vocabulary."""

from __future__ import annotations

import pytest

from organization.models import UnitKind
from personnel import models
from policy.rules import facts


@pytest.mark.parametrize(
    ("choices", "codes"),
    [
        (models.Sex, facts.SEXES),
        (models.PoliticalStatus, facts.POLITICAL_STATUSES),
        (models.EducationLevel, facts.EDUCATIONS),
        (models.Degree, facts.DEGREES),
        (models.StudyMode, facts.STUDY_MODES),
        (models.CertificateLevel, facts.CERTIFICATES),
        (models.Category, facts.CATEGORIES),
        (models.EntryChannel, facts.ENTRY_CHANNELS),
        (models.Establishment, facts.ESTABLISHMENTS),
        (models.PostTitle, facts.POST_TITLES),
        (models.Body, facts.BODIES),
        (models.HonourLevel, facts.HONOUR_LEVELS),
        (UnitKind, facts.UNIT_KINDS),
    ],
)
def test_the_codes_are_the_vocabularys_in_its_order(choices, codes: tuple[str, ...]) -> None:
    assert tuple(choices.values) == codes
