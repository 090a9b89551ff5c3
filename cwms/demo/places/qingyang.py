"""庆阳市: 1,163 community workers, each grid of 678 with a leader from among them (QY-06, QY-17).

No table of pay is published.
"""

from __future__ import annotations

from datetime import date
from random import Random

from cwms.demo.roster import (
    Roster,
    Seat,
    UnitRow,
    Worker,
    around,
    communities_of,
    finish,
    make,
    score_in,
    units_of,
)

PLACE = "6210"
WORKERS, GRIDS = 1_163, 678
INPUTS = ("organisation", "residents")


def roster() -> Roster:
    random = Random("qingyang")  # noqa: S311  (invented people, not secrets)
    communities = communities_of(PLACE)
    grids = _grids(communities)
    places: list[tuple[str, list[Seat]]] = [
        (community.code, [Seat("PARTY_SECRETARY", date(2021, 1, 1)), Seat("COMMITTEE_DIRECTOR", date(2021, 1, 1))])
        for community in communities
    ]
    places += [(grid.code[:12], [Seat("GRID_LEADER", date(2023, 1, 1), unit=grid.code)]) for grid in grids]
    n = 0
    while len(places) < WORKERS:
        grid = grids[n % len(grids)]
        places.append((grid.code[:12], [Seat("GRID_WORKER", date(2023, 1, 1), unit=grid.code)]))
        n += 1
    workers = [_worker(random, number, community, seats) for number, (community, seats) in enumerate(places)]
    return Roster(
        place=PLACE,
        name="庆阳市",
        units=units_of(PLACE) + grids,
        workers=finish(workers),
    )


def _grids(communities: list[UnitRow]) -> list[UnitRow]:
    grids = []
    for n, community in enumerate(communities):
        count = GRIDS // len(communities) + (1 if n < GRIDS % len(communities) else 0)
        grids += [
            UnitRow(f"{community.code}{number:03d}", f"{community.name}第{number}网格", "GRID")
            for number in range(1, count + 1)
        ]
    return grids


def _worker(random: Random, n: int, community: str, seats: list[Seat]) -> Worker:
    worker = make(random, f"worker-{n + 1}", community, region=community[:6])
    worker.seats = [Seat(seat.title, max(worker.start, seat.start), unit=seat.unit) for seat in seats]
    worker.channel = random.choice(("OPEN_RECRUITMENT", "ASSIGNED", "SELECTED"))
    worker.education = random.choice(("COLLEGE", "BACHELOR", "HIGH"))
    worker.grade = (7 if len(seats) == 2 else 1) + max(0, 2023 - worker.start.year) // 3
    worker.grade_since = max(worker.start, date(2023, 9, 1))
    for year in (2022, 2023, 2024):
        if (worker.start.year, worker.start.month) <= (year, 6):
            worker.results[year] = random.choice(("QUALIFIED", "QUALIFIED", "EXCELLENT"))
    worker.scores = around(random, score_in(random, *(("76", "97") if n % 31 else ("62", "73"))), INPUTS)
    return worker
