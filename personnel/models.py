"""People, their employments and their posts: three things.

One person may hold several posts, a part-time committee member holds a post and has no employment, a leaver stays a
person. Every range of days is half open, [start, end), and an empty end is no end. The codes are those of the
vocabulary of facts (`policy.rules.facts`), so that what is stored is what rules read.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models import DateRange, Unit


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


def _range_check(name: str, start: str = "start", end: str = "end") -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)}),
        name=name,
        violation_error_message=_("The end lies before the start."),
    )


class Person(models.Model):
    """Somebody's identity; it stays when they leave."""

    name = models.CharField(_("name"), max_length=50)
    name_pinyin = models.CharField(_("name in pinyin"), max_length=150, blank=True, db_collation="C")
    identity_number = models.CharField(_("identity number"), max_length=18, unique=True, null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, null=True, blank=True)
    birth_date = models.DateField(_("born"), null=True, blank=True)
    ethnic_group = models.CharField(_("ethnic group (GB/T 3304)"), max_length=2, blank=True)
    political_status = models.CharField(
        _("political status"), max_length=20, choices=PoliticalStatus.choices, null=True, blank=True
    )
    party_joined = models.DateField(_("joined the party"), null=True, blank=True)
    registered_residence = models.CharField(_("registered residence (unit code)"), max_length=15, blank=True)
    lives_in = models.CharField(_("lives in (unit code)"), max_length=15, blank=True)
    work_started = models.DateField(_("started work"), null=True, blank=True)
    certificate_exams_failed = models.PositiveSmallIntegerField(_("certificate examinations failed"), default=0)
    background = models.CharField(_("background (codes, separated by |)"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(identity_number__isnull=True) | Q(identity_number__regex=r"^\d{17}[\dX]$"),
                name="personnel_person_identity_number_form",
            ),
        ]
        indexes = [models.Index(fields=["name_pinyin", "id"], name="personnel_person_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_identity_number(self) -> str:
        """3401**********1234: enough to tell two people of a name apart."""
        number = self.identity_number
        return f"{number[:4]}**********{number[14:]}" if number else ""


class Employment(models.Model):
    """A person works for an employer, in a category, for a range of days.

    `employer` signs and pays; `unit` is the community (or street) that manages the person and in which they work.
    `unit_path` repeats the unit's path, so that a scope is one range of one index.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="employments", verbose_name=_("person"))
    employer = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("employer"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    category = models.CharField(_("category"), max_length=24, choices=Category.choices)
    entry_channel = models.CharField(
        _("entry channel"), max_length=24, choices=EntryChannel.choices, null=True, blank=True
    )
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    probation_end = models.DateField(_("first day after probation"), null=True, blank=True)
    contract_start = models.DateField(_("contract from"), null=True, blank=True)
    contract_end = models.DateField(_("contract until"), null=True, blank=True)
    establishment = models.CharField(
        _("establishment"), max_length=20, choices=Establishment.choices, null=True, blank=True
    )
    special_treatment = models.CharField(_("special treatment"), max_length=20, null=True, blank=True)
    end_reason = models.CharField(_("reason of leaving"), max_length=20, choices=EndReason.choices, blank=True)

    class Meta:
        verbose_name = _("employment")
        verbose_name_plural = _("employments")
        default_permissions = ()
        constraints = [
            _range_check("personnel_employment_range"),
            models.CheckConstraint(
                condition=Q(contract_end__isnull=True)
                | Q(contract_start__isnull=True)
                | Q(contract_end__gte=F("contract_start")),
                name="personnel_employment_contract_range",
            ),
            ExclusionConstraint(
                name="personnel_employment_one_of_a_category_at_a_time",
                expressions=[
                    (F("person"), RangeOperators.EQUAL),
                    (F("category"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person already has an employment of this category in these days."),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_path", "start", "end"], name="personnel_employment_by_unit"),
            models.Index(fields=["person", "start", "end"], name="personnel_employment_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit} · {self.start}–{self.end or ''}"


class Post(models.Model):
    """A seat in a body of a unit, whether somebody holds it or not."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts", verbose_name=_("unit"))
    body = models.CharField(_("body"), max_length=10, choices=Body.choices)
    title = models.CharField(_("title"), max_length=24, choices=PostTitle.choices)
    single_holder = models.BooleanField(_("one holder at a time"), default=False)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit", "body", "title"], name="personnel_post_once"),
            # What a tenure repeats of its post must be its post's: the tenure refers to all four together.
            models.UniqueConstraint(fields=["id", "body", "title", "single_holder"], name="personnel_post_with_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_title_display()}"


class Tenure(models.Model):
    """A person holds a post for a range of days, by a document of appointment.

    `body`, `title` and `single_holder` repeat the post's: the first two so that the posts of many people are read from
    one table, the last for the constraint. A foreign key over all of them (in the migration) keeps them equal.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tenures", verbose_name=_("person"))
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="tenures", verbose_name=_("post"))
    body = models.CharField(max_length=10, choices=Body.choices, editable=False)
    title = models.CharField(max_length=24, choices=PostTitle.choices, editable=False)
    single_holder = models.BooleanField(editable=False)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    full_time = models.BooleanField(_("full time"), default=True)
    appointed_as = models.CharField(_("category entered by the appointment"), max_length=40, null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("tenure")
        verbose_name_plural = _("tenures")
        default_permissions = ()
        constraints = [
            _range_check("personnel_tenure_range"),
            ExclusionConstraint(
                name="personnel_tenure_one_holder_at_a_time",
                expressions=[
                    (F("post"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                condition=Q(single_holder=True),
                violation_error_message=_("Somebody else holds this post in these days."),
            ),
            ExclusionConstraint(
                name="personnel_tenure_once_at_a_time",
                expressions=[
                    (F("person"), RangeOperators.EQUAL),
                    (F("post"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person already holds this post in these days."),
            ),
        ]
        indexes = [models.Index(fields=["person", "start", "end"], name="personnel_tenure_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.post}"


class Education(models.Model):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="educations", verbose_name=_("person"))
    level = models.CharField(_("education"), max_length=12, choices=EducationLevel.choices)
    degree = models.CharField(_("degree"), max_length=10, choices=Degree.choices, null=True, blank=True)
    study_mode = models.CharField(_("mode of study"), max_length=12, choices=StudyMode.choices, null=True, blank=True)
    school = models.CharField(_("school"), max_length=100, blank=True)
    major = models.CharField(_("major"), max_length=100, null=True, blank=True)
    graduated = models.DateField(_("graduated"))

    class Meta:
        verbose_name = _("education")
        verbose_name_plural = _("education")
        default_permissions = ()
        indexes = [models.Index(fields=["person", "graduated"], name="personnel_education_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_level_display()}"


class Certificate(models.Model):
    """A certificate of the social worker's examination; `appointed_from`: appointed to that level from a day on."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certificates", verbose_name=_("person"))
    level = models.CharField(_("level"), max_length=14, choices=CertificateLevel.choices)
    number = models.CharField(_("number"), max_length=40, unique=True)
    issued = models.DateField(_("issued"))
    appointed_from = models.DateField(_("appointed from"), null=True, blank=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        default_permissions = ()
        constraints = [_range_check("personnel_certificate_range", "issued", "appointed_from")]
        indexes = [models.Index(fields=["person", "issued"], name="personnel_certificate_person")]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.number}"


class PartyMembership(models.Model):
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="party_membership", verbose_name=_("person")
    )
    joined = models.DateField(_("joined"))
    confirmed = models.DateField(_("confirmed"), null=True, blank=True)
    branch = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("branch")
    )

    class Meta:
        verbose_name = _("party membership")
        verbose_name_plural = _("party memberships")
        default_permissions = ()
        constraints = [_range_check("personnel_party_membership_range", "joined", "confirmed")]

    def __str__(self) -> str:
        return f"{self.person} · {self.joined}"


class Honour(models.Model):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="honours", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=24, choices=HonourKind.choices)
    level = models.CharField(_("level"), max_length=12, choices=HonourLevel.choices)
    title = models.CharField(_("title"), max_length=100, blank=True)
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("honour")
        verbose_name_plural = _("honours")
        default_permissions = ()
        indexes = [models.Index(fields=["person", "day"], name="personnel_honour_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.title or self.get_kind_display()}"


class Discipline(models.Model):
    """A disciplinary measure and the days on which it has effect."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="disciplines", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=24, choices=DisciplineKind.choices)
    start = models.DateField(_("from"))
    effect_end = models.DateField(_("has effect until (first day after)"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("discipline")
        verbose_name_plural = _("disciplines")
        default_permissions = ()
        constraints = [_range_check("personnel_discipline_range", "start", "effect_end")]
        indexes = [models.Index(fields=["person", "start"], name="personnel_discipline_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_kind_display()}"


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
