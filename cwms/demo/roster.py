"""A place's people as plain data, before any of it is stored: what the generators make and the loader loads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random

from cwms.demo.names import name_of
from personnel.rules import check_digit

# The last closed year before the demonstration's own evaluation, and the day on which its records stand.
EVALUATED_YEAR = 2025
AS_OF = date(2025, 12, 31)


@dataclass(frozen=True)
class UnitRow:
    code: str
    name: str
    kind: str


@dataclass
class Seat:
    """A post held: `unit` is the short code where it is not the worker's community."""

    title: str
    start: date
    unit: str | None = None
    full_time: bool = True
    appointed_as: str | None = None


@dataclass
class Worker:
    key: str
    name: str
    sex: str
    birth: date
    unit: str
    start: date
    region: str
    category: str = "COMMUNITY_WORKER"
    channel: str = "OPEN_RECRUITMENT"
    end: date | None = None
    end_reason: str = ""
    probation_end: date | None = None
    political: str = "MASSES"
    seats: list[Seat] = field(default_factory=list)
    education: str = "COLLEGE"
    graduated: date = date(2010, 7, 1)
    certificate: str | None = None
    certified: date = date(2019, 9, 1)
    second_employment: tuple[str, date] | None = None  # a second open employment: category and start (a bad record)
    commended: date | None = None
    discipline: tuple[date, date] | None = None
    results: dict[int, str] = field(default_factory=dict)  # closed yearly results of earlier years
    scores: dict[str, Decimal] = field(default_factory=dict)  # inputs of 2025 by code of input
    months: dict[int, Decimal] = field(default_factory=dict)  # monthly scores of 2025 where the place has them
    trainings: list[tuple[str, str, str, date, Decimal]] = field(
        default_factory=list
    )  # title, organiser, mode, day, days
    grade: int | None = None  # value on the ladder
    grade_since: date = date(2024, 1, 1)
    reserve: bool = False  # on the list of future secretaries

    @property
    def identity_number(self) -> str:
        """Valid by its check digit, and of nobody: the sequence is the worker's own."""
        return self._identity

    _identity: str = ""


@dataclass
class Seats:
    """An approved headcount of a place with what is printed of it."""

    number: int
    start: date
    document: str
    issuer: str
    reason: str = ""  # why more people than seats


@dataclass
class Roster:
    place: str
    name: str
    units: list[UnitRow]
    workers: list[Worker]
    facts: list[tuple[str, str, str, str]] = field(default_factory=list)  # unit, key, value, source
    seats: Seats | None = None  # only where a source prints the number


@cache
def all_units() -> tuple[UnitRow, ...]:
    text = files("cwms.demo").joinpath("data/units.csv").read_text(encoding="utf-8")
    return tuple(UnitRow(*line.split(",")) for line in text.splitlines()[1:])


def units_of(place: str) -> list[UnitRow]:
    """The place's units with those above it, in the order of the tree."""
    return [unit for unit in all_units() if unit.code.startswith(place) or place.startswith(unit.code)]


def communities_of(place: str) -> list[UnitRow]:
    return [unit for unit in units_of(place) if unit.kind == "COMMUNITY"]


class Numbers:
    """Identity numbers: a sequence per region and birth date, the parity of its last digit being the sex's."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, date, str], int] = {}

    def give(self, region: str, birth: date, sex: str) -> str:
        key = (region, birth, sex)
        self._next[key] = sequence = self._next.get(key, 101 if sex == "MALE" else 102) + 2
        if sequence > 999:
            raise ValueError("too many people of one birth date")
        first = f"{region}{birth:%Y%m%d}{sequence:03d}"
        return first + check_digit(first)


def finish(workers: Iterable[Worker]) -> list[Worker]:
    """Gives everybody their identity number."""
    numbers = Numbers()
    finished = list(workers)
    for worker in finished:
        worker._identity = numbers.give(worker.region, worker.birth, worker.sex)
    return finished


def make(random: Random, key: str, unit: str, *, region: str, sex: str | None = None, age: int | None = None) -> Worker:
    """An ordinary worker: everything that a place's generator doesn't say is drawn."""
    sex = sex or ("FEMALE" if random.random() < 0.62 else "MALE")
    age = random.randint(26, 52) if age is None else age
    birth = date(EVALUATED_YEAR - age, 1, 1) + timedelta(days=random.randrange(364))
    latest = EVALUATED_YEAR - 2
    earliest = max(2008, birth.year + 22)
    start = date(random.randint(min(earliest, latest), latest), random.choice((1, 3, 5, 7, 9)), 1)
    return Worker(
        key=key,
        name=name_of(random, sex),
        sex=sex,
        birth=birth,
        unit=unit,
        start=start,
        region=region,
        political="PARTY_MEMBER" if random.random() < 0.45 else "MASSES",
        graduated=date(min(birth.year + 22, 2023), 7, 1),
    )


def score_in(random: Random, low: str, high: str) -> Decimal:
    """A score of two digits between two bounds."""
    cents = random.randint(int(Decimal(low) * 100), int(Decimal(high) * 100))
    return Decimal(cents) / 100


def around(random: Random, target: Decimal, codes: Iterable[str], spread: int = 80) -> dict[str, Decimal]:
    """Inputs that differ from the target by at most `spread` hundredths, so that any weighted mean does too."""
    return {
        code: max(Decimal(0), min(Decimal(100), target + Decimal(random.randint(-spread, spread)) / 100))
        for code in codes
    }
