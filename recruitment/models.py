"""Plans of recruitment, who applies, what they scored, and who is hired.

Scores are whole numbers of 1/10,000 of a point, as the rules count them. Nobody's application says more than a file of
personnel holds: whoever is hired becomes a person from it with nothing typed twice.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import BlindIndexField, EncryptedCharField, SealedCheck, mask
from organization.models import Unit, User
from personnel.models import (
    Category,
    CertificateLevel,
    Degree,
    DocumentType,
    EducationLevel,
    Employment,
    PoliticalStatus,
    Sex,
    StudyMode,
)
from personnel.models.people import row_key
from policy.models import PolicyVersion

FULL = 1_000_000  # 100 points


class PlanState(models.TextChoices):
    """The steps of a recruitment in their order; each is left for the next one by an act."""

    PROPOSED = "PROPOSED", _("plan being drawn up")
    FIXED = "FIXED", _("plan fixed")
    ANNOUNCED = "ANNOUNCED", _("announced, applications open")
    SCREENED = "SCREENED", _("applicants screened")
    RANKED = "RANKED", _("examined and ranked")
    PUBLISHED = "PUBLISHED", _("names made public")
    CLOSED = "CLOSED", _("finished")
    CANCELLED = "CANCELLED", _("called off")


class ApplicationState(models.TextChoices):
    ENTERED = "ENTERED", _("to be screened")
    ADMITTED = "ADMITTED", _("admitted")
    REFUSED = "REFUSED", _("not admitted")
    BY_HAND = "BY_HAND", _("to be checked by hand")
    WITHDRAWN = "WITHDRAWN", _("withdrew")
    HIRED = "HIRED", _("hired")


class ReviewKind(models.TextChoices):
    MEDICAL = "MEDICAL", _("medical examination")
    BACKGROUND = "BACKGROUND", _("background check")
    POLITICAL = "POLITICAL", _("political review")


class Standing(models.TextChoices):
    """Where somebody stands when all is scored, by the words of the rules."""

    RANKED = "RANKED", _("ranked")
    FAILED = "FAILED", _("below a pass mark")
    ABSENT = "ABSENT", _("absent")
    MISSING = "MISSING", _("marks are missing")
    NOT_INVITED = "NOT_INVITED", _("not invited further")


class Side(models.TextChoices):
    IN = "IN", _("above the line")
    OUT = "OUT", _("below the line")
    UNDECIDED = "UNDECIDED", _("equal across the line, to be decided")


class Plan(models.Model):
    """A recruitment of a unit: a yearly plan or a batch, from its first line to its last hire.

    version: the rules by which it is held, fixed with the plan. Days are the first and the last on which something
    holds. frame: says how many posts the units below may recruit for, and goes no further than being fixed.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("organised by"))
    unit_path = models.TextField(editable=False, db_collation="C")
    year = models.PositiveSmallIntegerField(_("year"))
    batch = models.PositiveSmallIntegerField(_("batch"), default=1)
    title = models.CharField(_("title"), max_length=100)
    frame = models.BooleanField(_("frame of batches"), default=False, db_default=False)
    state = models.CharField(_("state"), max_length=10, choices=PlanState.choices, default=PlanState.PROPOSED)
    version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("rules")
    )
    document = models.CharField(_("document that fixes the plan"), max_length=100, blank=True)
    notice = models.TextField(_("notice"), max_length=5000, blank=True)
    notice_day = models.DateField(_("announced on"), null=True, blank=True)
    applications_from = models.DateField(_("applications from"), null=True, blank=True)
    applications_until = models.DateField(_("applications until"), null=True, blank=True)
    published_on = models.DateField(_("names made public on"), null=True, blank=True)
    published_until = models.DateField(_("names public until"), null=True, blank=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("started by"))
    fixed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fixed by")
    )
    reason = models.CharField(_("why it was called off"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("plan of recruitment")
        verbose_name_plural = _("plans of recruitment")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "batch"], name="recruitment_plan_once"),
            models.CheckConstraint(condition=Q(batch__gte=1), name="recruitment_plan_batch"),
            models.CheckConstraint(
                condition=Q(frame=False) | Q(state__in=["PROPOSED", "FIXED", "CANCELLED"]),
                name="recruitment_plan_frame",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "CANCELLED"])
                | Q(version__isnull=False, fixed_by__isnull=False) & ~Q(document=""),
                name="recruitment_plan_fixed",
            ),
            models.CheckConstraint(
                condition=Q(fixed_by__isnull=True) | ~Q(fixed_by=F("started_by")), name="recruitment_plan_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(applications_until__isnull=True) | Q(applications_until__gte=F("applications_from")),
                name="recruitment_plan_days",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["PUBLISHED", "CLOSED"]) | Q(published_until__isnull=False),
                name="recruitment_plan_published",
            ),
        ]
        indexes = [models.Index(fields=["unit_path", "-year", "-batch"], name="recruitment_plan_by_unit")]

    def __str__(self) -> str:
        return self.title


