"""Moves between streets and counties: both units say yes, nobody says it for both, and the order moves the person."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, timedelta
from functools import partial

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from approvals.models import Case, CaseState
from approvals.rules import levels_left
from approvals.selectors import cases_list, steps_to_do
from approvals.services import case_return
from approvals.services import cases as case_services
from core.errors import Conflict, NotAllowed, Refused
from core.models import AuditEntry
from organization.models import Role, User
from organization.services import grant_give, unit_move
from personnel.models import Custody, Employment, Person, Placement, Tenure
from personnel.services import (
    archive_open,
    employment_transfer,
    exit_open,
    moves,
    section_add,
    section_change,
    tenure_start,
)
from personnel.services.entry_ways import EntryWays
from policy.services import policy_load
from staffing.services import plan_enter
from tests.approvals.test_api import CASES, Program
from tests.approvals.tongren import BESIDE, HERE, MOVED, NEAR, THERE, VALUES, Tongren, build_tongren
from tests.faults import partial_effects

TODAY = timezone.localdate()
ASSUMED_LENDING = """    applies_to: {acts: [TRANSFER, SECONDMENT], beyond: street, away: [EXCHANGE], cite: TR-31}"""


@pytest.fixture
def tongren(db: None) -> Tongren:
    return build_tongren()


def lending(text: str) -> str:
    """The rules, with exchanges across streets through the same steps."""
    old = "    applies_to: {acts: [TRANSFER], beyond: street, cite: TR-31}"
    assert text.count(old) == 1
    return text.replace(old, ASSUMED_LENDING)


def jobs(person: Person) -> list[tuple[str, date, date | None, str, str]]:
    rows = person.employments.order_by("start")
    return [(one.unit.short_code, one.start, one.end, one.end_reason, one.document) for one in rows]


@pytest.mark.requirement("TR-31")
def test_the_order_moves_employment_post_and_archive_at_once(tongren: Tongren) -> None:
    person = tongren.hire()
    Tenure.objects.filter(person=person).update(appointed_as="fourth")
    archive_open(actor=None, person=person, number="1", opened=date(2020, 6, 1))
    case = tongren.propose(person)
    assert [case.act, case.unit.short_code, case.to_unit and case.to_unit.short_code] == ["TRANSFER", HERE, THERE]
    tongren.until(case, "ORDER")
    assert jobs(person) == [(HERE, date(2020, 6, 1), None, "", "")]
    assert tongren.take(case).state == CaseState.DONE
    assert jobs(person) == [
        (HERE, date(2020, 6, 1), MOVED, "TRANSFERRED", "万组〔2026〕12号"),
        (THERE, MOVED, None, "", "万组〔2026〕12号"),
    ]
    held = person.tenures.order_by("start").values_list("post__unit__code", "title", "start", "end", "appointed_as")
    assert [(code[:12], *rest) for code, *rest in held] == [
        (HERE, "STAFF", date(2020, 6, 1), MOVED, "fourth"),
        (THERE, "STAFF", MOVED, None, "fourth"),
    ]
    custody = Custody.objects.filter(archive__person=person).order_by("start")
    assert [(one.unit.short_code, one.start, one.end) for one in custody] == [
        ("520602001", date(2020, 6, 1), MOVED),
        ("520603001", MOVED, None),
    ]
    moved = AuditEntry.objects.filter(action="personnel.employment.start").order_by("pk").last()
    assert moved is not None
    assert (moved.actor_name, moved.unit_code[:12]) == ("their_officer", THERE)


@pytest.mark.requirement("TR-31")
def test_without_the_case_nobody_moves_between_streets(tongren: Tongren) -> None:
    person = tongren.hire()
    job, city = person.employments.get(), tongren.users["city"]
    text = r"word of both units.*\(TR-31\).*under “Move”"
    for to in (NEAR, THERE):
        with pytest.raises(Refused, match=text):
            employment_transfer(actor=city, employment=job, unit=tongren.units[to], day=TODAY)
        with pytest.raises(Refused, match=text):
            section_change(actor=city, row=job, day=TODAY, values={"unit": tongren.units[to]})
    assert jobs(person) == [(HERE, date(2020, 6, 1), None, "", "")]
    beside = employment_transfer(actor=city, employment=job, unit=tongren.units[BESIDE], day=TODAY)
    assert beside.unit == tongren.units[BESIDE]
    with pytest.raises(Refused, match="ask for no procedure here"):
        tongren.propose(person, to=HERE)


def test_what_was_decided_before_the_rules_came_is_a_record(tongren: Tongren) -> None:
    job = tongren.hire().employments.get()
    moved = employment_transfer(
        actor=tongren.users["city"], employment=job, unit=tongren.units[THERE], day=date(2022, 1, 1)
    )
    assert moved.unit == tongren.units[THERE]


@pytest.mark.requirement("TR-31")
def test_only_the_fourth_and_fifth_posts_move_and_only_inside_the_city(tongren: Tongren) -> None:
    secretary = tongren.hire("周红", title="PARTY_SECRETARY")
    with pytest.raises(Refused, match="lets only those move to whom TR-31 applies"):
        tongren.propose(secretary)
    assert not Case.objects.exists()


@pytest.mark.requirement("TR-31")
def test_each_step_is_taken_by_the_office_of_its_side(tongren: Tongren) -> None:
    case = tongren.propose(tongren.hire())
    tongren.take(case)
    for stranger in ("their_officer", "their_street", "clerk"):
        with pytest.raises(NotAllowed):
            tongren.take(case, stranger, **VALUES["RELEASE"])
    tongren.take(case)
    for stranger in ("street", "clerk", "officer"):
        with pytest.raises(NotAllowed):
            tongren.take(case, stranger, **VALUES["ACCEPT"])
    tongren.take(case)
    for stranger in ("officer", "approver", "their_street"):
        with pytest.raises(NotAllowed):
            tongren.take(case, stranger, **VALUES["ORDER"])


@pytest.mark.requirement("TR-31")
@pytest.mark.parametrize("guarded", [True, False], ids=["nobody for both", "the control"])
def test_whoever_acted_for_one_side_does_not_act_for_the_other(
    tongren: Tongren, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The city's officer may act in every unit of both."""
    case = tongren.propose(tongren.hire())
    tongren.take(case)
    tongren.take(case, "city", **VALUES["RELEASE"])
    grant_give(actor=None, user=tongren.users["city"], unit=tongren.units["5206"], role=Role.STREET_APPROVER)
    if guarded:
        with pytest.raises(NotAllowed, match="acted for the other unit in this case; somebody else acts for 谢桥社区"):
            tongren.take(case, "city", **VALUES["ACCEPT"])
        with pytest.raises(NotAllowed, match="acted for the other unit"):
            row = tongren.step(case)
            case_return(actor=tongren.users["city"], case=case, step=row.pk, to="REQUEST", reason="x")
        assert tongren.step(case).code == "ACCEPT"
    else:
        monkeypatch.setattr(case_services, "not_of_both_sides", lambda user, case, step: True)
        tongren.take(case, "city", **VALUES["ACCEPT"])
        assert tongren.step(case).code == "ORDER"


