"""The list of people, the search and one record, as whole requests: for users of every level of the tree.

Requests are drawn from a fixed sequence of random numbers: units of every level, every filter of the query form alone
and in twos and threes, all orders, pages far behind; surnames, given names, pinyin whole, in part and in initials. The
time is that of the whole answer (log-in, rights, queries, rows, page) without the network.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Listing, Person
from personnel.rules.listing import SORTS, Cursor

GOALS = {"list_ms": 100, "search_ms": 120, "record_ms": 150, "list_queries": 15}
REQUESTS = 300
_FILTERS: dict[str, tuple[Any, ...]] = {
    "sex": ("MALE", "FEMALE"),
    "political_status": ("PARTY_MEMBER", "MASSES"),
    "education": ("BACHELOR", "COLLEGE"),
    "certificate": ("SOCIAL_WORKER", "ASSISTANT"),
    "title": ("PARTY_SECRETARY", "DEPUTY_DIRECTOR", "STAFF"),
    "category": ("COMMUNITY_WORKER", "GRID_WORKER"),
    "age_to": (30, 40),
    "age_from": (35, 55),
    "entered_from": ("2020-01-01", "2024-06-01"),
    "entered_to": ("2009-12-31", "2015-12-31"),
    "probation_from": ("2025-01-01",),
    "state": ("left", "coming", "all"),
}


def users(place: str) -> dict[str, tuple[Client, str]]:
    """A user for the province, a city, a county, a street and a community: a client, and the code of the unit."""
    found = {}
    codes = {"everything": place, "city": f"{place}01", "county": f"{place}0101", "street": f"{place}0101001"}
    for level, code in (codes | {"community": f"{place}0101001001"}).items():
        user, created = User.objects.get_or_create(username=f"bench-{code}", defaults={"display_name": level})
        if created:
            unit = Unit.objects.get(code=code.ljust(12, "0"))
            grant_give(actor=None, user=user, unit=unit, role=Role.ORG_OFFICER)
        client = Client()
        client.force_login(user)
        found[level] = client, code
    return found


def _some(place: str, drawn: random.Random) -> list[Listing]:
    """Four hundred rows of the place, the same ones every time."""
    rows = Listing.objects.filter(unit_path__startswith=f"{place}/").aggregate(low=Min("pk"), high=Max("pk"))
    numbers = [drawn.randint(rows["low"], rows["high"]) for _n in range(400)]
    return list(Listing.objects.filter(pk__in=numbers, unit_path__startswith=f"{place}/").defer("words").order_by("pk"))


def lists(place: str) -> Iterator[tuple[str, str]]:
    """(level of the user, address) of lists with filters, without end."""
    drawn = random.Random(1)
    within = list(Unit.objects.filter(code__startswith=place).exclude(kind="PROVINCE").values_list("code", "path"))
    far = _some(place, drawn)
    while True:
        level = drawn.choice(("everything", "everything", "city", "county", "street", "community"))
        query: dict[str, Any] = {
            name: drawn.choice(_FILTERS[name]) for name in drawn.sample(sorted(_FILTERS), drawn.choice((1, 1, 2, 3)))
        }
        if level == "everything" and drawn.random() < 0.5:
            query["unit"] = drawn.choice(within)[0]
        sort = drawn.choice(sorted(SORTS))
        query["sort"] = drawn.choice(("", "-")) + sort
        if far and drawn.random() < 0.3:  # anywhere: on the average half of all pages lie before it
            row = drawn.choice(far)
            query["at"] = Cursor(tuple(getattr(row, key) for key in SORTS[sort]), False, None).text()
        yield level, "/people/?" + urlencode(query)


def searches(place: str) -> Iterator[tuple[str, str]]:
    drawn = random.Random(2)
    names = list(
        Person.objects.filter(pk__in=[row.person_id for row in _some(place, drawn)]).values_list("name", "name_pinyin")
    )
    while True:
        name, pinyin = drawn.choice(names)
        syllables = pinyin.split()
        word = drawn.choice(
            (
                name, name[0], name[1:], "".join(syllables), "".join(syllables[:2]), syllables[0], syllables[-1],
                "".join(part[0] for part in syllables), "".join(part[0] for part in syllables[:2]),
                "".join(syllables)[: drawn.randint(1, 7)],
            )
        )  # fmt: skip
        level = drawn.choice(("everything", "everything", "city", "county", "street"))
        yield level, "/people/?" + urlencode({"q": word})


def records(place: str) -> Iterator[tuple[str, str]]:
    drawn = random.Random(3)
    numbers = [row.person_id for row in _some(place, drawn)]
    while True:
        yield "everything", f"/people/{drawn.choice(numbers)}/"


def fill(place: str) -> float:
    """Make the listing unless the place has one already; seconds. Its indexes are quicker made afterwards."""
    began = time.perf_counter()
    if Listing.objects.filter(unit_path__startswith=f"{place}/").exists():
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'personnel_listing'")
        indexes = [(name, text) for name, text in cursor.fetchall() if "UNIQUE" not in text]
        cursor.execute("TRUNCATE personnel_listing RESTART IDENTITY")
        for name, _text in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SELECT personnel_listing_fill(NULL)")
        for _name, text in indexes:
            cursor.execute(text)
        cursor.execute("VACUUM ANALYZE personnel_listing")
    return time.perf_counter() - began


def measure_lists(place: str, requests: int = REQUESTS, *, slowest: int = 0, best_of: int = 1) -> dict[str, Any]:
    """{"list_ms": p95, "list_queries": most, "search_ms": p95, "record_ms": p95}; prints the slowest if asked to.

    best_of: every request is made so often and its best time counts, for a machine that does other work meanwhile.
    """
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    found: dict[str, Any] = {"fill_seconds": round(fill(place), 1)}
    clients = users(place)
    for what, addresses in (("list", lists(place)), ("search", searches(place)), ("record", records(place))):
        times: list[tuple[float, str, str]] = []
        most = 0
        for number in range(requests + 20):
            level, address = next(addresses)
            took = float("inf")
            for _n in range(best_of):
                began = time.perf_counter()
                answer = clients[level][0].get(address)
                took = min(took, 1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise SystemExit(f"{address}: {answer.status_code}")
            if number < 20:  # the first ones load programs and tables
                continue
            times.append((took, level, address))
            if number % 10 == 0:
                with CaptureQueriesContext(connection) as queries:
                    clients[level][0].get(address)
                most = max(most, len(queries))
        times.sort()
        found[f"{what}_ms"] = round(times[int(len(times) * 0.95)][0], 1)
        found[f"{what}_median_ms"] = round(times[len(times) // 2][0], 1)
        found[f"{what}_queries"] = most
        for took, level, address in times[len(times) - slowest :]:
            print(f"  {took:7.1f} ms  {level:10} {re.sub('at=[^&]*', 'at=…', address)}")
    return found
