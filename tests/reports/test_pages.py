"""The pages: the same numbers as the interface, one click to the names, everything wrong said at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Export
from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Person

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
