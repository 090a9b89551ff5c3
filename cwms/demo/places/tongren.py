"""铜仁市: 1,087 converted workers of 189 communities with a mean of 3,962.09 yuan a month (TR-04, TR-10, TR-25).

Five posts: both offices in one hand, one of them, other full-time committee members, and two posts of full-time staff.
Education closes the sum: a few people have a bachelor's degree more or less.
"""

from __future__ import annotations

from datetime import date
from random import Random

from cwms.demo.roster import Roster, Seat, Worker, around, communities_of, finish, make, score_in, units_of

PLACE = "5206"
CONVERTED = 1_087
TARGET = 4_306_790  # yuan: 3,962.09 × 1,087 = 4,306,791.83, and this sum rounds to the same mean
INPUTS = ("daily", "meeting")
# By the policy file of 2024, reckoned here apart from the rules
_EVERY = 5  # years of service for each grade above the lowest of the post, at the conversion
_DUTY = {"first": 2_600, "second": 2_400, "third": 2_200, "fourth": 2_000, "fifth": 1_900}
_RANGE = {"first": (17, 20), "second": (13, 16), "third": (9, 12), "fourth": (5, 8), "fifth": (1, 4)}
_EDUCATION = {"MASTER": 200, "BACHELOR": 120, "COLLEGE": 55, "HIGH": 0}
_CERTIFICATE = {None: 0, "ASSISTANT": 150, "SOCIAL_WORKER": 300}
_PERFORMANCE = {"EXCELLENT": 800, "QUALIFIED": 600, "BASICALLY_QUALIFIED": 300, "UNQUALIFIED": 0, None: 600}
_BANDS = {
    "EXCELLENT": ("92", "97"),
    "QUALIFIED": ("77", "88"),
    "BASICALLY_QUALIFIED": ("62", "73"),
    "UNQUALIFIED": ("45", "57"),
}


def roster() -> Roster:
    random = Random("tongren")  # noqa: S311  (invented people, not secrets)
    communities = [unit.code for unit in communities_of(PLACE)]
    workers: list[Worker] = []
    posts: list[str] = []
    results: list[str | None] = []
    for post, community, titles in _places(communities):
        worker = make(random, f"worker-{len(workers) + 1}", community, region=community[:6])
        worker.seats = [
            Seat(title, max(worker.start, date(2021, 3, 1)), appointed_as="fourth" if post == "fourth" else None)
            for title in titles
        ]
        if post in ("first", "second", "third"):
            worker.channel, worker.political = "ELECTED", "PARTY_MEMBER"
        worker.education = random.choice(("COLLEGE", "COLLEGE", "BACHELOR", "COLLEGE", "HIGH"))
        if random.random() < 0.08:
            worker.certificate = random.choice(("ASSISTANT", "ASSISTANT", "SOCIAL_WORKER"))
        results.append(_year(random, worker, post, newcomer=len(workers) % 70 == 69))
        workers.append(worker)
        posts.append(post)
    _close_the_sum(workers, posts, results)
    _fill_the_reserve(workers, posts, communities)
    return Roster(
        place=PLACE,
        name="铜仁市",
        units=units_of(PLACE),
        workers=finish(workers),
    )


def _places(communities: list[str]) -> list[tuple[str, str, list[str]]]:
    """Who sits where: 152 communities with both offices in one hand, 37 with two people."""
    places: list[tuple[str, str, list[str]]] = []
    for n, community in enumerate(communities):
        if n % 5 != 4 or n >= 195:
            places.append(("first", community, ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]))
        else:
            places.append(("second", community, ["PARTY_SECRETARY"]))
            places.append(("second", community, ["COMMITTEE_DIRECTOR"]))
        places.append(("third", community, ["DEPUTY_SECRETARY"] if n % 2 else ["DEPUTY_DIRECTOR"]))
        if n % 5 < 3:
            places.append(("third", community, ["PARTY_COMMITTEE_MEMBER", "COMMITTEE_MEMBER"]))
        places.append(("fourth", community, ["STAFF"]))
        places.append(("fifth", community, ["STAFF"]))
    n = 0
    while len(places) < CONVERTED:
        places.append(("fifth", communities[n % len(communities)], ["STAFF"]))
        n += 1
    return places


