"""Why somebody may or may not do something: by the steps that decide it, and nothing about what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest
from django.test import Client
from django.utils import timezone

from core.errors import Conflict, NotFound, Refused
from organization import access
from organization.access import Explanation, Lack, explain, may
from organization.models import Grant, Permission, Role, Unit, UnitUserObjectPermission, User, role_family
from organization.selectors import Why, why
from organization.services import grant_give, token_give, unit_move, user_create

COUNTY, STREET, SIBLING, FOREIGN = "340181", "340181002", "340181003", "340122"
P = Permission
SEEDS = range(20)
ASKED = (P.VIEW_PEOPLE, P.RUN_PAY, P.SEAL_PAY, P.VIEW_AUDIT, P.CHANGE_USERS, P.CHANGE_GRANTS)


def somebody(name: str, unit: Unit, role: str = "") -> User:
    user = user_create(actor=None, username=name, display_name=f"{name}·名", unit=unit)[0]
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    if role:
        grant_give(actor=None, user=user, unit=unit, role=role)
    return User.objects.get(pk=user.pk)


def scattered(tree: dict[str, Unit], random: Random, name: str) -> User:
    """A user with grants of one family at random: places, days, and now and then no permission rows behind them."""
    today = timezone.localdate()
    user = User.objects.create(username=name, is_active=random.random() > 0.1)
    roles = [role for role in Role if role_family(role) == random.choice(["BUSINESS", "AUDIT", "SYSTEM", "SECURITY"])]
    for _n in range(random.randrange(5)):
        role, unit = random.choice(roles or [Role.AUDITOR]), random.choice(list(tree.values()))
        start = today + timedelta(days=random.randrange(-400, 30))
        try:
            grant_give(
                actor=None, user=user, unit=unit, role=role, valid_from=start,
                valid_to=start + timedelta(days=random.randrange(1, 500)) if random.random() < 0.8 else None,
            )  # fmt: skip
        except (Conflict, Refused):
            continue  # the same role there in these days
    if random.random() < 0.2:
        UnitUserObjectPermission.objects.filter(user=user).delete()
    return user


def disagreements(
    tree: dict[str, Unit], explained: Callable[[User, str, list[str]], Explanation] = explain
) -> list[tuple[int, str, str]]:
    """Where the explanation says another thing than what is decided, over random grants: every permission and unit."""
    found = []
    for seed in SEEDS:
        user = scattered(tree, Random(seed), f"u{seed}")
        with access.asked_once():
            for permission in ASKED:
                for unit in tree.values():  # as many questions as there are permissions and units
                    said = explained(user, permission, [unit.path])
                    decided = may(user, permission, unit)
                    deciding = [held for held, lack in said.grounds if lack is None]
                    if said.allowed != decided or bool(deciding) != decided:
                        found.append((seed, str(permission), unit.name))
    return found


@pytest.fixture
def few_units(tree: dict[str, Unit]) -> dict[str, Unit]:
    unit_move(
        actor=None, unit=tree["340181002008"], parent=tree[SIBLING], day=timezone.localdate(), code="340181003008"
    )
    return {
        code: Unit.objects.get(pk=tree[code].pk) for code in ("34", COUNTY, STREET, SIBLING, "340181002008", FOREIGN)
    }


def test_what_is_said_is_what_is_decided(few_units: dict[str, Unit]) -> None:
    assert disagreements(few_units) == []


def test_another_decision_is_found(few_units: dict[str, Unit]) -> None:
    """The control: an explanation of another day."""
    later = timezone.localdate() + timedelta(days=100)
    assert disagreements(few_units, lambda user, permission, paths: explain(user, permission, paths, today=later))


def lacks(user: User, permission: str, unit: Unit) -> list[tuple[str, Lack | None]]:
    return [(held.role, lack) for held, lack in explain(user, permission, [unit.path]).grounds]


def test_each_grant_says_what_it_has_to_do_with_it(tree: dict[str, Unit]) -> None:
    user = somebody("clerk", tree[STREET])
    today = timezone.localdate()
    day = timedelta(days=1)
    grant_give(actor=None, user=user, unit=tree[STREET], role=Role.STREET_CLERK, valid_from=today - day, valid_to=today)
    grant_give(actor=None, user=user, unit=tree[COUNTY], role=Role.STREET_CLERK, valid_from=today + day)
    grant_give(actor=None, user=user, unit=tree[STREET], role=Role.FINANCE)
    grant_give(actor=None, user=user, unit=tree[SIBLING], role=Role.ORG_OFFICER)
    found = lacks(user, P.RUN_PAY, tree[STREET])
    assert sorted(found, key=str) == sorted(
        [
            (Role.STREET_CLERK, Lack.ENDED),
            (Role.STREET_CLERK, Lack.LATER),
            (Role.FINANCE, Lack.ROLE),
            (Role.ORG_OFFICER, Lack.ELSEWHERE),
        ],
        key=str,
    )
    grant_give(actor=None, user=user, unit=tree["3401"], role=Role.ORG_OFFICER)
    assert lacks(user, P.RUN_PAY, tree[STREET])[0] == (Role.ORG_OFFICER, None)
    UnitUserObjectPermission.objects.filter(user=user, content_object=tree["3401"]).delete()
    assert (Role.ORG_OFFICER, Lack.UNWRITTEN) in lacks(user, P.RUN_PAY, tree[STREET])
    user.is_active = False
    assert not explain(user, P.VIEW_PAY, [tree[STREET].path]).allowed
    assert (Role.FINANCE, Lack.INACTIVE) in lacks(user, P.VIEW_PAY, tree[STREET])


def ask(asker: User, permission: str = P.SEAL_PAY, number: str = STREET, username: str = "") -> Why:
    return why(user=asker, permission=permission, kind="unit", number=number, username=username)


def test_one_is_told_who_could_give_what_is_missing(tree: dict[str, Unit]) -> None:
    clerk = somebody("clerk", tree[STREET], Role.STREET_CLERK)
    somebody("county", tree[COUNTY], Role.SECURITY_ADMIN)
    somebody("street", tree[STREET], Role.SECURITY_ADMIN)
    somebody("far", tree[FOREIGN], Role.SECURITY_ADMIN)
    gone = somebody("gone", tree[COUNTY], Role.SECURITY_ADMIN)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    found = ask(clerk)
    assert (found.allowed, found.givers) == (False, ["street·名", "county·名"])
    assert [(one.role, one.code) for one in found.grounds] == [(str(Role.STREET_CLERK.label), "role")]
    assert found.roles == [str(Role.FINANCE.label)]
    assert ask(clerk, P.RUN_PAY).allowed


def test_nothing_is_told_of_what_is_not_ones_own(tree: dict[str, Unit]) -> None:
    """A unit of others, one that is not there and a number that is none: one answer, byte by byte."""
    clerk = somebody("clerk", tree[STREET], Role.STREET_CLERK)
    client = Client()
    client.force_login(clerk)
    answers = set()
    for number in (FOREIGN, "999999", "abcdef"):
        with pytest.raises(NotFound) as refused:
            ask(clerk, number=number)
        answer = client.get(f"/why/?permission=seal_pay&kind=unit&number={number}")
        assert answer.status_code == 422
        text = answer.content.decode().split('id="content"')[1]
        answers.add((str(refused.value), text.replace(number, "")))
    assert len(answers) == 1
    assert client.get(f"/why/?permission=seal_pay&kind=unit&number={STREET}").status_code == 200  # the control


def test_only_administrators_ask_for_others_and_only_of_their_units(tree: dict[str, Unit]) -> None:
    clerk = somebody("clerk", tree[STREET], Role.STREET_CLERK)
    other = somebody("other", tree[STREET], Role.FINANCE)
    far = somebody("far", tree[FOREIGN], Role.FINANCE)
    for name in ("other", "far", "nobody"):
        with pytest.raises(NotFound, match=f"no user “{name}”"):
            ask(clerk, username=name)
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
        admin = somebody(role.lower(), tree[COUNTY], role)
        assert ask(admin, username="other").allowed
        assert ask(admin, username="other").of == other
        with pytest.raises(NotFound, match="no user “far”"):
            ask(admin, username="far")
        with pytest.raises(NotFound, match="nothing with this number"):
            ask(admin, username="other", number=FOREIGN)
    assert ask(far, number=FOREIGN).allowed
    client = Client()
    client.force_login(clerk)
    assert 'name="username"' not in client.get("/why/").content.decode()


def test_the_days_of_a_grant_are_shown(tree: dict[str, Unit]) -> None:
    clerk = somebody("clerk", tree[STREET])
    today = timezone.localdate()
    grant_give(
        actor=None, user=clerk, unit=tree[COUNTY], role=Role.FINANCE, valid_from=date(2020, 1, 1),
        valid_to=today + timedelta(days=3),
    )  # fmt: skip
    [ground] = ask(clerk).grounds
    assert (ground.valid_from, ground.valid_to, ground.path) == (
        date(2020, 1, 1), today + timedelta(days=3), Grant.objects.get(user=clerk).unit.path,
    )  # fmt: skip
    client = Client()
    client.force_login(clerk)
    text = client.get(f"/why/?permission=seal_pay&kind=unit&number={STREET}").content.decode()
    assert str(today + timedelta(days=3)) in text


def test_programs_are_told_the_same(tree: dict[str, Unit]) -> None:
    asker, admin = (
        somebody("asker", tree[STREET], Role.STREET_CLERK),
        somebody("admin", tree[COUNTY], Role.SECURITY_ADMIN),
    )
    token = token_give(actor=None, user=somebody("rest", tree[STREET], Role.REST_CLIENT), label="a")[1]
    asked = {"permission": "seal_pay", "kind": "unit", "number": STREET}
    headers = {"accept-language": "en"}
    client = Client(headers=headers)
    assert client.get("/api/v1/why/", asked).status_code == 401
    client.force_login(asker)
    told = client.get("/api/v1/why/", asked).json()
    found = why(user=asker, permission="seal_pay", kind="unit", number=STREET)
    assert (told["username"], told["subject"], told["allowed"], told["starter"]) == (
        "asker",
        found.subject.name,
        False,
        False,
    )
    assert [(one["path"], one["code"]) for one in told["grounds"]] == [(tree[STREET].path, "role")]
    assert told["givers"] == ["admin·名"]
    # Of others only administrators are told, and of a user elsewhere just as little as of nobody.
    elsewhere = asked | {"username": "admin"}
    nobody = asked | {"username": "nobody"}
    answers = [client.get("/api/v1/why/", values) for values in (elsewhere, nobody)]
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = [str(answer.json()).replace(name, "") for answer, name in zip(answers, ("admin", "nobody"), strict=True)]
    assert texts[0] == texts[1]
    client.force_login(admin)
    assert client.get("/api/v1/why/", asked | {"username": "asker"}).json()["username"] == "asker"
    # What a program's token may be used for counts; what nobody reads is refused.
    program = Client(headers=headers | {"authorization": f"Bearer {token}"})
    own = program.get("/api/v1/why/", asked | {"permission": "view_people"}).json()
    assert (own["username"], own["allowed"]) == ("rest", True)
    for wrong in ({"user": "asker"}, {"kind": "planet"}, {"number": "1x"}, {"permission": "all"}):
        assert program.get("/api/v1/why/", asked | wrong).status_code == 400, wrong
