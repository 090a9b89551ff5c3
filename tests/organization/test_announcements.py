"""What a system administrator tells everybody in a unit: who reads it, when, and who may write it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization.models import Announcement, Role, Unit, UnitKind, User
from organization.selectors import announcement_for, announcements_for
from organization.services import announcement_end, announcement_write, grant_give, unit_create, unit_move

TODAY = timezone.localdate
DAY = timedelta(days=1)


@pytest.fixture
def places(db: None) -> dict[str, Unit]:
    made: dict[str, Unit] = {}
    for code, kind in (
        ("34", UnitKind.PROVINCE), ("3401", UnitKind.CITY), ("340181", UnitKind.COUNTY), ("340181002", UnitKind.STREET),
        ("340181003", UnitKind.STREET), ("340181002001", UnitKind.COMMUNITY),
    ):  # fmt: skip
        parent = made.get(code[: {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}[len(code)]])
        made[code] = unit_create(
            actor=None, code=code, name=code, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    return made


def holder(unit: Unit, role: str = Role.STREET_CLERK) -> User:
    user = User.objects.create(username=f"{role}-{unit.code}", display_name=f"{role} {unit.name}")
    grant_give(actor=None, user=user, unit=unit, role=role)
    return user


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def texts(user: User, day: date | None = None) -> list[str]:
    return [one.text for one in announcements_for(user=user, day=day)]


def tell(unit: Unit, text: str = "停机", days: int = 7) -> Announcement:
    return announcement_write(actor=None, unit=unit, text=text, start=TODAY(), end=TODAY() + days * DAY)


def test_it_reaches_the_unit_and_what_lies_below(places: dict[str, Unit]) -> None:
    tell(places["340181002"])
    for code, read in (
        ("34", False),
        ("340181", False),
        ("340181002", True),
        ("340181002001", True),
        ("340181003", False),
    ):
        assert texts(holder(places[code])) == (["停机"] if read else []), code
    assert texts(User.objects.create(username="nobody")) == []


def test_whoever_also_holds_a_role_above_reads_it(places: dict[str, Unit]) -> None:
    user = holder(places["34"])
    tell(places["340181002"])
    assert texts(user) == []
    grant_give(actor=None, user=user, unit=places["340181002001"], role=Role.STREET_CLERK)
    assert texts(user) == ["停机"]


def test_it_stands_from_its_first_day_until_its_last(places: dict[str, Unit]) -> None:
    user = holder(places["340181002"])
    tell(places["340181"], days=2)
    assert [texts(user, TODAY() + n * DAY) for n in (-1, 0, 1, 2)] == [[], ["停机"], ["停机"], []]


def test_it_follows_the_tree(places: dict[str, Unit]) -> None:
    community = holder(places["340181002001"])
    tell(places["340181003"], "三街")
    tell(places["340181002"], "二街")
    assert texts(community) == ["二街"]
    unit_move(actor=None, unit=places["340181002001"], parent=places["340181003"], day=TODAY(), document="")
    assert texts(community) == ["三街"]


def test_everything_that_is_wrong_is_said_at_once(places: dict[str, Unit]) -> None:
    for start, days, field in ((TODAY(), 0, "end"), (TODAY(), 367, "end"), (TODAY() - 9 * DAY, 9, "end")):
        with pytest.raises(Refused) as caught:
            announcement_write(actor=None, unit=places["34"], text=" \n", start=start, end=start + days * DAY)
        assert set(caught.value.fields) == {"text", field}
    with pytest.raises(Refused, match="501"):
        announcement_write(actor=None, unit=places["34"], text="x" * 501, start=TODAY(), end=TODAY() + DAY)
    announcement_write(actor=None, unit=places["34"], text="x" * 500, start=TODAY(), end=TODAY() + 366 * DAY)


@pytest.mark.parametrize(("values", "name"), [({"text": ""}, "something"), ({"end": date(2000, 1, 1)}, "range")])
def test_the_database_refuses_it_too(places: dict[str, Unit], values: dict[str, object], name: str) -> None:
    told = tell(places["34"])
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Announcement.objects.filter(pk=told.pk).update(**values)


def test_only_the_system_administrator_writes_and_takes_back(places: dict[str, Unit]) -> None:
    own, other = holder(places["340181002"], Role.SYSTEM_ADMIN), holder(places["340181003"], Role.SYSTEM_ADMIN)
    clerk = holder(places["340181002"])
    told = announcement_write(actor=own, unit=places["340181002"], text="a", start=TODAY(), end=TODAY() + DAY)
    with pytest.raises(NotFound):
        announcement_for(user=other, number=told.pk)
    for user, error in ((clerk, NotAllowed), (other, NotFound)):
        with pytest.raises(error):
            announcement_write(actor=user, unit=places["340181002"], text="a", start=TODAY(), end=TODAY() + DAY)
        with pytest.raises(error):
            announcement_end(actor=user, announcement=told)
    announcement_end(actor=own, announcement=told)
    assert texts(clerk) == []
    with pytest.raises(Conflict):
        announcement_end(actor=own, announcement=told)
    assert list(
        AuditEntry.objects.filter(action__startswith="organization.announcement")
        .order_by("pk")
        .values_list("action", "actor_name")
    ) == [("organization.announcement.write", own.username), ("organization.announcement.end", own.username)]


def test_the_page_keeps_what_was_typed_and_says_all_that_is_wrong(places: dict[str, Unit]) -> None:
    client = client_of(holder(places["340181"], Role.SYSTEM_ADMIN))
    sent = {"unit": "340181002000", "text": "周五停机", "start": "2026.1.1", "end": "nie"}
    answer = client.post("/announcements/", sent)
    assert answer.status_code == 422
    assert "周五停机" in answer.content.decode()
    assert set(answer.context["form"].errors) == {"end"}
    assert Announcement.objects.count() == 0
    day = TODAY()
    sent |= {"start": f"{day.year}年{day.month}月{day.day}日", "end": f"{day + DAY:%Y.%m.%d}"}
    assert client.post("/announcements/", sent).status_code == 302
    told = Announcement.objects.get()
    assert (told.unit.name, told.text, told.start, told.end) == ("340181002", "周五停机", day, day + DAY)
    assert "周五停机" in client.get("/announcements/").content.decode()
    reader = client_of(holder(places["340181002001"]))
    assert "周五停机" in reader.get("/").content.decode()
    assert client.post(f"/announcements/{told.pk}/end/").status_code == 302
    assert "周五停机" not in reader.get("/").content.decode()
    assert client.post(f"/announcements/{told.pk}/end/", follow=True).status_code == 200  # told that it has ended


def test_units_of_others_are_no_choice(places: dict[str, Unit]) -> None:
    client = client_of(holder(places["340181002"], Role.SYSTEM_ADMIN))
    sent = {"unit": "340181003000", "text": "x", "start": str(TODAY()), "end": str(TODAY() + DAY)}
    assert client.post("/announcements/", sent).status_code == 422
    assert Announcement.objects.count() == 0


# -- the card of three lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_each_role_is_told_three_things_that_it_can_do(places: dict[str, Unit], role: str) -> None:
    client = client_of(holder(places["340181"], role))
    lines = client.get("/").context["introduction"]
    assert len({str(line.text) for line in lines}) == 3
    from django.urls import reverse

    for line in lines:
        if line.url_name:
            assert client.get(reverse(line.url_name)).status_code == 200, line


def test_the_card_is_put_away_for_good(places: dict[str, Unit]) -> None:
    user = holder(places["340181002"])
    first, second = client_of(user), client_of(user)
    assert "What you can do" in first.get("/").content.decode()
    assert first.get("/introduction/").status_code == 405
    assert "What you can do" in first.get("/").content.decode()  # looking at it doesn't close it
    for _twice in range(2):
        assert first.post("/introduction/").status_code == 302
    assert "What you can do" not in first.get("/").content.decode()
    assert "What you can do" not in second.get("/").content.decode()
    assert AuditEntry.objects.filter(action="organization.user.close_introduction").count() == 1
    assert "What you can do" in client_of(holder(places["340181003"])).get("/").content.decode()  # another's is there