class Position(models.Model):
    """A line of a plan: so many posts in a unit. approved: what the organisation department made of the proposal."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="positions", verbose_name=_("plan"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(editable=False, db_collation="C")
    name = models.CharField(_("post"), max_length=60)
    category = models.CharField(
        _("category"), max_length=24, choices=Category.choices, default=Category.COMMUNITY_WORKER
    )
    proposed = models.PositiveSmallIntegerField(_("proposed"))
    approved = models.PositiveSmallIntegerField(_("approved"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"))

    class Meta:
        verbose_name = _("line of a plan of recruitment")
        verbose_name_plural = _("lines of plans of recruitment")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["plan", "unit", "name"], name="recruitment_position_once"),
            models.CheckConstraint(condition=Q(proposed__gte=1), name="recruitment_position_number"),
            models.CheckConstraint(
                condition=Q(approved__isnull=True) | Q(approved__lte=F("proposed")),
                name="recruitment_position_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.name}"

    @property
    def posts(self) -> int:
        """How many are to be hired, as far as it is decided."""
        return self.proposed if self.approved is None else self.approved


class Applicant(models.Model):
    """An application for a post. `failed` and `open`: codes of hard conditions, as screening found them.

    certificate: the highest one held. background: codes, separated by |. decided: an order that people gave to equals.
    instead_of: whom they come up for (递补).
    """

    key = row_key()
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="applicants", verbose_name=_("plan"))
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="applicants", verbose_name=_("post"))
    unit_path = models.TextField(editable=False, db_collation="C")
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=50)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, null=True, blank=True)
    birth_date = models.DateField(_("born"), null=True, blank=True)
    document_type = models.CharField(
        _("identity document"), max_length=20, choices=DocumentType.choices, default=DocumentType.RESIDENT_ID
    )
    identity_number = EncryptedCharField(_("identity number"), max_length=18)
    identity_number_index = BlindIndexField("identity_number")
    phone = EncryptedCharField(_("mobile phone"), max_length=20, blank=True, default="")
    political_status = models.CharField(
        _("political status"), max_length=20, choices=PoliticalStatus.choices, null=True, blank=True
    )
    education = models.CharField(_("education"), max_length=12, choices=EducationLevel.choices, null=True, blank=True)
    degree = models.CharField(_("degree"), max_length=10, choices=Degree.choices, null=True, blank=True)
    study_mode = models.CharField(_("mode of study"), max_length=12, choices=StudyMode.choices, null=True, blank=True)
    school = models.CharField(_("school"), max_length=100, blank=True)
    major = models.CharField(_("major"), max_length=100, null=True, blank=True)
    graduated = models.DateField(_("graduated"), null=True, blank=True)
    certificate = models.CharField(
        _("certificate"), max_length=14, choices=CertificateLevel.choices, null=True, blank=True
    )
    certificate_number = models.CharField(_("certificate number"), max_length=40, blank=True)
    certificate_issued = models.DateField(_("certificate issued"), null=True, blank=True)
    background = models.CharField(_("background (codes, separated by |)"), max_length=100, blank=True)
    registered_residence = models.CharField(_("registered residence (unit code)"), max_length=15, blank=True)
    work_started = models.DateField(_("started work"), null=True, blank=True)
    experience_months = models.PositiveSmallIntegerField(_("months of community work"), default=0)

    state = models.CharField(
        _("state"), max_length=10, choices=ApplicationState.choices, default=ApplicationState.ENTERED
    )
    failed = models.JSONField(_("conditions that aren't met"), default=list, blank=True)
    open = models.JSONField(_("conditions to be checked by hand"), default=list, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    decided = models.PositiveSmallIntegerField(_("order among equals"), null=True, blank=True)
    instead_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successor",
        verbose_name=_("comes up for"),
    )  # fmt: skip
    employment = models.OneToOneField(
        Employment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("employment")
    )

    class Meta:
        verbose_name = _("applicant")
        verbose_name_plural = _("applicants")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="recruitment_applicant_number"),
            models.UniqueConstraint(
                fields=["plan", "identity_number_index"],
                name="recruitment_applicant_once",
                violation_error_message=_("This person has applied already."),
            ),
            SealedCheck(fields=["identity_number", "phone"], name="recruitment_applicant_sealed"),
            models.CheckConstraint(
                condition=Q(state="HIRED", employment__isnull=False) | ~Q(state="HIRED") & Q(employment__isnull=True),
                name="recruitment_applicant_hired",
            ),
            models.CheckConstraint(
                condition=Q(instead_of__isnull=True) | ~Q(instead_of=F("id")), name="recruitment_applicant_other"
            ),
        ]
        indexes = [models.Index(fields=["plan", "position", "state"], name="recruitment_applicant_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_identity_number(self) -> str:
        """3401**********1234: enough to tell two people of a name apart."""
        return mask(self.identity_number or "")


class Mark(models.Model):
    """A mark of a part of the examination. judge: 0 where nobody judges. mark: empty for whoever stayed away."""

    applicant = models.ForeignKey(
        Applicant, on_delete=models.PROTECT, related_name="marks", verbose_name=_("applicant")
    )
    part = models.CharField(_("part"), max_length=40)
    subject = models.CharField(_("paper"), max_length=40, blank=True)
    judge = models.PositiveSmallIntegerField(_("judge"), default=0)
    mark = models.IntegerField(_("mark (1/10,000 of a point)"), null=True, blank=True)

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["applicant", "part", "subject", "judge"], name="recruitment_mark_once"),
            models.CheckConstraint(
                condition=Q(mark__isnull=True) | Q(mark__gte=0, mark__lte=FULL), name="recruitment_mark_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.applicant} · {self.part}"


class Ranking(models.Model):
    """A ranking as it was worked out, with the rules by which: a new one follows it and changes nothing of it."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="rankings", verbose_name=_("plan"))
    number = models.PositiveSmallIntegerField(_("number"))
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("rules"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))

    class Meta:
        verbose_name = _("ranking")
        verbose_name_plural = _("rankings")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="recruitment_ranking_once")]

    def __str__(self) -> str:
        return f"{self.plan} · {self.number}"


