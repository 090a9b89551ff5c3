"""The codes of the personnel file: what is stored is what rules read (`policy.rules.facts`)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sex(models.TextChoices):
    MALE = "MALE", _("male")
    FEMALE = "FEMALE", _("female")


class PoliticalStatus(models.TextChoices):
    PARTY_MEMBER = "PARTY_MEMBER", _("party member")
    PROBATIONARY_MEMBER = "PROBATIONARY_MEMBER", _("probationary party member")
    LEAGUE_MEMBER = "LEAGUE_MEMBER", _("member of the Youth League")
    DEMOCRATIC_PARTY = "DEMOCRATIC_PARTY", _("member of a democratic party")
    NON_PARTY = "NON_PARTY", _("personage without party affiliation")
    MASSES = "MASSES", _("not in a party")


class EducationLevel(models.TextChoices):
    DOCTOR = "DOCTOR", _("doctor")
    MASTER = "MASTER", _("postgraduate (master)")
    BACHELOR = "BACHELOR", _("undergraduate")
    COLLEGE = "COLLEGE", _("junior college")
    SECONDARY = "SECONDARY", _("secondary vocational school")
    HIGH = "HIGH", _("senior high school")
    JUNIOR = "JUNIOR", _("junior high school")
    PRIMARY = "PRIMARY", _("primary school")
    OTHER = "OTHER", _("other")


class Degree(models.TextChoices):
    DOCTOR = "DOCTOR", _("doctor's degree")
    MASTER = "MASTER", _("master's degree")
    BACHELOR = "BACHELOR", _("bachelor's degree")


class StudyMode(models.TextChoices):
    FULL_TIME = "FULL_TIME", _("full time")
    IN_SERVICE = "IN_SERVICE", _("in service")


class Category(models.TextChoices):
    COMMUNITY_WORKER = "COMMUNITY_WORKER", _("community worker")
    FULL_TIME_STAFF = "FULL_TIME_STAFF", _("full-time community staff")
    GRID_WORKER = "GRID_WORKER", _("full-time grid worker")
    PUBLIC_WELFARE_POST = "PUBLIC_WELFARE_POST", _("public-welfare post")
    ESTABLISHMENT_STAFF = "ESTABLISHMENT_STAFF", _("staff of the establishment")


class EntryChannel(models.TextChoices):
    OPEN_RECRUITMENT = "OPEN_RECRUITMENT", _("open recruitment")
    ELECTED = "ELECTED", _("elected")
    ASSIGNED = "ASSIGNED", _("assigned from another unit")
    SELECTED = "SELECTED", _("selected")
    APPOINTED = "APPOINTED", _("appointed")


class Establishment(models.TextChoices):
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", _("public institution")
    CIVIL_SERVICE = "CIVIL_SERVICE", _("civil service")


class EndReason(models.TextChoices):
    DISMISSED = "DISMISSED", _("dismissed")
    RESIGNED = "RESIGNED", _("resigned")
    DISCHARGED = "DISCHARGED", _("discharged")
    RETIRED = "RETIRED", _("retired")
    NOT_RENEWED = "NOT_RENEWED", _("contract not renewed")
    CIVIL_SERVICE = "CIVIL_SERVICE", _("became a civil servant")
    TRANSFERRED = "TRANSFERRED", _("transferred")
    DIED = "DIED", _("died")
    CORRECTED = "CORRECTED", _("entered by mistake")


class Body(models.TextChoices):
    PARTY = "PARTY", _("community party organisation")
    COMMITTEE = "COMMITTEE", _("residents' committee")
    STAFF = "STAFF", _("community staff")
    GRID = "GRID", _("grid")


class PostTitle(models.TextChoices):
    PARTY_SECRETARY = "PARTY_SECRETARY", _("party secretary")
    DEPUTY_SECRETARY = "DEPUTY_SECRETARY", _("deputy party secretary")
    PARTY_COMMITTEE_MEMBER = "PARTY_COMMITTEE_MEMBER", _("party committee member")
    COMMITTEE_DIRECTOR = "COMMITTEE_DIRECTOR", _("director of the residents' committee")
    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR", _("deputy director of the residents' committee")
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER", _("member of the residents' committee")
    STAFF = "STAFF", _("community staff")
    GRID_LEADER = "GRID_LEADER", _("grid leader")
    GRID_WORKER = "GRID_WORKER", _("grid worker")


class CertificateLevel(models.TextChoices):
    SENIOR = "SENIOR", _("senior social worker")
    SOCIAL_WORKER = "SOCIAL_WORKER", _("social worker")
    ASSISTANT = "ASSISTANT", _("assistant social worker")


class HonourLevel(models.TextChoices):
    NATIONAL = "NATIONAL", _("national")
    PROVINCIAL = "PROVINCIAL", _("provincial")
    MUNICIPAL = "MUNICIPAL", _("of a city")
    COUNTY = "COUNTY", _("of a county")
    STREET = "STREET", _("of a street")


class HonourKind(models.TextChoices):
    COMMENDATION = "COMMENDATION", _("commendation")
    MODEL_WORKER = "MODEL_WORKER", _("model worker")
    ADVANCED_INDIVIDUAL = "ADVANCED_INDIVIDUAL", _("advanced individual")


class DisciplineKind(models.TextChoices):
    WARNING = "WARNING", _("warning")
    SERIOUS_WARNING = "SERIOUS_WARNING", _("serious warning")
    DEMERIT = "DEMERIT", _("demerit")
    DEMOTION = "DEMOTION", _("demotion")
    REMOVAL = "REMOVAL", _("removal from post")


# The employments that make somebody a subject of evaluation and pay here. Public-welfare posts supplement the workers
# and staff of an establishment are paid by it: both are in the records and in neither run (SL-10, SL-11, LS-01).
COUNTED_CATEGORIES: tuple[str, ...] = (Category.COMMUNITY_WORKER, Category.FULL_TIME_STAFF, Category.GRID_WORKER)


class LeftOut(models.TextChoices):
    """Why a person can't be read into a run: the labels are templates for the parameters."""

    NO_POST = "NO_POST", _("holds no post on %(day)s. Enter the appointment, or end the employment.")
    TWO_EMPLOYMENTS = (
        "TWO_EMPLOYMENTS",
        _(
            "has two employments at once: %(first)s since %(first_from)s and %(second)s since %(second_from)s. "
            "End the one that no longer holds."
        ),
    )
    SPLIT_MONTH = (
        "SPLIT_MONTH",
        _(
            "has two stretches of employment in the month: until %(first_to)s and from %(second_from)s. "
            "Enter this month's pay by hand."
        ),
    )
    NO_BIRTH_DATE = "NO_BIRTH_DATE", _("has no date of birth on record, and a rule asks for the age. Enter it.")
