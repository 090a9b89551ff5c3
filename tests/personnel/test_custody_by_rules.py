"""Who keeps an archive is what the rules of the place say of each day; where they say nothing, nothing moves (CH-39)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotAllowed, Refused
from core.models import AuditEntry
from organization.models import Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create
from personnel.models import Custody, Person
from personnel.rules.custody import Held, Recorded, custody_of
from personnel.services import (
    archive_open,
    custody_hand_over,
    custody_name,
    employment_end,
    employment_transfer,
    row_correct,
    tenure_end,
    tenure_start,
)
from personnel.services import custody as custody_services
from policy import services as policy_services
from policy.services import policy_load
from tests.faults import partial_effects
from tests.personnel import conftest
from tests.personnel.conftest import SECRETARIES, load_rules
from tests.policies import FOLDER

Hire = Callable[..., Person]
OPENED, TERM, LATER = date(2020, 1, 1), date(2024, 1, 1), date(2027, 1, 1)
HERE, FIRST, SECOND, COUNTY = "340181002008", "亚父街道", "卧牛山街道", "巢湖市"
DEPUTIES = SECRETARIES.replace("PARTY_SECRETARY", "{any_of: [PARTY_SECRETARY, DEPUTY_SECRETARY]}")
OPEN = SECRETARIES.replace("at: STREET", "at: {unset: 其他人员的档案由谁保管没有写明}")


def custody(person: Person) -> list[tuple[str, date, date | None]]:
    return list(
        Custody.objects.filter(archive__person=person).order_by("start").values_list("unit__name", "start", "end")
    )


def appoint(person: Person, units: dict[str, Unit], title: str, start: date = TERM) -> None:
    tenure_start(actor=None, person=person, unit=units[HERE], title=title, start=start)


@pytest.fixture
def filed(hire: Hire) -> Person:
    """Somebody whose archive is open, in a place that has no rules yet."""
    person = hire(start=OPENED)
    archive_open(actor=None, person=person, opened=OPENED)
    return person


@pytest.fixture
def other_street(units: dict[str, Unit]) -> Unit:
    return unit_create(
        actor=None, code="340181003", name=SECOND, kind=UnitKind.STREET, parent=units["340181"],
        valid_from=date(2000, 1, 1),
    )  # fmt: skip


def test_the_posts_that_the_rules_name_move_it_and_others_do_not(units: dict[str, Unit], hire: Hire) -> None:
    load_rules("2000", "2000-01-01", DEPUTIES)
    people = {}
    for title in ("DEPUTY_SECRETARY", "DEPUTY_DIRECTOR"):
        people[title] = hire(title, start=OPENED)
        archive_open(actor=None, person=people[title], opened=OPENED)
        appoint(people[title], units, title)
    assert custody(people["DEPUTY_SECRETARY"]) == [(FIRST, OPENED, TERM), (COUNTY, TERM, None)]
    assert custody(people["DEPUTY_DIRECTOR"]) == [(FIRST, OPENED, None)]


@pytest.mark.requirement("CH-39")
def test_chaohus_own_rules_keep_secretaries_with_the_department_for_their_term(
    units: dict[str, Unit], filed: Person
) -> None:
    policy_load(actor=None, text=(FOLDER / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    assert custody(filed) == [(FIRST, OPENED, None)]
    appoint(filed, units, "PARTY_SECRETARY")
    assert custody(filed) == [(FIRST, OPENED, TERM), (COUNTY, TERM, None)]
    tenure_end(actor=None, tenure=filed.tenures.get(title="PARTY_SECRETARY"), end=date(2025, 6, 1))
    assert custody(filed) == [
        (FIRST, OPENED, TERM), (COUNTY, TERM, date(2025, 6, 1)), (FIRST, date(2025, 6, 1), None),
    ]  # fmt: skip


def test_a_version_that_begins_later_changes_custody_from_its_first_day(units: dict[str, Unit], hire: Hire) -> None:
    """Of those who are in the post already as well, in the transaction that loads it; what was handed over stays."""
    load_rules("2000", "2000-01-01", SECRETARIES)
    person = hire(start=OPENED)
    archive_open(actor=None, person=person, opened=OPENED)
    custody_hand_over(actor=None, custody=Custody.objects.get(), day=OPENED, received_by="街道组织办")
    appoint(person, units, "DEPUTY_SECRETARY")
    assert custody(person) == [(FIRST, OPENED, None)]
    load_rules("2027", LATER.isoformat(), DEPUTIES)
    assert custody(person) == [(FIRST, OPENED, LATER), (COUNTY, LATER, None)]
    assert Custody.objects.order_by("start").values_list("received_by", flat=True)[0] == "街道组织办"
    entry = AuditEntry.objects.get(action="policy.version.load", after__version="340181/2027")
    assert entry.after["followed"] == {"archives": 1}
    # A correction of the version takes it back.
    load_rules("2027b", LATER.isoformat(), SECRETARIES, reason="抄录有误")
    assert custody(person) == [(FIRST, OPENED, None)]


def test_a_version_is_loaded_with_every_archive_that_it_moves_or_not_at_all(
    units: dict[str, Unit], hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_rules("2000", "2000-01-01", SECRETARIES)
    for name in ("甲", "乙"):
        person = hire(name, unit="340181002001" if name == "乙" else HERE, start=OPENED)
        archive_open(actor=None, person=person, opened=OPENED)
        tenure_start(
            actor=None, person=person, unit=person.employments.get().unit, title="DEPUTY_SECRETARY", start=TERM
        )
    left, count = partial_effects(partial(load_rules, "2027", LATER.isoformat(), DEPUTIES))
    assert (left, count > 15) == ([], True)
    # The control: the same service, not atomic.
    monkeypatch.setattr(conftest, "policy_load", policy_load.__wrapped__)  # type: ignore[attr-defined]
    left, _count = partial_effects(partial(load_rules, "2027", LATER.isoformat(), DEPUTIES))
    assert left


def test_without_following_the_rules_the_archive_would_stay_until_somebody_writes_a_post(
    units: dict[str, Unit], hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(policy_services, "follows", {})
    load_rules("2000", "2000-01-01", SECRETARIES)
    person = hire(start=OPENED)
    archive_open(actor=None, person=person, opened=OPENED)
    appoint(person, units, "DEPUTY_SECRETARY")
    load_rules("2027", LATER.isoformat(), DEPUTIES)
    assert custody(person) == [(FIRST, OPENED, None)]


def test_a_version_of_another_place_moves_nobody(units: dict[str, Unit], filed: Person) -> None:
    appoint(filed, units, "PARTY_SECRETARY")
    load_rules("2000", "2000-01-01", SECRETARIES, place="3401")
    assert custody(filed) == [(FIRST, OPENED, TERM), (COUNTY, TERM, None)]
    load_rules("2027", LATER.isoformat(), "    - {at: STREET}\n", place="340182")
    assert custody(filed) == [(FIRST, OPENED, TERM), (COUNTY, TERM, None)]
    # The county's own rules go before those of the city.
    load_rules("2027", LATER.isoformat(), "    - {at: STREET}\n")
    assert custody(filed) == [(FIRST, OPENED, TERM), (COUNTY, TERM, LATER), (FIRST, LATER, None)]


@pytest.mark.parametrize("rules", ["none", "silent", "open"])
def test_where_the_rules_say_nothing_nothing_moves(
    rules: str, units: dict[str, Unit], filed: Person, other_street: Unit
) -> None:
    archive = filed.archive
    Custody.objects.create(archive=archive, kind="STREET", unit=units["340181002"], start=OPENED)
    if rules != "none":
        load_rules("2000", "2000-01-01", "" if rules == "silent" else OPEN)
    row_correct(actor=None, row=filed.tenures.get(), values={"end": "2025-03-01"}, reason="随调动免职")
    employment_transfer(actor=None, employment=filed.employments.get(), unit=other_street, day=date(2025, 3, 1))
    assert custody(filed) == [(FIRST, OPENED, None)]


def test_rules_that_name_the_street_would_have_moved_it(filed: Person, other_street: Unit) -> None:
    """The control."""
    load_rules("2000", "2000-01-01", SECRETARIES)
    row_correct(actor=None, row=filed.tenures.get(), values={"end": "2025-03-01"}, reason="随调动免职")
    employment_transfer(actor=None, employment=filed.employments.get(), unit=other_street, day=date(2025, 3, 1))
    assert custody(filed) == [(FIRST, OPENED, date(2025, 3, 1)), (SECOND, date(2025, 3, 1), None)]


def test_what_is_left_open_moves_nobody_and_what_is_said_does(units: dict[str, Unit], hire: Hire) -> None:
    load_rules("2000", "2000-01-01", OPEN)
    person = hire(start=OPENED)
    archive_open(actor=None, person=person, opened=OPENED)
    assert custody(person) == []
    appoint(person, units, "PARTY_SECRETARY")
    assert custody(person) == [(COUNTY, TERM, None)]
    # Who keeps it afterwards is open: it stays.
    tenure_end(actor=None, tenure=person.tenures.get(title="PARTY_SECRETARY"), end=date(2025, 6, 1))
    assert custody(person) == [(COUNTY, TERM, None)]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_what_was_acknowledged_before_there_were_rules_stays(
    acknowledged: bool, units: dict[str, Unit], filed: Person
) -> None:
    Custody.objects.create(
        archive=filed.archive, kind="ORGANISATION_DEPARTMENT", unit=units["340181"], start=OPENED,
        handed_over=OPENED if acknowledged else None, received_by="干部科" if acknowledged else "",
    )  # fmt: skip
    load_rules("2023", "2023-01-01", SECRETARIES)
    if acknowledged:
        assert custody(filed) == [(COUNTY, OPENED, date(2023, 1, 1)), (FIRST, date(2023, 1, 1), None)]
    else:
        assert custody(filed) == [(FIRST, OPENED, None)]


def test_days_before_the_first_rules_are_the_same_whatever_was_entered_first(
    units: dict[str, Unit], hire: Hire
) -> None:
    load_rules("2023", "2023-01-01", SECRETARIES)
    early, late = hire("先", start=OPENED), hire("后", unit="340181002001", start=OPENED)
    archive_open(actor=None, person=early, opened=OPENED)
    for person in (early, late):
        tenure_start(
            actor=None, person=person, unit=person.employments.get().unit, title="PARTY_SECRETARY",
            start=date(2021, 11, 1),
        )  # fmt: skip
    archive_open(actor=None, person=late, opened=OPENED)
    assert custody(early) == custody(late) == [(FIRST, OPENED, date(2021, 11, 1)), (COUNTY, date(2021, 11, 1), None)]


def test_the_page_says_whose_rules_it_follows_and_where_they_are_silent(units: dict[str, Unit], filed: Person) -> None:
    user = User.objects.create_user(username="officer", password="x", must_change_password=False)
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    client = Client()
    client.force_login(user)
    page = reverse("personnel:archive", args=[filed.pk])

    def said() -> str:
        return client.get(page, HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert "No rules are in force here" in said()
    load_rules("2000", "2000-01-01")
    assert "say who keeps the archive: it stays where it is on record" in said()
    load_rules("2021", "2021-01-01", OPEN.replace("STREET}", "STREET, cite: A-9}"))
    assert "其他人员的档案由谁保管没有写明" in said()
    load_rules("2022", "2022-01-01", SECRETARIES)
    assert "Follows the rules of Some place (T)." in said()
    assumed = SECRETARIES.replace("at: STREET", "at: {assumed: STREET, because: 原文没有说明}")
    load_rules("2023", "2023-01-01", assumed)
    assert "by an assumption: 原文没有说明" in said()


def test_where_the_rules_are_silent_somebody_says_who_keeps_it(
    units: dict[str, Unit], filed: Person, other_street: Unit
) -> None:
    """It stays there, also when they go to another street, until rules name somebody."""
    load_rules("2000", "2000-01-01")
    assert custody(filed) == []
    custody_name(actor=None, archive=filed.archive, kind="STREET", day=TERM)
    assert custody(filed) == [(FIRST, TERM, None)]
    with pytest.raises(Refused, match="already"):
        custody_name(actor=None, archive=filed.archive, kind="STREET", day=date(2024, 3, 1))
    with pytest.raises(Refused, match="opened"):
        custody_name(actor=None, archive=filed.archive, kind="STREET", day=date(2019, 12, 31))
    employment_transfer(actor=None, employment=filed.employments.get(), unit=other_street, day=date(2025, 1, 1))
    assert custody(filed) == [(FIRST, TERM, None)]
    custody_name(actor=None, archive=filed.archive, kind="ORGANISATION_DEPARTMENT", day=date(2022, 1, 1))
    assert custody(filed) == [(COUNTY, date(2022, 1, 1), TERM), (FIRST, TERM, None)]
    custody_name(actor=None, archive=filed.archive, kind="STREET", day=date(2025, 2, 1))
    assert custody(filed)[-1] == (SECOND, date(2025, 2, 1), None)
    custody_name(actor=None, archive=filed.archive, kind="ORGANISATION_DEPARTMENT", day=TERM)
    moved = date(2025, 2, 1)
    assert custody(filed) == [(COUNTY, date(2022, 1, 1), moved), (SECOND, moved, None)]
    load_rules("2026", "2026-01-01", SECRETARIES)
    assert custody(filed)[-1][0] == SECOND
    before, seen = custody(filed), AuditEntry.objects.count()
    with pytest.raises(Refused, match="The rules of the place say who keeps"):
        custody_name(actor=None, archive=filed.archive, kind="ORGANISATION_DEPARTMENT", day=LATER)
    assert (custody(filed), AuditEntry.objects.count()) == (before, seen)


def test_nobody_keeps_by_hand_what_belongs_to_no_unit(filed: Person) -> None:
    employment_end(actor=None, employment=filed.employments.get(), end=TERM, reason="RESIGNED")
    with pytest.raises(Refused, match="works nowhere"):
        custody_name(actor=None, archive=filed.archive, kind="STREET", day=TERM)
    assert custody(filed) == []


def test_who_works_elsewhere_does_not_say_who_keeps_it(
    units: dict[str, Unit], filed: Person, other_street: Unit
) -> None:
    outsider, clerk, reader = (User.objects.create(username=name) for name in ("outsider", "clerk", "reader"))
    grant_give(actor=None, user=outsider, unit=other_street, role=Role.STREET_CLERK)
    grant_give(actor=None, user=clerk, unit=units["340181002"], role=Role.STREET_CLERK)
    grant_give(actor=None, user=reader, unit=units["340181"], role=Role.ORG_APPROVER)
    for user in (outsider, reader):
        with pytest.raises(NotAllowed, match=filed.name):
            custody_name(actor=user, archive=filed.archive, kind="STREET", day=TERM)
    assert custody(filed) == []
    custody_name(actor=clerk, archive=filed.archive, kind="STREET", day=TERM)
    assert custody(filed) == [(FIRST, TERM, None)]


def test_who_keeps_it_is_said_whole_or_not_at_all(filed: Person) -> None:
    """One is on record already: its end and the next one's first day are two statements."""
    load_rules("2000", "2000-01-01")
    custody_name(actor=None, archive=filed.archive, kind="STREET", day=TERM)
    said = {"actor": None, "archive": filed.archive, "kind": "ORGANISATION_DEPARTMENT", "day": date(2025, 1, 1)}
    left, count = partial_effects(partial(custody_name, **said))
    assert (left, count > 10) == ([], True)
    # The control: the same service, not atomic.
    left, _count = partial_effects(partial(custody_name.__wrapped__, **said))  # type: ignore[attr-defined]
    assert left