def _year(random: Random, worker: Worker, post: str, *, newcomer: bool) -> str | None:
    """Puts the worker on the ladder and deals the result of 2025; returns it."""
    floor, ceiling = _RANGE[post]
    if newcomer and post in ("fourth", "fifth"):
        worker.start = worker.grade_since = date(2025, 9, 1)
        worker.probation_end = date(2026, 3, 1)
        worker.seats = [Seat("STAFF", worker.start, appointed_as="fourth" if post == "fourth" else None)]
        worker.grade = floor
        return None
    placed = _placed(worker, post)
    lot = random.random()
    result = (
        "EXCELLENT"
        if lot < 0.18
        else "QUALIFIED"
        if lot < 0.97
        else "BASICALLY_QUALIFIED"
        if lot < 0.992
        else "UNQUALIFIED"
        if placed < ceiling
        else "BASICALLY_QUALIFIED"
    )
    # So that the yearly step of 2026 and a conversion on the same day come to the same grade.
    worker.grade, worker.grade_since = placed, max(worker.start, date(2025, 1, 1))
    if result == "UNQUALIFIED":
        worker.grade = placed + 1
    elif result != "BASICALLY_QUALIFIED" and placed > floor and worker.start <= date(2024, 1, 1) and lot < 0.6:
        worker.grade, worker.grade_since = placed - 1, date(2024, 1, 1)
    for year in (2022, 2023, 2024):
        if (worker.start.year, worker.start.month) <= (year, 6):
            worker.results[year] = random.choice(("QUALIFIED", "QUALIFIED", "QUALIFIED", "EXCELLENT"))
    worker.scores = around(random, score_in(random, *_BANDS[result]), INPUTS)
    return result


def _placed(worker: Worker, post: str) -> int:
    """The grade that a conversion on 1 January 2026 gives: one for each five full years above the lowest of the post."""
    floor, ceiling = _RANGE[post]
    years = 2026 - worker.start.year - (worker.start > date(worker.start.year, 1, 1))
    return min(floor + years // _EVERY, ceiling)


def _grade_in_2026(worker: Worker, post: str, result: str | None) -> int:
    floor, ceiling = _RANGE[post]
    grade = worker.grade or floor
    if result == "UNQUALIFIED":
        return max(floor, grade - 1)
    if result in ("EXCELLENT", "QUALIFIED") and worker.grade_since == date(2024, 1, 1):
        return min(ceiling, grade + 1)
    return grade


def _fill_the_reserve(workers: list[Worker], posts: list[str], communities: list[str]) -> None:
    """365 future secretaries of 189 communities (TR-10): 345 under 45 all through 2026, 319 from college or above
    (TR-11), at least one a community.
    """
    # How many there still are to be: by whether they are under 45, and from college or above
    wanted = {(True, True): 299, (True, False): 46, (False, True): 20}
    waiting: dict[str, list[Worker]] = {community: [] for community in communities}
    for worker, post in zip(workers, posts, strict=True):
        # Nobody who holds one of the two offices, or turns 45 in the year
        if post in ("third", "fourth", "fifth") and worker.birth.year != 2026 - 45:
            waiting[worker.unit].append(worker)

    def kind(worker: Worker) -> tuple[bool, bool]:
        return worker.birth.year > 2026 - 45, worker.education != "HIGH"

    chosen: dict[str, int] = dict.fromkeys(communities, 0)

    def choose(community: str, *kinds: tuple[bool, bool]) -> None:
        """The first in the community of the first of the kinds of which there is somebody, and still somebody wanted."""
        for this in kinds:
            found = next((one for one in waiting[community] if kind(one) == this and not one.reserve), None)
            if found is not None and wanted[this]:
                found.reserve = True
                chosen[community] += 1
                wanted[this] -= 1
                return

    for community in communities:
        choose(community, *wanted)
    for most in (2, 3):
        for this in sorted(wanted, key=wanted.__getitem__):
            for community in communities:
                if chosen[community] < most:
                    choose(community, this)
    if any(wanted.values()) or not all(chosen.values()):
        raise ValueError(f"the reserve of Tongren can't be filled: {wanted}")


def monthly_pay(worker: Worker, post: str, result: str | None) -> int:
    """January 2026, after the yearly step, in yuan."""
    return (
        _DUTY[post]
        + 680
        + 60 * (_grade_in_2026(worker, post, result) - 1)
        + _EDUCATION[worker.education]
        + _CERTIFICATE[worker.certificate]
        + _PERFORMANCE[result]
    )


def _close_the_sum(workers: list[Worker], posts: list[str], results: list[str | None]) -> None:
    """Bachelors become college graduates (or the other way round), and a few of these leave school earlier."""
    missing = TARGET - sum(monthly_pay(*row) for row in zip(workers, posts, results, strict=True))
    for dropped in range(14):
        if (missing + 55 * dropped) % 65 == 0:
            raised = (missing + 55 * dropped) // 65
            break
    else:
        raise ValueError(f"the sum of Tongren can't be closed: {missing} yuan")
    before, after = ("COLLEGE", "BACHELOR") if raised > 0 else ("BACHELOR", "COLLEGE")
    candidates = [worker for worker in workers if worker.education == before]
    if len(candidates) < abs(raised):
        raise ValueError(f"the sum of Tongren is {missing} yuan away")
    for worker in candidates[: abs(raised)]:
        worker.education = after
    leavers = [worker for worker in workers[::-1] if worker.education == "COLLEGE"]
    for worker in leavers[:dropped]:
        worker.education = "HIGH"
