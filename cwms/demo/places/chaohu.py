"""巢湖市: 290 committee members in 37 communities and, with them, 573 community workers, of whom twelve leave in 2026.

Printed (CH-02 … CH-07, CH-11, CH-35): 290 members, 37 secretaries who are directors too, 230 members of party
organisations, 212 of residents' committees, a mean age of 39.1, 94.8 % with college or more, 573 approved, 88
certificate holders with at least a qualified result. Some of the other workers are in every state that a page can show.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

from cwms.demo.roster import Roster, Seat, Seats, Worker, around, communities_of, finish, make, score_in, units_of

PLACE = "340181"
MEMBERS, PARTY, COMMITTEE, APPROVED = 290, 230, 212, 573
BOTH = PARTY + COMMITTEE - MEMBERS  # 152 sit in both bodies, 37 of them as secretary and director
AGES = 11_339  # 290 × 39.1
COLLEGE_OR_ABOVE = 275  # 94.83 %
CERTIFIED = 88
TERM = date(2021, 11, 1)
INPUTS = ("daily", "leaders", "quarter.1", "quarter.2", "quarter.3", "quarter.4")
TIE_STREET = "340181005"
LEAVERS = slice(
    21, 33
)  # of the special ones: how many are in post isn't printed, and seats are free that may be filled


def roster() -> Roster:
    random = Random("chaohu")  # noqa: S311  (invented people, not secrets)
    communities = [unit.code for unit in communities_of(PLACE)]
    members = _members(random, communities)
    staff = _staff(random, communities)
    workers = members + staff
    _certificates(random, workers)
    _ladder(random, workers)
    _results(random, workers)
    _states(random, staff)
    _inputs(random, workers)
    _trainings(workers)
    return Roster(
        place=PLACE,
        name="巢湖市",
        units=units_of(PLACE),
        workers=finish(workers),
        facts=[
            (PLACE, "approved_quota", str(APPROVED), "CH-11"),
            (PLACE, "urban_residents", "318333", "CH-10, CH-11: 573 at 18 a 10,000"),
        ],
        seats=Seats(
            APPROVED, date(2023, 1, 1), "核定4个城区街道社区工作者员额573人（CH-11）", "巢湖市（原文没有列出文号）"
        ),
    )


def _spread(total: int, places: int) -> list[int]:
    """A number over places as evenly as it goes, the first ones getting one more."""
    return [total // places + (1 if n < total % places else 0) for n in range(places)]


def _members(random: Random, communities: list[str]) -> list[Worker]:
    count = len(communities)
    in_both = _spread(BOTH - count, count)
    party_only = list(reversed(_spread(MEMBERS - COMMITTEE, count)))
    committee_only = list(reversed(_spread(MEMBERS - PARTY, count)))
    members: list[Worker] = []
    for n, community in enumerate(communities):
        seats = [["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]]
        for place in range(in_both[n]):
            party = "DEPUTY_SECRETARY" if place == 0 else "PARTY_COMMITTEE_MEMBER"
            seats.append([party, "DEPUTY_DIRECTOR" if place == 1 else "COMMITTEE_MEMBER"])
        seats += [["PARTY_COMMITTEE_MEMBER"]] * party_only[n] + [["COMMITTEE_MEMBER"]] * committee_only[n]
        for titles in seats:
            chief = "PARTY_SECRETARY" in titles
            worker = make(
                random,
                f"member-{len(members) + 1}",
                community,
                region=PLACE,
                age=random.randint(34, 54) if chief else random.randint(26, 52),
            )
            worker.seats = [Seat(title, max(TERM, worker.start)) for title in titles]
            worker.channel = "ELECTED"
            if any(seat.title.startswith(("PARTY", "DEPUTY_S")) for seat in worker.seats):
                worker.political = "PARTY_MEMBER"
            members.append(worker)
    _set_ages(members)
    for n, worker in enumerate(members):
        worker.education = ("BACHELOR", "COLLEGE", "COLLEGE", "BACHELOR", "COLLEGE")[n % 5]
    for worker in random.sample([w for w in members if len(w.seats) == 1], MEMBERS - COLLEGE_OR_ABOVE):
        worker.education = "HIGH"
    return members


def _set_ages(members: list[Worker]) -> None:
    """Moves birth years, a few people by a year each, until the ages add up."""
    wrong = sum(2025 - worker.birth.year for worker in members) - AGES
    step, turn = (1 if wrong > 0 else -1), 0
    while wrong:
        worker = members[turn % len(members)]
        age = 2025 - worker.birth.year - step
        if 24 <= age <= 56 and worker.start.year - (2025 - age) >= 20:
            worker.birth = date(2025 - age, worker.birth.month, min(worker.birth.day, 28))
            wrong -= step
        turn += 1


def _staff(random: Random, communities: list[str]) -> list[Worker]:
    staff = []
    for n in range(APPROVED - MEMBERS):
        worker = make(random, f"staff-{n + 1}", communities[n % len(communities)], region=PLACE)
        worker.seats = [Seat("STAFF", worker.start)]
        worker.education = ("COLLEGE", "BACHELOR", "COLLEGE", "BACHELOR", "BACHELOR", "SECONDARY")[n % 6]
        staff.append(worker)
    # two batches of open recruitment: 33 graduates of full-time study, four of them masters (CH-16)
    for n, worker in enumerate(staff[40:73]):
        worker.education = "MASTER" if n < 4 else "BACHELOR"
    return staff


def _certificates(random: Random, workers: list[Worker]) -> None:
    """88 holders, none of them among those made special below (the last forty)."""
    for n, worker in enumerate(random.sample(workers[:-40], CERTIFIED)):
        worker.certificate = "SOCIAL_WORKER" if n % 4 == 0 else "ASSISTANT"
        worker.certified = date(2016 + n % 8, 9, 1)


def _ladder(random: Random, workers: list[Worker]) -> None:
    """Values as they came out of the conversion of 2023 and the steps since."""
    for worker in workers:
        titles = {seat.title for seat in worker.seats}
        floor, ceiling = 1, 12
        if "PARTY_SECRETARY" in titles:
            floor, ceiling = 7, 18
        elif titles & {"DEPUTY_SECRETARY", "DEPUTY_DIRECTOR"}:
            floor, ceiling = 4, 15
        years = max(0, 2022 - worker.start.year)
        credit = {"MASTER": 2, "BACHELOR": 1}.get(worker.education, 0)
        since = random.choice((date(2023, 1, 1), date(2024, 1, 1), date(2025, 1, 1)))
        worker.grade = min(ceiling, floor + years // 3 + credit)
        worker.grade_since = max(since, worker.start)


def _results(random: Random, workers: list[Worker]) -> None:
    for worker in workers:
        for year in (2022, 2023, 2024):
            if (worker.start.year, worker.start.month) <= (year, 6):
                lot = random.random()
                worker.results[year] = (
                    "EXCELLENT"
                    if lot < 0.27
                    else "QUALIFIED"
                    if lot < 0.97 or worker.certificate
                    else "BASICALLY_QUALIFIED"
                )


def _states(random: Random, staff: list[Worker]) -> None:
    """The last workers of the roster are in the states that the runs must report."""
    special = staff[-40:]
    for worker in special[0:4]:  # on probation: no grade of the year, and 2025 is not over for them
        _newcomer(worker, date(2025, 10, 1), probation_end=date(2026, 4, 1))
    for worker in special[4:6]:  # too short in post, probation waived
        _newcomer(worker, date(2025, 9, 1), probation_end=None)
    for worker in special[6:8]:
        worker.discipline = (date(2025, 3, 10), date(2026, 3, 10))
    special[8].results[2024] = "UNQUALIFIED"  # and again in 2025: two years running
    special[9].results[2024] = "UNQUALIFIED"
    for worker in special[10:12]:
        worker.seats = []  # no post
    special[12].second_employment = ("FULL_TIME_STAFF", date(2025, 6, 1))
    for worker in special[13:15]:  # come after the review of January, so that nobody has placed them on the ladder yet
        _newcomer(worker, date(2026, 1, 5), probation_end=None)
        worker.grade = None
    for worker in special[15:18]:  # commended by the city
        worker.commended = date(2025, 7, 1)
    for worker in special[LEAVERS]:
        worker.end = date(2026, 2, 1)
        worker.end_reason = "RESIGNED"


def _newcomer(worker: Worker, start: date, *, probation_end: date | None) -> None:
    worker.start = worker.grade_since = start
    worker.probation_end = probation_end
    worker.results = {}
    worker.grade = 1
    worker.seats = [Seat("STAFF", start)]


def _inputs(random: Random, workers: list[Worker]) -> None:
    """Scores of 2025: in three streets more would be excellent than may be, in one the line falls between equals."""
    special = workers[-40:]
    ineligible = {id(worker) for worker in (*special[0:6], *special[13:15])}
    missing = {id(worker) for worker in special[18:21]}
    broken = {id(worker) for worker in special[10:13]}
    streets: dict[str, list[Worker]] = {}
    for worker in workers:
        streets.setdefault(worker.unit[:9], []).append(worker)
    for street, people in streets.items():
        graded = [w for w in people if id(w) not in ineligible | missing | broken]
        cap = len(graded) * 30 // 100
        ordinary = [w for w in graded if w not in special]
        best = random.sample(ordinary, cap - 1 if street == TIE_STREET else cap + (3 if cap > 10 else 0))
        for worker in people:
            target = score_in(random, "77", "88")
            if worker in best:
                target = score_in(random, "92", "97")
            elif worker not in special and not worker.certificate and random.random() < 0.03:
                target = score_in(random, "63", "72")
            worker.scores = around(random, target, INPUTS)
        if street == TIE_STREET:
            equal = [w for w in ordinary if w not in best][:2]
            for worker in equal:
                worker.scores = dict.fromkeys(INPUTS, Decimal("91"))
    for worker in special[8:10]:
        worker.scores = around(random, score_in(random, "48", "56"), INPUTS)
    for worker in special[18:21]:
        del worker.scores["leaders"]


def _trainings(workers: list[Worker]) -> None:
    """Five days of central courses a year for everybody (CH-25), secretaries with the city; a few still lack days."""
    for n, worker in enumerate(workers):
        if worker.start.year >= 2025:
            continue
        chief = any(seat.title == "PARTY_SECRETARY" for seat in worker.seats)
        title, organiser = ("社区党组织书记集中培训", "市委组织部") if chief else ("社区工作者集中培训", "街道党工委")
        days = Decimal(3 if n % 37 == 36 else 5)
        worker.trainings = [(f"2025年{title}", organiser, "CENTRAL", date(2025, 5, 12), days)]