def test_who_opened_it_acts_for_the_giving_unit_alone_and_does_not_decide(tongren: Tongren) -> None:
    for role, unit in ((Role.STREET_APPROVER, "520603001"), (Role.ORG_OFFICER, "5206")):
        grant_give(actor=None, user=tongren.users["clerk"], unit=tongren.units[unit], role=role)
    case = tongren.propose(tongren.hire())
    tongren.take(case)
    with pytest.raises(NotAllowed, match="You opened this case; somebody else decides it"):
        tongren.take(case, "clerk", **VALUES["RELEASE"])
    tongren.take(case)
    with pytest.raises(NotAllowed, match="acted for the other unit"):
        tongren.take(case, "clerk", **VALUES["ACCEPT"])


def test_both_units_see_the_case_and_nobody_else_does(tongren: Tongren) -> None:
    case = tongren.propose(tongren.hire())
    tongren.until(case, "ACCEPT")
    seen = {name for name, user in tongren.users.items() if cases_list(user=user).filter(pk=case.pk).exists()}
    assert seen == {"clerk", "street", "officer", "approver", "their_clerk", "their_street", "their_officer", "city"}
    todo = {name for name, user in tongren.users.items() if steps_to_do(user=user).filter(case=case).exists()}
    assert todo == {"their_clerk", "their_street"}
    beside = User.objects.create_user(username="beside", display_name="beside", must_change_password=False)
    grant_give(actor=None, user=beside, unit=tongren.units["520602002"], role=Role.STREET_APPROVER)
    assert not cases_list(user=beside).exists()


