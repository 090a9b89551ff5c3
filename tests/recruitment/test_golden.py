"""Every case in tests/cases/recruitment, exact to the last digit; and the recruitments of the places, act by act."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from ruamel.yaml import YAML

from core.errors import ApplicationError
from policy.rules.context import Context
from recruitment.rules import screened
from tests.recruitment.frames import applicants_of, policy_of, rank_of, score
from tests.recruitment.places import ACTS, POLICIES, recruiting

CASES = Path(__file__).resolve().parent.parent / "cases" / "recruitment"


def cases(*names: str) -> list[Any]:
    found = []
    for name in names:
        for case in YAML(typ="safe").load((CASES / f"{name}.yaml").read_text(encoding="utf-8")):
            marks = [pytest.mark.requirement(*case["requirements"])] if "requirements" in case else []
            found.append(pytest.param(case, id=case["name"], marks=marks))
    return found


@pytest.mark.parametrize("case", cases("screening"))
def test_screening(case: dict[str, Any]) -> None:
    policy = policy_of(case)
    assert policy.recruitment is not None
    found = screened(applicants_of(case), policy.recruitment, Context(policy, case["as_of"])).sort("applicant")
    assert found["failed"].to_list() == case["expect"]["failed"]
    assert found["open"].to_list() == [case["expect"]["open"]] * len(found)


@pytest.mark.parametrize("case", cases("scoring", "bonus", "shortlist", "ranking"))
def test_ranking(case: dict[str, Any]) -> None:
    found, invited = rank_of(case)
    expect = case["expect"]
    columns = {"states": "state", "places": "place", "sides": "side", "by": "by", "failed": "failed"}
    for key, column in columns.items():
        if key in expect:
            assert found[column].to_list() == expect[key], key
    for key, column in {"totals": "total", "bonus": "bonus"}.items():
        if key in expect:
            assert found[column].to_list() == [score(value) for value in expect[key]], key
    for number, parts in enumerate(expect.get("scores", [])):
        assert {part: found[f"score:{part}"][number] for part in parts} == {p: score(v) for p, v in parts.items()}
    if "invited" in expect:
        assert invited["invited"].to_list() == expect["invited"]


RECRUITMENTS = CASES.parent / "recruitments"


def recruitments() -> Iterator[tuple[str, dict[str, Any]]]:
    """The place and each of its worked recruitments."""
    for path in sorted(RECRUITMENTS.glob("*.yaml")):
        whole = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        for one in whole["cases"]:
            yield whole["place"], one


@pytest.mark.parametrize(
    ("place", "case"),
    [
        pytest.param(place, case, id=f"{place}: {case['name']}", marks=[pytest.mark.requirement(*case["requirements"])])
        for place, case in recruitments()
    ],
)
def test_a_recruitment_goes_as_the_articles_say(db: None, place: str, case: dict[str, Any]) -> None:
    made = recruiting(place)
    if "from" in case:
        made.until(case["from"])
    for number, event in enumerate(case["events"], start=1):
        before = (made.state(), made.people())
        if "refused" in event:
            with pytest.raises(ApplicationError) as error, transaction.atomic():
                made.happens(event)
            assert event["refused"] in str(error.value), number
            assert (made.state(), made.people()) == before, number
        else:
            made.happens(event)
        assert made.state() == event.get("then", before[0] if "refused" in event else made.state()), number
        assert made.people().items() >= event.get("people", {}).items(), number
        if "chosen" in event:
            assert made.chosen() == event["chosen"], number


def test_every_place_has_recruitments_in_which_each_act_is_done_and_refused() -> None:
    """A place whose rules have an examination, and no case here, fails; so does an act that nobody is refused."""
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in sorted(POLICIES.glob("*/*.yaml"))}
    places = {place for place, text in texts.items() if "\nrecruitment:\n" in text}
    assert places == {"chaohu", "songling", "tongren", "leshan-shizhong", "qingyang"}
    lacks = {}
    for place in places:
        events = [event for found, case in recruitments() for event in case["events"] if found == place]
        went = {(event["do"], "refused" in event) for event in events}
        if missing := {(act, refused) for act in ACTS for refused in (True, False)} - went:
            lacks[place] = sorted(missing)
    assert lacks == {}
