"""Figures of today over the interface of programs, as whole requests: every indicator, as a whole and by one dimension.

A program of each level of the tree that may see the people, and asks behind the policies of its rows.
"""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from organization.models import Role, Unit, User
from organization.services import grant_give, token_give
from reports.indicators import DIMENSIONS, INDICATORS
from reports.indicators.dimensions import has_dimension
from reports.services import rollups_keep

GOALS = {"street_ms": 20, "city_ms": 50, "nation_ms": 50, "past_city_ms": 300, "dashboard_ms": 300}
REQUESTS = 200
LEVELS = {"street": "0101001", "city": "01", "nation": ""}
BASE = "/api/v1/statistics/"


def clients(place: str) -> dict[str, tuple[Client, str]]:
    """A program for each level: a client with its token, and the code of its unit."""
    found = {}
    for level, digits in LEVELS.items():
        code = f"{place}{digits}"
        user, created = User.objects.get_or_create(username=f"figures-{code}", defaults={"display_name": level})
        if created:
            unit = Unit.objects.get(code=code.ljust(12, "0"))
            grant_give(actor=None, user=user, unit=unit, role=Role.REST_CLIENT)
        token = token_give(actor=None, user=user, label="bench")[1]
        found[level] = Client(headers={"Authorization": f"Bearer {token}"}), code
    return found


def questions(code: str, day: str = "") -> list[str]:
    """The addresses of every figure of a unit as a whole and by each dimension that it has."""
    found = []
    for name, indicator in INDICATORS.items():
        asked = f"indicator={name}&unit={code}" + (f"&day={day}" if day else "")
        found.append(f"{BASE}values/?{asked}")
        found += [f"{BASE}breakdown/?{asked}&by={one}" for one in DIMENSIONS if has_dimension(indicator, one)]
    return found


def _times(client: Client, addresses: list[str], slowest: int) -> list[float]:
    client.get(addresses[0])  # loads programs and tables
    times = []
    for address in addresses:
        began = time.perf_counter()
        answer = client.get(address)
        times.append((1000 * (time.perf_counter() - began), address))
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
    times.sort()
    for took, address in times[len(times) - slowest :] if slowest else []:
        print(f"  {took:8.1f} ms  {address}")
    return [took for took, _address in times]


def measure_statistics(place: str, requests: int = REQUESTS, *, slowest: int = 0) -> dict[str, Any]:
    """p95 and median in ms of each level for today, of the city for a day two years ago, and of the dashboard."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    began = time.perf_counter()
    while rollups_keep():
        pass
    found: dict[str, Any] = {"count_seconds": round(time.perf_counter() - began, 1)}
    drawn = random.Random(4)
    asking = clients(place)
    for level, (client, code) in asking.items():
        every = questions(code)
        times = _times(client, drawn.sample(every, min(requests, len(every))), slowest)
        found[f"{level}_ms"] = round(times[int(len(times) * 0.95)], 1)
        found[f"{level}_median_ms"] = round(times[len(times) // 2], 1)
    client, code = asking["city"]
    past = (timezone.localdate() - timedelta(days=730)).isoformat()
    times = _times(client, drawn.sample(questions(code, past), min(requests // 20, 10)), slowest)
    found["past_city_ms"] = round(times[int(len(times) * 0.95)], 1)
    pages = [f"/reports/?unit={code}" for _client, code in asking.values() for _n in range(5)]
    reader = Client()
    reader.force_login(User.objects.get(username=f"figures-{place}"))
    times = _times(reader, pages, slowest)
    found["dashboard_ms"] = round(times[int(len(times) * 0.95)], 1)
    return found


def met(found: dict[str, Any]) -> bool:
    return all(found[name] <= goal for name, goal in GOALS.items())


def print_statistics(found: dict[str, Any]) -> None:
    for what, name in (
        ("street, today", "street"), ("city, today", "city"), ("nation, today", "nation"), ("city, past day", "past_city"),
        ("dashboard", "dashboard"),
    ):  # fmt: skip
        print(f"figures, {what}: p95 {found[f'{name}_ms']} ms (goal {GOALS[f'{name}_ms']})")
