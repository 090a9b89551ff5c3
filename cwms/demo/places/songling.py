"""松岭区: 39 community workers whose monthly pay is 3,700.00 on average, 3,640.00 at least and 4,160.00 at most.

Printed (SL-04, SL-09 … SL-11, SL-35, SL-36): 27 approved and 39 actual, ten people of the towns' establishment and 16
public-welfare posts beside them, two secretaries elected since 2022. The roster is worked out from the parts of pay:
what each person is above the least, in yuan, adds up to 39 × 60.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import NamedTuple

from cwms.demo.roster import Roster, Seat, Seats, Worker, around, communities_of, finish, make, score_in, units_of

PLACE = "232762"
ACTUAL, APPROVED = 39, 27
LEAST, MEAN, MOST = 3_640, 3_700, 4_160
INPUTS = ("satisfaction", "daily", "meeting")
_BASE = 2 * 1_450
_POST = {"chief": 700, "deputy": 650, "general": 600}
_RATE = {"EXCELLENT": 25, "GOOD": 20, "FAIR": 15}
_CERTIFICATE = {None: 0, "ASSISTANT": 150, "SOCIAL_WORKER": 300, "SENIOR": 500}
_BANDS = {"EXCELLENT": ("92", "97"), "GOOD": ("77", "88"), "FAIR": ("62", "73")}


class Row(NamedTuple):
    """What decides somebody's pay: the result is that of 2025, the years are full ones on 1 January 2026."""

    post: str
    sex: str
    result: str
    certificate: str | None
    years: int


_CHIEFS = [
    ("chief", "FEMALE", "EXCELLENT", "SOCIAL_WORKER", 5),  # the most: 4,160
    ("chief", "MALE", "GOOD", None, 3),
    ("chief", "FEMALE", "FAIR", None, 2),
    ("chief", "MALE", "GOOD", None, 2),
    ("chief", "MALE", "FAIR", None, 4),
    ("chief", "MALE", "FAIR", None, 3),
]
_DEPUTIES = [
    ("deputy", "MALE", "FAIR", None, 1),
    ("deputy", "MALE", "FAIR", None, 2),
    ("deputy", "FEMALE", "FAIR", None, 1),
    ("deputy", "MALE", "EXCELLENT", None, 1),
]
_GENERAL = [
    ("general", "MALE", "FAIR", None, 5),  # the least: 3,640
    ("general", "MALE", "FAIR", None, 5),
    ("general", "MALE", "FAIR", "ASSISTANT", 2),
    ("general", "FEMALE", "GOOD", None, 1),
    ("general", "FEMALE", "GOOD", None, 2),
    ("general", "FEMALE", "GOOD", None, 3),
    ("general", "FEMALE", "EXCELLENT", None, 1),
    ("general", "FEMALE", "EXCELLENT", None, 2),
    ("general", "MALE", "EXCELLENT", None, 3),
    ("general", "MALE", "GOOD", None, 5),
    *[("general", "FEMALE", "FAIR", None, years) for years in (2, 2, 3, 3, 4, 4, 5)],
    *[("general", "FEMALE", "GOOD", None, years) for years in (1, 2)],
    *[("general", "MALE", "GOOD", None, years) for years in (3, 4, 4)],
    *[("general", "MALE", "FAIR", None, 6)] * 7,
]


def monthly_pay(row: Row) -> Decimal:
    """The article's parts of pay with the assumed amounts, in yuan, reckoned here apart from the rules."""
    standard = Decimal(_POST[row.post])
    return (
        _BASE
        + standard
        + standard * _RATE[row.result] / 100
        + _CERTIFICATE[row.certificate]
        + 10 * row.years
        + (35 if row.sex == "FEMALE" else 0)
    )


def roster() -> Roster:
    random = Random("songling")  # noqa: S311  (invented people, not secrets)
    communities = [unit.code for unit in communities_of(PLACE)]
    rows = _closed([Row(*row) for row in (*_CHIEFS, *_DEPUTIES, *_GENERAL)])
    workers = [_worker(random, n, communities, row) for n, row in enumerate(rows)]
    return Roster(
        place=PLACE,
        name="松岭区",
        units=units_of(PLACE),
        workers=finish(workers + _others(random, communities)),
        facts=[(PLACE, "approved_quota", str(APPROVED), "SL-04")],
        seats=Seats(
            APPROVED,
            date(2022, 1, 1),
            "核定社区工作者员额27人（SL-04）",
            "松岭区委、区政府（SL-05）",
            "原文同时载明核定27人、实际配备39人，没有说明原因（SL-04）",
        ),
    )


def _closed(rows: list[Row]) -> list[Row]:
    """Gives the last general workers as many years as the mean still needs."""
    missing = ACTUAL * MEAN - sum(map(monthly_pay, rows), Decimal(0))
    turn = len(rows) - 1
    while missing > 0:
        rows[turn] = rows[turn]._replace(years=rows[turn].years + 1)
        missing -= 10
        turn = turn - 1 if turn > len(rows) - 12 else len(rows) - 1
    if missing:
        raise ValueError(f"the roster of Songling can't reach its mean: {missing} yuan too many")
    return rows


def _worker(random: Random, n: int, communities: list[str], row: Row) -> Worker:
    worker = make(random, f"worker-{n + 1}", communities[n % len(communities)], region=PLACE, sex=row.sex)
    worker.start = date(2025 - row.years, 7, 1)
    if worker.birth.year > worker.start.year - 20:
        worker.birth = worker.birth.replace(year=worker.start.year - 22, day=min(worker.birth.day, 28))
    titles = {
        "chief": ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"],
        "deputy": ["DEPUTY_SECRETARY"],
        "general": ["STAFF"],
    }[row.post]
    worker.seats = [Seat(title, worker.start) for title in titles]
    worker.channel = "ELECTED" if row.post == "chief" else "SELECTED" if n % 3 else "OPEN_RECRUITMENT"
    if row.post != "general":
        worker.political = "PARTY_MEMBER"
    worker.certificate = row.certificate
    worker.certified = max(worker.start, date(2021, 9, 1))
    for year in (2022, 2023, 2024):
        if (worker.start.year, worker.start.month) <= (year, 7):
            worker.results[year] = random.choice(("GOOD", "FAIR", "FAIR", "EXCELLENT"))
    worker.scores = around(random, score_in(random, *_BANDS[row.result]), INPUTS)
    return worker


def _others(random: Random, communities: list[str]) -> list[Worker]:
    """People who work in the communities and are no community workers."""
    others = []
    for n in range(10):
        worker = make(random, f"establishment-{n + 1}", communities[n % len(communities)], region=PLACE)
        worker.category, worker.channel = "ESTABLISHMENT_STAFF", "ASSIGNED"
        worker.start = date(2022, 5, 1)
        worker.seats = [Seat("STAFF", worker.start)]
        others.append(worker)
    for n in range(16):
        worker = make(random, f"welfare-{n + 1}", communities[n % len(communities)], region=PLACE)
        worker.category = "PUBLIC_WELFARE_POST"
        worker.start = date(2022, 9, 1)
        worker.education = "HIGH"
        worker.seats = [Seat("STAFF", worker.start)]
        others.append(worker)
    return others
