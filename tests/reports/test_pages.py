"""The pages: the same numbers as the interface, one click to the names, everything wrong said at once."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.models import Export
from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Person
from reports.indicators import INDICATORS
from reports.selectors.figures import Figure, Question
from reports.templatetags.figures import value

Hire = Callable[..., Person]
DAY = "2025-12-31"


@pytest.fixture
def client(units: dict[str, Unit]) -> Client:
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def people(hire: Hire) -> None:
    for name in ("甲", "乙", "丙", "丁"):
        hire(name)
    hire("戊", unit="340181002001", title="PARTY_SECRETARY")


def text(answer: object) -> str:
    page = answer.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") :]))


@pytest.mark.usefixtures("people")
def test_the_dashboard_has_the_paragraph_the_figures_and_the_units_below(client: Client) -> None:
    page = text(client.get(reverse("reports:dashboard"), {"unit": "340181002", "day": DAY}))
    assert "On 2025-12-31, 亚父街道 has 5 community workers." in page.replace(" 5 ", " 5 ")
    assert "裕溪河畔社区 1 " in page
    assert "旗山社区 4 " in page
    turned = text(client.get(reverse("reports:dashboard"), {"unit": "340181002", "day": DAY, "sort": "-workers"}))
    assert turned.index("旗山社区 4 ") < turned.index("裕溪河畔社区 1 ")


@pytest.mark.usefixtures("people")
def test_a_figure_leads_to_as_many_names_as_it_says(client: Client) -> None:
    answer = client.get(reverse("reports:figure", args=["workers"]), {"unit": "340181", "day": DAY, "by": "post"})
    page = text(answer)
    assert "How many community workers there are on the day." in page
    links = re.findall(r'href="(/reports/workers/people/\?[^"]*post=STAFF[^"]*)"', answer.content.decode())
    (link,) = set(links)
    names = client.get(link.replace("&amp;", "&"))
    assert "4 rows behind the figure of 2025-12-31" in text(names)
    assert names.content.decode().count('<th scope="row"') == 4
    assert "戊" not in text(names)


@pytest.mark.usefixtures("people")
def test_the_measure_of_a_figure_is_said_once(client: Client) -> None:
    asked = {"unit": "340181", "day": DAY}
    assert "2025-12-31 100.0 % Numerator" in text(client.get(reverse("reports:figure", args=["women"]), asked))
    assert "2025-12-31 5 people " in text(client.get(reverse("reports:figure", args=["workers"]), asked))


@pytest.mark.usefixtures("people")
def test_two_days_are_compared(client: Client) -> None:
    asked = {"unit": "340181", "day": DAY, "other_day": "2019-12-31", "step": "year", "since": "2019-01-01"}
    page = text(client.get(reverse("reports:figure", args=["workers"]), asked))
    assert "2019-12-31 0 Difference 5" in page
    assert re.search(r"Over time .* 2019-12-31 0 0 — 2020-12-31 5 5 —", page)


@pytest.mark.usefixtures("people")
def test_everything_that_is_wrong_is_said_at_once_and_kept(client: Client) -> None:
    answer = client.get(reverse("reports:figure", args=["workers"]), {"unit": "11", "day": "yesterday", "by": "shoe"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert all(f'href="#id_{name}"' in page for name in ("unit", "day", "by"))
    assert 'value="yesterday"' in page
    assert client.get(reverse("reports:figure", args=["nothing"])).status_code == 404


@pytest.mark.usefixtures("people")
def test_a_breakdown_leaves_as_a_file_on_record(client: Client) -> None:
    answer = client.post(
        reverse("reports:export", args=["workers"]), {"unit": "340181", "day": DAY, "by": "sex", "output": "csv"}
    )
    assert answer.status_code == 200
    assert "合计" in answer.content.decode("utf-8-sig") or "Total" in answer.content.decode("utf-8-sig")
    assert Export.objects.get().rows == 2  # women, and the total


def test_without_people_there_are_noughts_and_no_paragraph(client: Client) -> None:
    answer = client.get(reverse("reports:dashboard"), {"unit": "340181", "day": DAY})
    assert answer.status_code == 200
    assert 'id="paragraph"' not in answer.content.decode()
    assert "Nobody stands behind this figure" in text(
        client.get(reverse("reports:people", args=["workers"]), {"day": DAY})
    )


@pytest.mark.usefixtures("people")
def test_each_number_of_the_table_leads_to_as_many_names(client: Client, units: dict[str, Unit]) -> None:
    """Of the unit and the day, and of what was known then; a nought leads nowhere, and nothing does for who sees no names."""
    now = timezone.localtime().isoformat()
    asked = {"unit": "340181002", "day": DAY, "known_at": now}
    page = client.get(reverse("reports:dashboard"), asked).content.decode()
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    links = re.findall(r'<a href="(/reports/\w+/people/\?[^"]*)">(\d+)<', table)
    assert len(links) > 4
    for link, number in links:
        names = client.get(html.unescape(link))
        assert names.content.decode().count('<th scope="row"') == int(number) > 0, link
    assert all("day=2025-12-31" in link and f"known_at={quote(now, safe='')}" in link for link, _number in links)
    user = User.objects.create(username="counts", display_name="统计")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.STATISTICS_CLIENT)
    client.force_login(user)
    assert "/people/?" not in client.get(reverse("reports:dashboard"), asked).content.decode()


@pytest.mark.parametrize(
    ("code", "changed", "told"),
    [
        ("workers", {}, "5"),
        ("committee_college", {"value": Decimal("94.8")}, "94.8 %"),
        ("mean_age", {"value": None}, "—"),
        ("workers", {"withheld": True}, '<abbr title="Withheld: too few people">*</abbr>'),
    ],
)
def test_a_figure_is_written_with_its_measure(code: str, changed: dict[str, Any], told: str) -> None:
    day = date(2025, 12, 31)
    question = Question(INDICATORS[code], Unit(code="340181", path="34/3401/340181/"), day, day)
    given: dict[str, Any] = {"numerator": 5, "denominator": None, "value": Decimal(5)} | changed
    assert value(Figure(question, **given)) == told


@pytest.mark.usefixtures("people")
def test_the_units_of_a_table_are_found_by_their_indexes(client: Client, units: dict[str, Unit]) -> None:
    """An OR of a unit and of what lies below it has every unit of the country looked at: 25 ms for 56,000."""
    town, seen = units["340181"], CaptureQueriesContext(connection)
    Unit.objects.bulk_create(
        Unit(
            code=f"340181{900 + n // 1000}{n % 1000:03}", name="村", kind="COMMUNITY", parent=town, valid_from=date(2020, 1, 1),
            path=f"{town.path}340181{900 + n // 1000}{n % 1000:03}/",
        )
        for n in range(3000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE organization_unit")
    with seen:
        client.get(reverse("reports:dashboard"), {"unit": "340181002", "day": DAY})
    (together,) = [one["sql"] for one in seen.captured_queries if "UNION ALL" in one["sql"]]
    path = units["340181002"].path
    with seen:
        list(Unit.objects.filter(Q(parent__path=path) | Q(path=path)))
    assert looked_at(together) < 1000
    assert looked_at(seen.captured_queries[-1]["sql"]) > 3000, "the control"


def looked_at(query: str) -> int:
    """As many rows as the largest part of a plan expects."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query.rpartition(";")[2])
        return max(int(rows) for row in cursor.fetchall() for rows in re.findall(r"rows=(\d+)", row[0]))
