"""What is in the demonstration's files beyond the roster: contact, life, family, money, care, archives.

Everybody gets what everyday work needs; secretaries and every fifth person have a whole file. Drawn by a generator of
its own, so that nothing of the roster depends on it. Telephone numbers begin with 154, which belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Model

from cwms.demo.names import FAMILY, name_of
from cwms.demo.roster import AS_OF, EVALUATED_YEAR, Roster, Worker
from organization.models import Unit
from personnel.models import (
    Archive,
    ArchiveItem,
    BankAccount,
    Custody,
    DutyItem,
    Employment,
    FamilyMember,
    HealthCheck,
    InsuranceEnrolment,
    Leave,
    NamedListEntry,
    Person,
    Placement,
    PublicRole,
    ResponsibilityArea,
    ResumeLine,
    SpecialTreatment,
)
from personnel.rules.custody import ORGANISATION_DEPARTMENT, Held, custody_of
from personnel.selectors.custody import RulesSay, ruled_days_for_system
from policy.models import PolicyVersion
from policy.selectors import versions_of_places_for_system

# 两代表一委员 that the places' articles print (CH-60, TR-34, QY-15), and secretaries treated as deputy section heads
# for their term (TR-33).
PUBLIC_ROLES = {"340181": 45, "5206": 112, "6210": 52}
TREATED = {"5206": 17}
# Named lists (LS-25, LS-26) and lists of duties (JP-02): which lists the articles say, and how many on each of them they
# leave open. Chaohu's reserve is invented, so that the place with most of everything has one.
NAMED_LISTS = {
    "340181": ("COMMITTEE_RESERVE",),
    "511102": ("COMMITTEE_RESERVE", "TRAINING_POST", "EXCHANGE", "TARGETED_RECRUITMENT"),
}
ON_EACH_LIST = 6
DUTIES = {
    "511102": (
        ("RESPONSIBILITY", "网格内居民信息采集和矛盾排查", None, None),
        ("TASK", "走访独居老人", date(2025, 6, 30), date(2025, 6, 20)),
        ("TASK", "排查楼道消防隐患", date(2026, 1, 31), None),
    )
}
# Recruited by the district, managed by the town, used by the community (SL-06).
THREE_PLACES = frozenset({"232762"})
BANKS = ("农村商业银行", "中国农业银行", "中国工商银行", "中国建设银行")
SCHEMES = ("PENSION", "MEDICAL", "WORK_INJURY", "UNEMPLOYMENT", "HOUSING_FUND")
SCHOOLS = {
    "DOCTOR": "大学", "MASTER": "大学", "BACHELOR": "大学", "COLLEGE": "职业技术学院", "SECONDARY": "中等专业学校",
    "HIGH": "第一中学",
}  # fmt: skip
ROADS = ("人民路", "建设路", "和平路", "东风路", "文化路")


@dataclass
class Files:
    """The rows of all files of a place, by kind of row in the order in which they are stored."""

    roster: Roster
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(f"files {self.roster.place}")  # noqa: S311  (invented people, not secrets)

    def person(self, number: int, worker: Worker) -> dict[str, Any]:
        """Single values of a person; `number` is theirs in the roster."""
        married = worker.birth.year < EVALUATED_YEAR - 28
        return {
            "phone": f"154{int(self.roster.place):06d}"[:7].ljust(7, "0") + f"{number:04d}",
            "address": f"{self.roster.name}{ROADS[number % len(ROADS)]}{number % 180 + 1}号",
            "native_place": self.roster.name,
            "birth_place": self.roster.name,
            "marital_status": "20" if married else "10",
            "health": "10",
            "household": "RESIDENT",
            "household_address": self.roster.name,
        }

    def rows(self, people: list[tuple[Person, Worker]], units: dict[str, Unit]) -> Iterator[list[Model]]:
        """Lists of rows to be stored one after the other; archives come back stored before what hangs on them."""
        whole = [
            (person, worker)
            for n, (person, worker) in enumerate(people)
            if n % 5 == 0 or any(seat.title == "PARTY_SECRETARY" for seat in worker.seats)
        ]
        yield [row for pair in people for row in self._money(*pair)]
        yield [row for pair in people for row in self._areas(*pair, units)]
        yield [line for pair in whole for line in self._resume(*pair)]
        yield [member for pair in whole for member in self._family(*pair)]
        yield [check for pair in whole for check in self._check(*pair)]
        yield [leave for pair in whole for leave in self._leave(*pair)]
        yield list(self._public_roles(people))
        yield list(self._treatments(people))
        yield list(self._named_lists(people))
        yield [
            item for n, (person, worker) in enumerate(people) if n % 10 == 0 for item in self._duties(person, worker)
        ]
        archives = [self._archive(n, *pair) for n, pair in enumerate(whole, start=1)]
        yield list[Model](archives)
        yield [row for archive, pair in zip(archives, whole, strict=True) for row in self._papers(archive, pair[1])]
        versions, says = versions_of_places_for_system(units), RulesSay()
        yield [
            row
            for archive, (_person, worker) in zip(archives, whole, strict=True)
            for row in _custody(archive, worker, units, versions, says)
        ]

    def placements(self, jobs: list[Employment]) -> list[Placement]:
        """Where the three places of somebody differ: managed by the town, used by the community."""
        if self.roster.place not in THREE_PLACES:
            return []
        return [
            Placement(
                employment=job,
                kind="HOME",
                manager_id=job.employer_id,
                work_unit_id=job.unit_id,
                start=job.start,
                end=job.end,
            )
            for job in jobs
        ]

    def _money(self, person: Person, worker: Worker) -> Iterator[Model]:
        yield BankAccount(
            person=person,
            bank=self.random.choice(BANKS),
            number=f"62{self.random.randrange(10**16, 10**17)}",
            holder=person.name,
            start=worker.start,
        )
        for scheme in SCHEMES:
            yield InsuranceEnrolment(person=person, scheme=scheme, start=worker.start, end=worker.end)

    def _areas(self, person: Person, worker: Worker, units: dict[str, Unit]) -> Iterator[Model]:
        """The grid where they have one, else their community."""
        grid = next((seat.unit for seat in worker.seats if seat.unit), None)
        leads = any(seat.title == "PARTY_SECRETARY" for seat in worker.seats)
        yield ResponsibilityArea(
            person=person,
            unit=units[grid or worker.unit],
            role="LEAD" if leads else "DEDICATED",
            main_workplace=True,
            start=worker.start,
            end=worker.end,
        )

    def _resume(self, person: Person, worker: Worker) -> Iterator[ResumeLine]:
        began = worker.graduated.replace(year=worker.graduated.year - 3, month=9)
        school = f"{self.roster.name}{SCHOOLS.get(worker.education, '学校')}"
        yield ResumeLine(person=person, start=began, end=worker.graduated, organisation=school, role="学生")
        if worker.graduated < worker.start:
            yield ResumeLine(
                person=person,
                start=worker.graduated,
                end=worker.start,
                organisation=f"{self.roster.name}某企业",
                role="职员",
            )
        yield ResumeLine(person=person, start=worker.start, end=worker.end, organisation="社区", role="社区工作者")

    def _family(self, person: Person, worker: Worker) -> Iterator[FamilyMember]:
        surname = worker.name[0]
        if worker.birth.year < EVALUATED_YEAR - 28:
            other = "MALE" if worker.sex == "FEMALE" else "FEMALE"
            yield FamilyMember(
                person=person,
                relation="11" if other == "MALE" else "12",
                name=name_of(self.random, other),
                birth_date=date(worker.birth.year - 1, 3, 1),
                political_status="MASSES",
                work=f"{self.roster.name}某单位职工",
            )
        father = surname + name_of(self.random, "MALE")[1:]
        yield FamilyMember(
            person=person,
            relation="51",
            name=father if surname in FAMILY else name_of(self.random, "MALE"),
            birth_date=date(worker.birth.year - 26, 5, 1),
            political_status="MASSES",
            work="退休",
        )

    def _check(self, person: Person, worker: Worker) -> Iterator[HealthCheck]:
        for year in (EVALUATED_YEAR - 1, EVALUATED_YEAR):
            day = date(year, 4, 1) + timedelta(days=self.random.randrange(60))
            if day >= worker.start:
                yield HealthCheck(person=person, day=day, place=f"{self.roster.name}人民医院", result="NORMAL")

    def _leave(self, person: Person, worker: Worker) -> Iterator[Leave]:
        day = date(EVALUATED_YEAR, self.random.choice((3, 7, 8)), 3)
        if worker.start < date(EVALUATED_YEAR, 1, 1):
            yield Leave(person=person, kind="ANNUAL", start=day, end=day + timedelta(days=5), days=Decimal("5.0"))

    def _public_roles(self, people: list[tuple[Person, Worker]]) -> Iterator[PublicRole]:
        """As many as the article prints, one each, the secretaries first."""
        ranked = sorted(people, key=lambda pair: not any(s.title == "PARTY_SECRETARY" for s in pair[1].seats))
        for n, (person, worker) in enumerate(ranked[: PUBLIC_ROLES.get(self.roster.place, 0)]):
            member = worker.political == "PARTY_MEMBER"
            kind = ("PARTY_DELEGATE", "PEOPLES_DEPUTY")[n % 2] if member else "PEOPLES_DEPUTY"
            yield PublicRole(
                person=person,
                kind=kind,
                level="MUNICIPAL" if self.roster.place == "340181" and n < 2 else "COUNTY",
                term="本届",
                start=max(worker.start, date(2022, 1, 1)),
            )

    def _treatments(self, people: list[tuple[Person, Worker]]) -> Iterator[SpecialTreatment]:
        chiefs = [
            (person, seat) for person, worker in people for seat in worker.seats if seat.title == "PARTY_SECRETARY"
        ]
        for person, seat in chiefs[: TREATED.get(self.roster.place, 0)]:
            yield SpecialTreatment(person=person, level="DEPUTY_SECTION", start=seat.start, with_post=True)

    def _named_lists(self, people: list[tuple[Person, Worker]]) -> Iterator[NamedListEntry]:
        """The reserve of secretaries where a place has one; on the other lists some of those who hold no post of the two
        committees, the first of every list on one day.
        """
        for person, worker in people:
            if worker.reserve:
                start = max(worker.start, date(2025, 3, 1))
                yield NamedListEntry(person=person, kind="SECRETARY_RESERVE", batch="首批", start=start)
        grid_and_staff = [
            (person, worker)
            for person, worker in people
            if worker.end is None and all(seat.title in ("STAFF", "GRID_WORKER") for seat in worker.seats)
        ]
        for n, kind in enumerate(NAMED_LISTS.get(self.roster.place, ())):
            for person, worker in grid_and_staff[n * ON_EACH_LIST : (n + 1) * ON_EACH_LIST]:
                yield NamedListEntry(person=person, kind=kind, batch="首批", start=max(worker.start, date(2025, 3, 1)))

    def _duties(self, person: Person, worker: Worker) -> Iterator[DutyItem]:
        if worker.end is None and worker.start < date(2025, 1, 1):
            for kind, text, due, done in DUTIES.get(self.roster.place, ()):
                yield DutyItem(person=person, kind=kind, text=text, start=date(2025, 1, 1), due=due, done=done)

    def _archive(self, number: int, person: Person, worker: Worker) -> Archive:
        return Archive(
            person=person,
            number=f"{self.roster.place}-{number:05d}",
            opened=worker.start,
            shelf=f"{number % 12 + 1}号柜",
        )

    def _papers(self, archive: Archive, worker: Worker) -> Iterator[ArchiveItem]:
        papers = [("1", "履历表", worker.start, 4), ("4", "学历证书复印件", worker.graduated, 1)]
        if worker.political == "PARTY_MEMBER":
            papers.append(("6", "入党志愿书", date(worker.birth.year + 21, 7, 1), 12))
        papers += [("9", "任免审批表", seat.start, 2) for seat in worker.seats[:1]]
        papers += [("3", f"{year}年度考核登记表", date(year, 12, 31), 2) for year in sorted(worker.results)]
        if self.random.random() < 0.2:  # something is always missing somewhere
            papers.pop(0)
        for category, title, day, pages in papers:
            if day <= AS_OF:
                yield ArchiveItem(archive=archive, category=category, title=title, day=day, pages=pages)


def _custody(
    archive: Any, worker: Worker, units: dict[str, Unit], versions: list[PolicyVersion], says: RulesSay
) -> Iterator[Custody]:
    held = []
    for title, code, start, end in [
        ("", worker.unit, worker.start, worker.end),
        *((seat.title, seat.unit or worker.unit, seat.start, None) for seat in worker.seats),
    ]:
        street, county = units[code[:9]], units[code[:6]]
        for rules, in_force, first, last in ruled_days_for_system(units[code].path, start, end, versions):
            held.append(Held(title, county.pk, street.pk, first, last, start, rules, in_force))
    for one in custody_of(held, says, archive.opened):
        yield Custody(
            archive=archive,
            kind=one.kind,
            unit_id=one.unit,
            start=one.start,
            end=one.end,
            handed_over=one.start,
            received_by="组织部干部科" if one.kind == ORGANISATION_DEPARTMENT else "街道组织办",
        )