def test_the_page_takes_who_keeps_it_where_rules_are_silent_alone(units: dict[str, Unit], filed: Person) -> None:
    user = User.objects.create_user(username="officer", password="x", must_change_password=False)
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    page = reverse("personnel:archive", args=[filed.pk])
    assert "Say who keeps it" in client.get(page).content.decode()
    sent = {"act": "custodian", "custodian-kind": "STREET", "custodian-day": ""}
    refused = client.post(page, sent)
    assert (refused.status_code, custody(filed)) == (422, [])
    assert client.post(page, sent | {"custodian-day": "2024-01-01"}).status_code == 302
    assert custody(filed) == [(FIRST, TERM, None)]
    assert AuditEntry.objects.filter(action="personnel.custody.name", actor_id=user.pk).count() == 1
    load_rules("2000", "2000-01-01", SECRETARIES)
    assert "Say who keeps it" not in client.get(page).content.decode()
    late = client.post(page, sent | {"custodian-kind": "ORGANISATION_DEPARTMENT", "custodian-day": "2025-01-01"})
    assert late.status_code == 422
    assert "The rules of the place say who keeps" in late.content.decode()


def test_the_archive_is_held_before_posts_and_rules_are_read(filed: Person) -> None:
    """So whoever writes a post and whoever loads rules wait for each other."""
    with CaptureQueriesContext(connection) as asked:
        custody_services.follow_posts(actor=None, person=filed)
    statements = [
        one["sql"] for one in asked.captured_queries if '"personnel_' in one["sql"] or "policy_" in one["sql"]
    ]
    assert "FOR NO KEY UPDATE" in statements[0]
    assert '"personnel_archive"' in statements[0]