def test_the_move_waits_while_the_receiving_unit_moves_itself(tongren: Tongren) -> None:
    """The case follows the receiving unit into another street, with the step that is up to it."""
    case = tongren.propose(tongren.hire())
    tongren.until(case, "ACCEPT")
    new = unit_move(actor=None, unit=tongren.units[THERE], parent=tongren.units["520602002"], day=TODAY)
    case.refresh_from_db()
    assert (case.to_unit, case.to_path) == (new, new.path)
    assert case.unit_path == tongren.units[HERE].path
    assert tongren.step(case).unit_path == new.path
    assert set(case.steps.filter(position__lt=3).values_list("unit_path", flat=True)) == {case.unit_path}


def test_one_parting_is_under_way_at_a_time(tongren: Tongren) -> None:
    person = tongren.hire()
    tongren.propose(person)
    with pytest.raises(Conflict, match="under way already"):
        tongren.propose(person, post="GRID_WORKER", to=NEAR)
    with pytest.raises(Conflict, match="under way already"):
        exit_open(
            actor=tongren.users["clerk"], person=person, unit=tongren.units[HERE], code="TWO_UNQUALIFIED", reason="x"
        )


def test_who_left_meanwhile_is_not_moved_and_the_case_stays_open(tongren: Tongren) -> None:
    person = tongren.hire()
    case = tongren.propose(person)
    tongren.until(case, "ORDER")
    Employment.objects.filter(person=person).update(end=date(2026, 11, 30), end_reason="RESIGNED")
    with pytest.raises(Refused, match=r"not employed in 南门社区 on 2026-12-01\. Withdraw the case"):
        tongren.take(case)
    case.refresh_from_db()
    assert (case.state, tongren.step(case).code) == (CaseState.OPEN, "ORDER")


@pytest.mark.requirement("LS-12")
def test_an_exchange_through_both_units_lends_somebody_out(db: None) -> None:
    tongren = build_tongren(lending)
    person = tongren.hire()
    job = person.employments.get()
    values = {"kind": "EXCHANGE", "work_unit": tongren.units[THERE], "start": TODAY, "employment": job}
    with pytest.raises(Refused, match=r"Lending somebody from 南门社区 to 谢桥社区.*word of both units"):
        section_add(actor=tongren.users["city"], person=person, section="placement", values=values)
    other = values | {"kind": "SHADOWING"}  # a way that the rules don't name
    assert section_add(actor=tongren.users["city"], person=person, section="placement", values=other).pk
    case = tongren.propose(person, act="SECONDMENT", post="", away="EXCHANGE", due_back=date(2027, 6, 1))
    tongren.until(case, "ORDER")
    tongren.take(case)
    row = Placement.objects.get(kind="EXCHANGE")
    assert (row.employment, row.work_unit, row.start, row.due, row.document) == (
        job, tongren.units[THERE], MOVED, date(2027, 6, 1), "万组〔2026〕12号",
    )  # fmt: skip
    assert jobs(person) == [(HERE, date(2020, 6, 1), None, "", "")]


def test_all_that_is_wrong_with_a_proposal_is_said_at_once(tongren: Tongren) -> None:
    person = tongren.hire()
    with pytest.raises(Refused) as error:
        tongren.propose(person, to=HERE, post="KING")
    assert set(error.value.fields) == {"to_unit", "post"}
    with pytest.raises(Refused) as error:
        tongren.propose(person, act="SECONDMENT", away="HOME")
    assert set(error.value.fields) == {"away"}
    with pytest.raises(NotAllowed):
        tongren.propose(person, user="their_clerk")


