"""The conversions of the places as cases: which step is open after each event, or why it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction

from core.errors import ApplicationError
from organization.models import Role, User
from organization.services import grant_give
from payroll.models import GradeSpan, PromotionKind, PromotionOutcome, PromotionRun
from payroll.selectors.conversion import conversion_steps_for_system
from payroll.services.conversion import conversion_leave_out, conversion_reverse, conversion_step
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start
from policy.rules.reading import read
from tests.faults import partial_effects, undone
from tests.payroll.conftest import POLICIES, Place
from tests.payroll.test_single_runs import HERE, build_tongren

FILES = sorted((Path(__file__).resolve().parents[1] / "cases" / "conversions").glob("*.yaml"))
BUILD = {"tongren": build_tongren}
OFFICE = (
    ("second", Role.ORG_APPROVER, "5206"),
    ("stranger", Role.ORG_OFFICER, "520603"),
)


def golden() -> Iterator[Any]:
    for path in FILES:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        for one in whole["cases"]:
            marks = pytest.mark.requirement(*one["requirements"])
            yield pytest.param(whole, one, id=f"{path.stem}: {one['name']}", marks=marks)


def built(whole: Mapping[str, Any]) -> tuple[Place, PromotionRun]:
    """A place with the people of a file, and their conversion, computed."""
    place = BUILD[whole["place"]]((POLICIES / "tongren" / "2024.yaml").read_text(encoding="utf-8"))
    for name, role, unit in OFFICE:
        place.users[name] = User.objects.create(username=name, display_name=name)
        grant_give(actor=None, user=place.users[name], unit=place.units[unit], role=role)
    for one in whole["people"]:
        person = place.hire(one["name"], HERE, start=one["start"], title=one["title"])
        if "grade" in one:
            GradeSpan.objects.create(
                person=person, scale="grade", value=one["grade"], start=one["start"], code="IMPORTED"
            )
    run = promotion_start(
        actor=place.users["starts"], unit=place.units[whole["unit"]], day=whole["day"], kind=PromotionKind.CONVERSION
    )
    run = compute_promotion_run(run=run)
    assert not run.error, run.error
    return place, run


def happens(place: Place, run: PromotionRun, event: Mapping[str, Any]) -> None:
    actor, do = place.users[event["by"]], event["do"]
    if do == "step":
        conversion_step(actor=actor, run=run, code=event["code"], document=event["document"])
    elif do == "confirm":
        promotion_confirm(actor=actor, run=run, document=event["document"])
    elif do == "leave_out":
        person = PromotionOutcome.objects.get(run=run, person__name=event["who"]).person_id
        conversion_leave_out(actor=actor, run=run, person=person, reason=event["reason"])
    elif do == "reverse":
        conversion_reverse(actor=actor, run=run, reason=event["reason"])
    else:
        raise AssertionError(do)


def state(run: PromotionRun) -> str:
    """The step that comes next; the state of the run where none does."""
    run.refresh_from_db()
    following = [one.spec.code for one in conversion_steps_for_system(run) if one.follows]
    return following[0] if run.state == "READY" and following else str(run.state)


def values() -> dict[str, int]:
    return dict(GradeSpan.objects.filter(end=None).values_list("person__name", "value"))


@pytest.mark.parametrize(("whole", "one"), list(golden()))
def test_a_conversion_goes_as_the_articles_say(db: None, whole: dict[str, Any], one: dict[str, Any]) -> None:
    place, run = built(whole)
    for number, event in enumerate(one["events"], start=1):
        before = (state(run), values())
        if "refused" in event:
            with pytest.raises(ApplicationError) as error, transaction.atomic():
                happens(place, run, event)
            assert event["refused"] in str(error.value), number
            assert (state(run), values()) == before, number
            continue
        happens(place, run, event)
        assert state(run) == event.get("then", state(run)), number
        assert values() == event.get("values", values()), number


@pytest.mark.slow
def test_no_act_of_a_conversion_leaves_a_part_of_itself(db: None) -> None:
    """Each kind of act where it is first done in the cases, whichever of its statements fails."""
    found: dict[str, list[int]] = {}
    for case in golden():
        whole, one = case.values
        with undone():
            place, run = built(whole)
            for event in one["events"]:
                if "refused" not in event:
                    act = partial(happens, place, run, event)
                    if event["do"] not in found:
                        found[event["do"]] = partial_effects(act)[0]
                    run.refresh_from_db()
                    act()
    assert found == {"step": [], "confirm": [], "leave_out": [], "reverse": []}


def test_without_its_transaction_a_step_leaves_one(db: None) -> None:
    """The control: the same service, not atomic."""
    whole = next(golden()).values[0]
    place, run = built(whole)
    bare = conversion_step.__wrapped__  # type: ignore[attr-defined]
    step = partial(bare, actor=place.users["starts"], run=run, code="SURVEY", document="1")
    assert partial_effects(step)[0]


def _conversions() -> dict[str, list[str]]:
    """The steps of each place's conversions, by the place."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(POLICIES.glob("*/*.yaml"))}
    # A place's rules may rest on those of the place above, which are named by its code.
    by_name = {f"{yaml.safe_load(text)['place']}/{path.stem}": text for path, text in texts.items()}
    found = {}
    for path, text in texts.items():
        policy = read(text, parents=by_name.__getitem__)
        steps = [one.code for scale in policy.scales.values() if scale.start for one in scale.start.conversion]
        if steps:
            found[path.parent.name] = steps
    return found


def test_every_conversion_of_the_places_has_cases_in_which_each_step_is_taken_and_refused() -> None:
    """A conversion that is written into a policy without a case here fails, and so does one of its steps."""
    conversions = _conversions()
    assert conversions == {"tongren": ["SURVEY", "RECOGNITION", "INSPECTION", "COMPLETION"]}
    lacks = {}
    for place, steps in conversions.items():
        went: set[tuple[str, bool]] = set()
        for whole in (yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES):
            if whole["place"] != place:
                continue
            for one in whole["cases"]:
                for event in one["events"]:
                    code = {"step": event.get("code"), "confirm": steps[-1]}.get(event["do"])
                    went |= {(code, "refused" in event)} if code else set()
        if missing := {(step, refused) for step in steps for refused in (True, False)} - went:
            lacks[place] = sorted(missing)
    assert lacks == {}
