"""Rows in bulk for the world of tests/test_permissions.py: three times as much data must not mean more queries.

Rows are written as the services would leave them, without working anything out: only their number matters here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from approvals.models import CalendarDay, Case, CaseDocument, CaseStep, NoticeObjection
from approvals.services import reviewer_name
from assessment.models import (
    AnnualResult,
    Appeal,
    Consequence,
    Evaluation,
    EvaluationBatch,
    EvaluationIssue,
    PoolCap,
    PoolResult,
    TieDecision,
)
from core.services import audit
from organization.models import (
    ROLE_PERMISSIONS,
    Announcement,
    Countersignature,
    Grant,
    Role,
    UnitFact,
    UnitKind,
    UnitSuccession,
    User,
)
from organization.services import grant_give, token_counted, token_give, unit_create
from payroll.models import (
    ArrearsLine,
    GradeSpan,
    ManualItem,
    PayBatch,
    PayDifference,
    PayLeftOut,
    PayRun,
    PaySlip,
    PromotionBatch,
    PromotionOutcome,
    PromotionRun,
)
from personnel.models import (
    Archive,
    ArchiveItem,
    Certificate,
    CorrectionRequest,
    Discipline,
    Draft,
    Education,
    Employment,
    Honour,
    Import,
    ImportRow,
    Loan,
    NamedListEntry,
    PartyArea,
    PartyForm,
    PartyHousehold,
    PartyOrganization,
    Person,
    PersonPast,
    Placement,
    Post,
    StoredFile,
    Tenure,
)
from policy.models import PolicyVersion
from recruitment.models import Applicant, Plan, RankingRow, Review, ReviewKind
from reports.models import MadeReport, SavedReport
from staffing.models import QuotaAllocation, QuotaPlan, SeatFreeze
from tests.recruitment.rows import another_applicant
from tests.test_permissions import LOGIN, MISSING, OWN, PARENT, PUBLIC, ROUTES, World, patterns

M = TypeVar("M", bound=Model)
ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
EVERY_BUSINESS_ROLE = (
    Role.STREET_CLERK, Role.STREET_APPROVER, Role.ORG_OFFICER, Role.ORG_APPROVER, Role.FINANCE, Role.REST_CLIENT,
    Role.JOINT_REVIEWER,
)  # fmt: skip


def another(row: M, **changed: Any) -> M:
    """A second row like this one, with other values here and there."""
    names = {one.attname for one in row._meta.concrete_fields if not one.generated and not one.primary_key}
    values = {name: getattr(row, name) for name in names} | changed
    return type(row)._default_manager.create(**values)


@dataclass
class Growth:
    """The world, somebody with every business role in the county, and how many rows of everything there are."""

    world: World
    user: User = field(init=False)
    administrators: dict[str, User] = field(init=False)  # by role
    pool: PoolResult = field(init=False)
    tie: TieDecision = field(init=False)
    size: int = 0

    def __post_init__(self) -> None:
        self.user = User.objects.create(username="everything", display_name="全")
        for role in EVERY_BUSINESS_ROLE:
            grant_give(actor=None, user=self.user, unit=self.world.place.units[PARENT], role=role)
        # The roles of administrators exclude each other and every business role: each has somebody of its own.
        self.administrators = {}
        for role in ADMINISTRATORS:
            self.administrators[role] = User.objects.create(username=f"growth-{role}", display_name=role)
            grant_give(actor=None, user=self.administrators[role], unit=self.world.place.units[PARENT], role=role)
        reviewer_name(actor=None, user=self.user, unit=self.world.place.units[PARENT], department="POLICE")
        numbers = self.world.numbers
        self.person = Person.objects.get(pk=numbers["person"])
        self.evaluation = Evaluation.objects.get(pk=numbers["evaluation"])
        self.pay = PayRun.objects.get(pk=numbers["pay_run"])
        self.promotion = PromotionRun.objects.get(pk=numbers["promotion"])
        self.result = AnnualResult.objects.get(pk=numbers["result"])
        self.slip = PaySlip.objects.get(run=self.pay, person=self.person)
        # The finished run of each kind, whatever the rules of this place made of it.
        for run in (self.evaluation, self.pay, self.promotion):
            type(run).objects.filter(pk=run.pk).update(state="READY", error="", finished=timezone.now())
        unit = self.evaluation.unit
        self.pool = PoolResult.objects.create(
            evaluation=self.evaluation, scheme="annual-2", unit=unit, unit_path=unit.path, people=9, graded=9,
            counts={"EXCELLENT": 1},
        )  # fmt: skip
        AnnualResult.objects.filter(evaluation=self.evaluation).update(pool=self.pool)
        self.tie = TieDecision.objects.create(
            pool=self.pool, grade="EXCELLENT", score=1, places=1, candidates=[self.person.pk]
        )

    def grow(self, to: int) -> None:
        """Until there are `to` rows of everything."""
        for n in range(self.size, to):
            self._add(n)
        self.size = to

    def _add(self, n: int) -> None:
        place = self.world.place
        street, code = f"232762{200 + n}", f"232762{200 + n}001"
        for unit_code, kind, parent in ((street, UnitKind.STREET, PARENT), (code, UnitKind.COMMUNITY, street)):
            place.units[unit_code] = unit_create(
                actor=None, code=unit_code, name=unit_code, kind=kind, parent=place.units[parent],
                valid_from=date(2000, 1, 1),
            )  # fmt: skip
        own = place.units[OWN]
        UnitFact.objects.create(unit=own, key="residents", day=date(2000 + n, 1, 1), value=str(n), source="年报")
        UnitSuccession.objects.create(
            before=place.units[street], after=own, kind="MERGE", day=date(2000 + n, 1, 1), document=f"{n}"
        )
        near, far = place.hire(f"近{n}"), place.hire(f"远{n}", code)
        place.hire(f"离{n}", start=date(2005, 1, 1), end=date(2010, 1, 1), title=None)  # long enough ago
        Placement.objects.create(employment=near.employments.get(), kind="ACTING", place=f"{n}", start=date(2024, 1, 1))
        NamedListEntry.objects.create(person=near, kind="COMMITTEE_RESERVE", start=date(2024, 1, 1))
        self._records(n)
        self._party(n)
        self._archive(n)
        self._imports(n)
        self._evaluations(n, near, far)
        self._pay(n, near, far)
        self._promotions(n, near, far)
        self._seats(n)
        self._cases(n)
        self._recruitment(n)
        self._corrections(n)
        another(
            PolicyVersion.objects.get(pk=self.world.numbers["policy"]),
            place=f"99{n:04}",
            sha256=f"{n:064}",
            version="1",
        )
        token_give(actor=None, user=self.user, label=f"{n}")
        day = timezone.now() - timedelta(n)
        token_counted(token=self.world.numbers["token"], refused=False, sent=n, address="10.0.0.7", now=day)
        report = SavedReport.objects.create(owner=self.user, name=f"{n}", table="pay", unit=own)
        MadeReport.objects.create(
            report=report, due=date(2026, 1, 1), owner=self.user, name=f"{n}", table="pay", unit=own,
            day=date(2026, 1, 1), since=date(2026, 1, 1), output="pdf", state="REFUSED", problem="x",
        )  # fmt: skip
        asked = Countersignature.objects.get(pk=self.world.numbers["countersignature"])
        another(asked, digest=f"{n:064}")
        another(asked, digest=f"{n:064}", asked_by_id=self.user.pk)
        another(Announcement.objects.get(pk=self.world.numbers["announcement"]), text=f"通知{n}")
        audit(actor=self.user, action="personnel.person.seen", obj=self.person, after={"what": "RECORD"})
        self._users(n)

    def _users(self, n: int) -> None:
        """Further users, and earlier roles of the one that is looked at."""
        own = self.world.place.units[OWN]
        user = User.objects.create(username=f"user{n}", display_name=f"用户{n}", unit=own)
        grant = Grant.objects.get(pk=self.world.numbers["grant"])
        another(grant, user_id=user.pk)
        another(grant, valid_from=date(1990 + n, 1, 1), valid_to=date(1991 + n, 1, 1))

    def _seats(self, n: int) -> None:
        """Earlier plans, acts and shares of the one that is looked at."""
        plan = QuotaPlan.objects.get(pk=self.world.numbers["quota_plan"])
        top = QuotaAllocation.objects.get(pk=self.world.numbers["quota_share"])
        earlier = another(plan, start=date(1990 + n, 1, 1), end=date(1991 + n, 1, 1), state="CLOSED")
        QuotaAllocation.objects.create(plan=earlier, unit=plan.unit, number=n)
        unit = self.world.place.units[f"232762{200 + n}"]
        QuotaAllocation.objects.create(plan=plan, unit=unit, parent=top, number=0)
        freeze = SeatFreeze.objects.get(pk=self.world.numbers["seat_freeze"])
        another(freeze, start=date(1990 + n, 1, 1), end=date(1991 + n, 1, 1))
        audit(actor=self.user, action="staffing.plan.explain", obj=plan, after={"unit": unit.code, "reason": f"{n}"})

    def _cases(self, n: int) -> None:
        """Other cases at the departments, earlier rounds of the one that is looked at, and days of the calendar."""
        case = Case.objects.get(pk=self.world.numbers["case"])
        asked = CaseStep.objects.get(case=case, state="OPEN")
        now = timezone.now()
        before = another(asked, state="DROPPED", taken_at=now, taken_by_id=self.user.pk)
        CaseDocument.objects.create(step=before, number=f"{n}", day=date(2026, 1, 1), entered_by=self.user)
        NoticeObjection.objects.create(
            step=before, received=date(2026, 1, 1), source=f"{n}", text="x", entered_by=self.user
        )
        more = another(case, key=uuid4(), subject=uuid4(), subject_name=f"甲{n}")
        step = another(asked, case_id=more.pk)
        for opinion in asked.opinions.all():
            another(opinion, step_id=step.pk)
        CalendarDay.objects.get_or_create(day=date(2026, 12, 1 + n), defaults={"kind": "HOLIDAY", "name": f"{n}"})

    def _corrections(self, n: int) -> None:
        request = CorrectionRequest.objects.get(pk=self.world.numbers["correction"])
        another(request, key=uuid4(), field="specialities", document=f"来信{n}")

    def _recruitment(self, n: int) -> None:
        """Other batches, and people and lines in the one that is looked at."""
        plan = Plan.objects.get(pk=self.world.numbers["recruitment"])
        applicant = Applicant.objects.get(pk=self.world.numbers["applicant"])
        another(plan, batch=plan.batch + n + 1)
        line = another(applicant.position, name=f"{n}")
        twin = another_applicant(applicant, line, n)
        row = RankingRow.objects.get(applicant=applicant)
        another(row, applicant_id=twin.pk, position_id=line.pk, place=n + 2)
        kind = ReviewKind.values[n // 3 % 3]  # one of each at most, so the second and third come later
        Review.objects.get_or_create(
            applicant=applicant, kind=kind, defaults={"passed": True, "day": date(2026, 1, 1), "entered_by": self.user}
        )

    def _inner(self, pattern: str) -> int:
        """The number of what lies inside the object of a route."""
        if "<int:line>" in pattern:
            return Applicant.objects.get(pk=self.world.numbers["applicant"]).position_id
        if "<int:row>" in pattern:
            return Education.objects.filter(person=self.person)[0].pk
        if "<int:file>" in pattern:
            return ArchiveItem.objects.filter(archive__person=self.person, file__isnull=False)[0].file_id
        if "<int:report>" in pattern:
            return SavedReport.objects.filter(owner=self.user)[0].pk
        if "<int:made>" in pattern:
            return MadeReport.objects.filter(owner=self.user)[0].pk
        return self.tie.pk if "<int:tie>" in pattern else self.pool.pk

    def _archive(self, n: int) -> None:
        """Papers, loans and earlier values of one person's file, and drafts."""
        archive, _new = Archive.objects.get_or_create(person=self.person, number="A1", opened=date(2000, 1, 1))
        scan = StoredFile.objects.create(
            sha256=f"{n:064x}", name="a.pdf", media_type="application/pdf", size=5, content=b"%PDF-"
        )
        ArchiveItem.objects.create(archive=archive, category="1", title=f"{n}", day=date(2001 + n, 1, 1), file=scan)
        day = date(2001 + n, 1, 1)
        Loan.objects.create(archive=archive, borrower=f"{n}", purpose="x", start=day, due=day, end=day)
        PersonPast.objects.create(person=self.person, field="phone", value=f"{n}", until=day)
        Person.objects.filter(pk=self.person.pk).update(native_place=f"{n}")  # the old row goes into the history
        Draft.objects.create(user=self.user, kind="NEW_PERSON", title=f"{n}", values={})

    def _records(self, n: int) -> None:
        """What one person's page lists."""
        person, unit = self.person, self.world.place.units[f"{OWN}001"]
        start, end = date(1990 + n, 1, 1), date(1991 + n, 1, 1)
        another(Employment.objects.filter(person=person)[0], start=start, end=end)
        post, _new = Post.objects.get_or_create(unit=unit, body="STAFF", title="STAFF", single_holder=False)
        Tenure.objects.create(
            person=person, post=post, body="STAFF", title="STAFF", single_holder=False, start=start, end=end
        )
        Education.objects.create(person=person, level="BACHELOR", school=f"学校{n}", graduated=start)
        Certificate.objects.create(person=person, level="ASSISTANT", number=f"N{n}", issued=start)
        Honour.objects.create(
            person=person, kind=Honour.kind.field.choices[0][0], level="COUNTY", title=f"{n}", day=start
        )
        Discipline.objects.create(person=person, kind=Discipline.kind.field.choices[0][0], start=start, effect_end=end)
        AnnualResult.objects.create(
            person=person, year=2000 + n, unit=unit, grade="GOOD", source="IMPORTED", state="CLOSED"
        )
        Appeal.objects.create(result=self.result, day=start, text=f"{n}", entered_by=self.user)
        GradeSpan.objects.create(person=person, scale="grade", value=n + 1, start=start, end=end, code="PLACED")
        ManualItem.objects.create(
            person=person, line="base", month=start, amount=100 + n, reason=f"{n}", entered_by=self.user
        )

    def _party(self, n: int) -> None:
        """Organisations below that of the street, with estates and households, and another name of its own."""
        street = PartyOrganization.objects.get(pk=self.world.numbers["party"])
        own, unit = self.world.place.units[OWN], self.world.place.units[f"{OWN}001"]
        day = date(2026, 1, 1)
        made = PartyOrganization.objects.create(level=3, start=day)
        PartyForm.objects.create(
            organization=made, kind="AREA_BRANCH", level=3, name=f"支部{n}", parent=street, unit=unit, start=day
        )
        PartyHousehold.objects.create(organization=street, kind="CONTACT", name=f"{n}", person=self.person, start=day)
        estate = unit_create(
            actor=None, code="", name=f"小区{n}", kind=UnitKind.ESTATE, parent=unit, valid_from=date(2000, 1, 1)
        )
        PartyArea.objects.create(organization=street, unit=estate, start=day)
        Post.objects.create(unit=estate, body="BRANCH", title="BRANCH_SECRETARY", single_holder=True)
        PartyOrganization.objects.filter(pk=street.pk).update(start=date(1980, 1, 1))
        PartyForm.objects.create(
            organization=street, kind="STREET_COMMITTEE", level=1, name=f"旧名{n}", unit=own,
            start=date(1990 + n, 1, 1), end=date(1991 + n, 1, 1),
        )  # fmt: skip

    def _imports(self, n: int) -> None:
        """Files of before, and people in the one that is looked at."""
        source = Import.objects.get(pk=self.world.numbers["import"])
        row = ImportRow.objects.filter(source=source).order_by("position")[0]
        another(source, file_name=f"名单{n}.csv", key=uuid4())
        another(row, position=row.position + n + 1, number=row.number + n + 1, values={"name": f"丁{n}"})

    def _evaluations(self, n: int, near: Person, far: Person) -> None:
        run, own = self.evaluation, self.evaluation.unit
        another(run, period=str(1950 + n), year=1950 + n, unit_id=own.pk)
        unit = self.world.place.units[f"232762{200 + n}"]
        AnnualResult.objects.create(
            person=near, year=run.year, unit=own, evaluation=run, pool=self.pool, scheme="annual-2", grade="GOOD",
            score=9000, rank=n + 1,
        )  # fmt: skip
        pool = PoolResult.objects.create(
            evaluation=run, scheme="annual", unit=unit, unit_path=own.path, people=1, graded=1, counts={"GOOD": 1}
        )
        PoolCap.objects.create(pool=pool, grade="EXCELLENT", counted=10, percent=300000, used=1)
        TieDecision.objects.create(pool=pool, grade="EXCELLENT", score=9000, places=1, candidates=[near.pk, far.pk])
        self.tie.candidates.append(near.pk)
        self.tie.save(update_fields=["candidates"])
        EvaluationIssue.objects.create(
            evaluation=run, person=near, unit_path=own.path, scheme="other", code="NO_RATING", params={}
        )
        Consequence.objects.create(evaluation=run, person=near, unit_path=own.path, year=run.year, code="REMINDER_TALK")
        EvaluationBatch.objects.create(run=run, number=100 + n, path_from="a", path_to="b", state="DONE")

    def _pay(self, n: int, near: Person, far: Person) -> None:
        run, slip = self.pay, self.slip
        month = date(2025 - n // 12, 12 - n % 12, 1)
        earlier = another(run, month=month)
        another(slip, run_id=earlier.pk, person_id=self.person.pk, month=month, kind=slip.kind)
        for person in (near, far):
            another(slip, run_id=run.pk, person_id=person.pk, month=run.month, kind=slip.kind)
            PayDifference.objects.create(
                run=run, person=person, unit=run.unit, unit_path=run.unit_path, old=100, new=200 + n, delta=100 + n,
                causes=[{"code": "JOINED", "params": {}, "amount": 100 + n}], codes=["JOINED"],
            )  # fmt: skip
        PayLeftOut.objects.create(run=run, person=far, unit_path=run.unit_path, code="NO_POST", params={})
        ArrearsLine.objects.create(run=run, person=self.person, month=month, line="base", paid=1, due=2, amount=1)
        PaySlip.objects.filter(run=run, person=self.person).update(arrears=n + 1)
        PayBatch.objects.create(run=run, number=100 + n, path_from="a", path_to="b", state="DONE")

    def _promotions(self, n: int, near: Person, far: Person) -> None:
        run = self.promotion
        another(run, day=date(1990 + n, 1, 1))
        for person in (near, far):
            PromotionOutcome.objects.create(
                run=run, person=person, unit=run.unit, unit_path=run.unit_path, scale="grade", old=1, new=2,
                effective=date(2026, 1, 1), code="RAISED",
            )  # fmt: skip
        PromotionBatch.objects.create(run=run, number=100 + n, path_from="a", path_to="b", state="DONE")

    def who(self, name: str) -> User:
        """Who is asked for a page: an administrator where no business role may come."""
        needs = ROUTES[name].needs
        business = {permission for role in EVERY_BUSINESS_ROLE for permission in ROLE_PERMISSIONS[role]}
        if needs in business | {LOGIN, PUBLIC}:
            return self.user
        return next(user for role, user in self.administrators.items() if needs in ROLE_PERMISSIONS[role])

    def paths(self) -> dict[str, str]:
        """The address of every route that is read with GET, by its name."""
        found = {}
        for name, pattern in patterns():
            if ROUTES[name].method != "get":
                continue
            inner = self._inner(pattern)
            found[name] = self.world.path(name, pattern).replace(str(MISSING), str(inner))
        found["api:why"] += f"?permission=view_people&kind=unit&number={OWN}"
        return found