@pytest.mark.parametrize("seats", [0, 1], ids=["full", "the control"])
def test_a_full_unit_takes_nobody_in(db: None, seats: int) -> None:
    """Where the rules let nobody in beyond the seats, the order is refused and nothing changes; one free seat is enough."""
    tongren = build_tongren(
        lambda text: text.replace("over: {value: report, cite: TR-08}", "over: {value: block, cite: TR-08}")
    )
    plan_enter(
        actor=None, unit=tongren.units[THERE], start=date(2026, 1, 1), number=seats, document="编〔2026〕1号", issuer="编办",
        level="COUNTY",
    )  # fmt: skip
    person = tongren.hire()
    case = tongren.propose(person)
    tongren.until(case, "ORDER")
    if seats:
        assert tongren.take(case).state == CaseState.DONE
        assert [code for code, *_rest in jobs(person)] == [HERE, THERE]
        return
    with pytest.raises(Refused, match=r"谢桥社区 has 0 approved seats.*none for 陈明.*\(TR-08\)"):
        tongren.take(case)
    assert jobs(person) == [(HERE, date(2020, 6, 1), None, "", "")]
    assert tongren.step(case).code == "ORDER"


def test_whoever_has_two_posts_gives_up_both_and_takes_up_one(tongren: Tongren) -> None:
    """Those of the unit that they leave; what they hold elsewhere stays."""
    person = tongren.hire()
    for code, title in ((HERE, "GRID_WORKER"), (BESIDE, "VOLUNTEER")):
        tenure_start(actor=None, person=person, unit=tongren.units[code], title=title, start=date(2021, 1, 1))
    case = tongren.propose(person)
    tongren.until(case, "ORDER")
    tongren.take(case)
    held = person.tenures.order_by("title", "start").values_list("post__unit__code", "title", "end")
    assert [(code[:12], *rest) for code, *rest in held] == [
        (HERE, "GRID_WORKER", MOVED), (HERE, "STAFF", MOVED), (THERE, "STAFF", None), (BESIDE, "VOLUNTEER", None),
    ]  # fmt: skip


def test_a_post_that_somebody_holds_there_is_not_taken_up(tongren: Tongren) -> None:
    """Said with the proposal, and again with the order, for whoever came to hold it meanwhile."""
    person = tongren.hire()
    given = {"post": "BRANCH_SECRETARY"}
    case = tongren.propose(person, **given)
    tongren.until(case, "ORDER")
    tongren.hire("李静", THERE, title="BRANCH_SECRETARY")
    for act in (
        lambda: tongren.take(case),
        lambda: tongren.propose(tongren.hire("周红"), **given),
    ):
        with pytest.raises(Refused, match="The post is held by somebody in 谢桥社区"):
            act()
    assert jobs(person) == [(HERE, date(2020, 6, 1), None, "", "")]


def test_who_is_lent_is_expected_back_after_the_first_day(db: None) -> None:
    tongren = build_tongren(lending)
    person, given = tongren.hire(), {"act": "SECONDMENT", "post": "", "away": "EXCHANGE"}
    with pytest.raises(Refused) as error:
        tongren.propose(person, due_back=TODAY, **given)
    assert set(error.value.fields) == {"due_back"}
    assert tongren.propose(person, due_back=TODAY + timedelta(days=1), **given).pk


EXAMINED = """\
schema: 1
place: "520603"
name: {zh: 万山区, en: Wanshan}
version: "examined"
effective: {from: 2022-01-01}
documents: [{code: WS, title: {zh: 办法, en: measures}, level: county}]
service: {counts: {category: COMMUNITY_WORKER}}
recruitment:
  entry: {exam_required: true, except: [ELECTED, APPOINTED], cite: WS}
"""
COUNTS = "quota: {counts: {who: {category: {any_of: [COMMUNITY_WORKER, FULL_TIME_STAFF]}}, cite: WS}}\n"
PAST_IT = (
    f"陈明 can't begin in 谢桥社区 on {TODAY} by this way: the rules of 万山区 (WS) let in without an examination only who "
    "is elected、appointed. Begin a recruitment, and hire from there."
)