class RankingRow(models.Model):
    """Where an applicant stands. values: what the total was worked out from, by the names of the rules."""

    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, related_name="rows", verbose_name=_("ranking"))
    applicant = models.ForeignKey(
        Applicant, on_delete=models.PROTECT, related_name="standings", verbose_name=_("applicant")
    )
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="+", verbose_name=_("post"))
    standing = models.CharField(_("standing"), max_length=12, choices=Standing.choices)
    total = models.IntegerField(_("total (1/10,000 of a point)"), null=True, blank=True)
    place = models.PositiveIntegerField(_("place"), null=True, blank=True)
    equals = models.PositiveIntegerField(_("how many share it"), null=True, blank=True)
    by = models.CharField(_("decided by"), max_length=80, blank=True)
    side = models.CharField(_("line"), max_length=10, choices=Side.choices, blank=True)
    values = models.JSONField(_("worked out from"), default=dict)

    class Meta:
        verbose_name = _("line of a ranking")
        verbose_name_plural = _("lines of rankings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["ranking", "applicant"], name="recruitment_ranking_row_once"),
            models.CheckConstraint(
                condition=Q(standing="RANKED", place__isnull=False) & ~Q(side="")
                | ~Q(standing="RANKED") & Q(place__isnull=True, side=""),
                name="recruitment_ranking_row_place",
            ),
        ]
        indexes = [models.Index(fields=["ranking", "position", "place"], name="recruitment_ranking_order")]

    def __str__(self) -> str:
        return f"{self.applicant} · {self.place or self.standing}"


class Review(models.Model):
    """The result of a review before a hire: medical, background, political."""

    applicant = models.ForeignKey(
        Applicant, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("applicant")
    )
    kind = models.CharField(_("review"), max_length=10, choices=ReviewKind.choices)
    passed = models.BooleanField(_("passed"))
    day = models.DateField(_("day"))
    document = models.CharField(_("document"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by"))

    class Meta:
        verbose_name = _("review before a hire")
        verbose_name_plural = _("reviews before a hire")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["applicant", "kind"], name="recruitment_review_once"),
            models.CheckConstraint(condition=Q(passed=True) | ~Q(note=""), name="recruitment_review_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.applicant} · {self.get_kind_display()}"
