"""乐山市市中区: 300 community staff with a mean of 67,800 yuan a year, 80 % fixed and 20 % performance (LS-21, LS-24).

Standards by post are assumed so that their mean is 5,650 a month; in every month and post as many people score above
the upper line as below the lower one, so that performance pays what its standard says on average.
"""

from __future__ import annotations

from datetime import date
from random import Random

from cwms.demo.roster import Roster, Seat, Worker, around, communities_of, finish, make, score_in, units_of

PLACE = "511102"
STANDARD = {"chief": 6_650, "deputy": 6_050, "general": 5_350}
INPUTS = ("meeting",)


def roster() -> Roster:
    random = Random("leshan")  # noqa: S311  (invented people, not secrets)
    communities = [unit.code for unit in communities_of(PLACE)]
    count = len(communities)
    places = [("chief", community, ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]) for community in communities]
    places += [("deputy", community, ["DEPUTY_SECRETARY"]) for community in communities]
    # 1,000 × chiefs + 400 × deputies = 300 × general staff: the mean is that of the article
    general = (1_000 * count + 400 * count) // 300
    places += [
        ("general", communities[n % count], ["COMMITTEE_MEMBER"] if n < 2 * count else ["STAFF"])
        for n in range(general)
    ]
    groups: dict[str, list[Worker]] = {}
    for n, (post, community, titles) in enumerate(places):
        worker = make(random, f"worker-{n + 1}", community, region=PLACE)
        worker.seats = [Seat(title, max(worker.start, date(2021, 1, 1))) for title in titles]
        worker.category = "FULL_TIME_STAFF" if titles == ["STAFF"] else "COMMUNITY_WORKER"
        worker.channel = "OPEN_RECRUITMENT" if titles == ["STAFF"] else "ELECTED"
        worker.education = random.choice(("COLLEGE", "BACHELOR"))
        for year in (2022, 2023, 2024):
            if (worker.start.year, worker.start.month) <= (year, 6):
                worker.results[year] = random.choice(("QUALIFIED", "QUALIFIED", "EXCELLENT"))
        worker.scores = around(random, score_in(random, "70", "96"), INPUTS)
        groups.setdefault(post, []).append(worker)
    for group in groups.values():
        _months(random, group)
    workers = [worker for group in groups.values() for worker in group]
    for worker in workers[100:103]:  # not yet reviewed when the evaluation is computed
        worker.scores = {}
    return Roster(place=PLACE, name="乐山市市中区", units=units_of(PLACE), workers=finish(workers))


def _months(random: Random, group: list[Worker]) -> None:
    """Whole points a month; as many above 95 as below 85."""
    for month in range(1, 13):
        order = random.sample(group, len(group))
        fifth = len(group) // 5
        for n, worker in enumerate(order):
            low, high = (95, 99) if n < fifth else (78, 84) if n < 2 * fifth else (85, 94)
            worker.months[month] = score_in(random, str(low), str(high)).to_integral_value()