# -- the pure part --------------------------------------------------------------------------------------------------

DAYS = [date(2020, month, 1) for month in range(1, 13)]
HELD = st.builds(
    lambda title, street, first, length, rules, in_force: Held(
        title,
        1,
        street,
        DAYS[first],
        DAYS[first + length] if first + length < 12 else None,
        DAYS[first],
        rules,
        in_force and rules is not None,
    ),
    st.sampled_from(["", "A", "B"]),
    st.sampled_from([10, 11]),
    st.integers(0, 11),
    st.integers(1, 12),
    st.sampled_from([None, "a", "silent"]),
    st.booleans(),
)


def says(rules: object, posts: frozenset[str]) -> str | None:
    return None if rules == "silent" else "ORGANISATION_DEPARTMENT" if "A" in posts else "STREET"


@given(st.lists(HELD, max_size=5), st.integers(0, 11))
def test_one_keeps_it_at_a_time_and_following_twice_changes_nothing(held: list[Held], opened: int) -> None:
    kept = custody_of(held, says, DAYS[opened])
    for one, after in pairwise(kept):
        assert one.end == after.start
        assert (one.kind, one.unit) != (after.kind, after.unit)
    assert not kept or (kept[-1].end is None and kept[0].start >= DAYS[opened])
    record = [Recorded(one.kind, one.unit, one.start, one.end, False) for one in kept]
    assert custody_of(held, says, DAYS[opened], record) == kept


@given(st.lists(HELD, max_size=5), st.integers(0, 11))
def test_on_a_day_with_rules_in_force_it_is_with_whom_they_name(held: list[Held], opened: int) -> None:
    record = [Recorded("STREET", 99, DAYS[opened], None, False)]
    kept = custody_of(held, says, DAYS[opened], record)
    for day in DAYS[opened:]:
        on = [one for one in held if one.start <= day and (one.end is None or one.end > day)]
        ruled = [one for one in on if one.rules == "a" and one.in_force]
        keeper = [one for one in kept if one.start <= day and (one.end is None or one.end > day)]
        if ruled and any(one.title == "A" for one in on if one.rules == "a"):
            assert [(one.kind, one.unit) for one in keeper] == [("ORGANISATION_DEPARTMENT", 1)]
        elif ruled:
            assert keeper[0].kind == "STREET"
            assert keeper[0].unit in {one.street for one in ruled}
        elif on and all(one.rules != "a" for one in on):
            assert [(one.kind, one.unit) for one in keeper] == [("STREET", 99)]