def test_nobody_is_proposed_for_a_place_that_wants_an_examination(
    tongren: Tongren, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of the order, which has a guard of its own."""
    person, officer = tongren.hire(), tongren.users["their_officer"]
    case = tongren.propose(person)
    policy_load(actor=None, text=EXAMINED)
    other = tongren.hire("陈明")
    with pytest.raises(Refused) as refused:
        tongren.propose(other)
    assert refused.value.fields == {"to_unit": [PAST_IT]}
    assert Case.objects.count() == 1
    with pytest.raises(Refused) as refused:
        moves.move_by_case(
            actor=officer, act="TRANSFER", person=person, unit=case.unit, to_unit=tongren.units[THERE], day=TODAY
        )
    assert refused.value.errors == [PAST_IT]
    monkeypatch.setattr(EntryWays, "move_faults", lambda *given: [])  # the control
    assert tongren.propose(other).pk


def test_who_is_exempt_or_goes_on_inside_the_place_is_proposed(tongren: Tongren) -> None:
    policy_load(actor=None, text=EXAMINED)
    for channel in ("ELECTED", "APPOINTED"):
        assert tongren.propose(tongren.hire(f"免试{channel[:1]}", entry_channel=channel)).pk
    helper = tongren.hire("公益", category="PUBLIC_WELFARE").employments.get()
    assert EntryWays().move_faults(helper, tongren.units[THERE], TODAY) == [], "who doesn't count comes in by no way"
    assert tongren.propose(tongren.hire("本市"), to=NEAR).pk
    away = {"act": "SECONDMENT", "post": "", "away": "EXCHANGE"}
    with pytest.raises(Refused, match="ask for no procedure here"):
        tongren.propose(tongren.hire("借用"), **away)


def test_who_serves_in_the_place_already_only_goes_on(tongren: Tongren) -> None:
    policy_load(actor=None, text=EXAMINED + COUNTS)
    person = tongren.hire()
    job, there = person.employments.get(), tongren.units[THERE]
    assert EntryWays().move_faults(job, there, TODAY) == [PAST_IT]
    second = Employment.objects.create(
        person=person, unit=there, employer=there, unit_path=there.path, category="FULL_TIME_STAFF",
        start=date(2021, 1, 1), end=TODAY,
    )  # fmt: skip
    assert EntryWays().move_faults(job, there, TODAY) == []
    Employment.objects.filter(pk=second.pk).update(end=TODAY - timedelta(days=1))
    assert EntryWays().move_faults(job, there, TODAY) == [PAST_IT], "whoever returns comes in"


def test_how_far_a_move_goes() -> None:
    here, county = "52/5206/520602/520602001/520602001001/", "52/5206/520602/"
    assert levels_left(here, "52/5206/520602/520602001/520602001002/") == {"community"}
    assert levels_left(here, "52/5206/520602/520602002/520602002001/") == {"community", "street"}
    assert levels_left(here, "52/5206/520603/520603001/520603001001/") == {"community", "street", "county"}
    assert levels_left(here, "52/5201/520102/") == {"community", "street", "county", "city"}
    # Whoever works in the county leaves nothing by going down into it.
    assert levels_left(county, here) == frozenset()
    assert levels_left(here, county) == {"community", "street"}


@pytest.mark.requirement("TR-31")
def test_the_pages_from_the_proposal_to_the_move(tongren: Tongren, client: Client) -> None:
    person = tongren.hire()
    client.force_login(tongren.users["clerk"])
    at = f"/people/{person.pk}/move/"
    assert f'href="{at}"' in client.get(f"/people/{person.pk}/appointment/").content.decode()
    job = person.employments.get()
    assert f'href="{at}"' in client.get(f"/people/{person.pk}/employment/{job.pk}/change/").content.decode()
    wrong = client.post(at, {"act": "TRANSFER", "to_unit": "无此社区", "away": "EXCHANGE", "reason": ""})
    assert wrong.status_code == 422
    text = wrong.content.decode()
    assert "没有名为" in text or "There is no unit" in text
    given = {"act": "TRANSFER", "to_unit": "谢桥社区", "post": "STAFF", "reason": "随迁"}
    told = client.post(at, given | {"go": "check"})
    assert told.status_code == 200
    assert "谢桥社区" in told.content.decode()
    assert not Case.objects.exists()
    assert client.post(at, given).status_code == 302
    case = Case.objects.get()
    assert "南门社区 → 谢桥社区" in client.get("/inbox/?tab=started").content.decode()
    tongren.until(case, "ORDER")
    their = Client()
    their.force_login(tongren.users["their_officer"])
    assert "南门社区 → 谢桥社区" in their.get("/inbox/").content.decode()
    page = their.get(f"/cases/{case.pk}/").content.decode()
    assert "谢桥社区" in page
    order = {
        "act": "finish", "step": tongren.step(case).pk, "finish-order_number": "万组〔2026〕12号",
        "finish-effective_date": "2026-12-01",
    }  # fmt: skip
    seen = their.post(f"/cases/{case.pk}/order/", order | {"go": "check"})
    assert seen.status_code == 200
    assert jobs(person) == [(HERE, date(2020, 6, 1), None, "", "")]
    done = their.post(f"/cases/{case.pk}/order/", order)
    assert done.status_code == 302, done.content.decode()
    assert jobs(person)[1][:2] == (THERE, MOVED)
    assert client.get(f"/cases/{case.pk}/").status_code == 200  # both units go on looking at the case
    assert their.get(f"/cases/{case.pk}/papers/record/").content.startswith(b"%PDF")
    assert their.get(f"/cases/{case.pk}/papers/order/").status_code == 404  # of appointments alone
    assert their.get(f"/people/{person.pk}/").status_code == 200


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "the control"])
def test_the_receiving_office_writes_what_it_does_not_see(
    tongren: Tongren, client: Client, monkeypatch: pytest.MonkeyPatch, shown: bool
) -> None:
    """The file belongs to the other county until the order is there; without the look beyond, nothing can be carried out."""
    if not settings.CWMS_WALLS_ROLE:
        pytest.skip("this server has no role for the web")
    person = tongren.hire()
    case = tongren.propose(person)
    tongren.until(case, "ORDER")
    client.force_login(tongren.users["their_officer"])
    assert client.get(f"/people/{person.pk}/").status_code == 404
    if not shown:
        monkeypatch.setattr(moves, "beyond_walls", lambda why: nullcontext())
    order = {
        "act": "finish", "step": tongren.step(case).pk, "finish-order_number": "12号", "finish-effective_date": "2026-12-01",
    }  # fmt: skip
    answer = client.post(f"/cases/{case.pk}/order/", order)
    assert (answer.status_code, person.employments.count()) == ((302, 2) if shown else (404, 1))


@pytest.mark.slow
def test_no_move_leaves_a_part_of_itself(db: None) -> None:
    """Whichever statement fails, the case is open and the person where they were."""
    tongren = build_tongren(lending)
    person, lent = tongren.hire(), tongren.hire("李静")
    archive_open(actor=None, person=person, number="1", opened=date(2020, 6, 1))
    case, loan = tongren.propose(person), tongren.propose(lent, act="SECONDMENT", post="", away="EXCHANGE")
    for one in (case, loan):
        tongren.until(one, "ORDER")
    acts = {
        "open": partial(tongren.propose, tongren.hire("甲")),
        "carry out": partial(tongren.take, case),
        "lend": partial(tongren.take, loan),
    }
    assert {name: partial_effects(act)[0] for name, act in acts.items()} == {"open": [], "carry out": [], "lend": []}


@pytest.mark.requirement("TR-31")
def test_a_program_opens_and_carries_out_a_move(tongren: Tongren) -> None:
    """The same services: what is missing or strange is said by its name, and both sides act with tokens of their own."""
    person = tongren.hire()

    here, there = Program(tongren, "clerk"), Program(tongren, "their_officer")
    body = {"person": person.pk, "unit": HERE, "act": "TRANSFER", "reason": "随迁"}
    wrong = here.post(CASES, body | {"away": "EXCHANGE"})
    assert wrong.status_code == 400
    assert "to_unit" in wrong.content.decode()
    assert "away" in wrong.content.decode()
    assert here.post(CASES, body | {"to_unit": "999999999999"}).status_code == 400
    made = here.post(CASES, body | {"to_unit": THERE, "post": "STAFF"})
    assert made.status_code == 201, made.json()
    assert (made.json()["to_unit"][:12], made.json()["to_unit_name"]) == (THERE, "谢桥社区")
    case = Case.objects.get()
    tongren.until(case, "ORDER")
    done = there.act(case, "order", {"values": {"order_number": "12号", "effective_date": "2026-12-01"}})
    assert (done.status_code, done.json()["state"]) == (200, "DONE"), done.json()
    assert jobs(person)[1][:2] == (THERE, MOVED)
