"""Tokens of programs: what is kept of them, who gets one, and every way in which one ends."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization.access import asked_once, rights_of
from organization.models import ApiToken, Grant, Permission, Role, Unit, User
from organization.selectors import token_for_system, tokens_list
from organization.services import grant_give, token_give, token_revoke, token_used, user_create, user_deactivate


@pytest.fixture
def program(tree: dict[str, Unit]) -> User:
    user = user_create(actor=None, username="program", display_name="接口程序", unit=tree["340181"])[0]
    grant_give(actor=None, user=user, unit=tree["340181"], role=Role.REST_CLIENT)
    return user


@pytest.fixture
def security(tree: dict[str, Unit]) -> User:
    user = user_create(actor=None, username="security", display_name="安全管理员")[0]
    grant_give(actor=None, user=user, unit=tree["340181"], role=Role.SECURITY_ADMIN)
    return user


def test_only_a_prefix_and_a_hash_are_kept(program: User) -> None:
    row, token = token_give(actor=None, user=program, label="payroll office")
    prefix, secret = token.split(".")
    assert len(prefix) == 8
    assert len(secret) == 43  # 256 bits, 6 a character
    kept = ApiToken.objects.values().get()
    assert kept["prefix"] == prefix
    assert kept["digest"] == hashlib.sha256(token.encode()).hexdigest()
    entry = AuditEntry.objects.get(action="organization.token.give")
    assert entry.after["prefix"] == prefix
    assert secret not in json.dumps([kept, entry.after], default=str)
    assert row.expires - row.created == timedelta(days=365)
    assert (row.last_used, row.revoked) == (None, None)


def test_two_tokens_differ_and_both_hold(program: User) -> None:
    first, second = (token_give(actor=None, user=program, label="a") for _ in range(2))
    assert first[1] != second[1]
    assert token_for_system(first[1]) == first[0]
    assert token_for_system(second[1]) == second[0]
    assert set(tokens_list(user=program)) == {first[0], second[0]}


def test_a_token_comes_with_its_user_as_they_are_on_record(program: User) -> None:
    row, token = token_give(actor=None, user=program, label="a", permissions=["view_statistics"])
    with CaptureQueriesContext(connection) as asked:
        found = token_for_system(token)
        assert found is not None
        told = [
            {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}
            for one in (found, found.user)
        ]
    assert len(asked) == 1
    assert told == [ApiToken.objects.values().get(pk=row.pk), User.objects.values().get(pk=program.pk)]
    assert not any(
        field.get_db_converters(connection) for model in (ApiToken, User) for field in model._meta.concrete_fields
    ), "columns are taken as the database gives them"


def test_every_part_of_the_token_counts(program: User) -> None:
    row, token = token_give(actor=None, user=program, label="a")
    assert token_for_system(token) == row
    other = "A" if token[-1] != "A" else "B"
    for wrong in (
        token[:-1] + other,
        token[:-1],
        token + "A",
        token[:8],
        token[:9],
        token[9:],
        "",
        ".",
        "x" * 9,
        "é.é",
    ):
        assert token_for_system(wrong) is None, wrong
    swapped = token_give(actor=None, user=program, label="b")[1]
    assert token_for_system(token[:8] + swapped[8:]) is None


@pytest.mark.parametrize("role", [Role.ORG_OFFICER, Role.AUDITOR, Role.FINANCE, None])
def test_without_the_interface_permission_there_is_no_token(tree: dict[str, Unit], role: Role | None) -> None:
    user = user_create(actor=None, username="human", display_name="人")[0]
    if role is not None:
        grant_give(actor=None, user=user, unit=tree["340181"], role=role)
    with pytest.raises(Refused, match="人 may not use the programming interface"):
        token_give(actor=None, user=user, label="a")
    assert not ApiToken.objects.exists()


def test_a_human_with_the_permission_gets_one(tree: dict[str, Unit]) -> None:
    user = user_create(actor=None, username="human", display_name="人")[0]
    grant_give(actor=None, user=user, unit=tree["340181"], role=Role.ORG_OFFICER)
    grant_give(actor=None, user=user, unit=tree["340181002"], role=Role.REST_CLIENT)
    assert token_give(actor=None, user=user, label="a")[0].user == user


def test_all_that_is_wrong_is_said_at_once(program: User) -> None:
    user_deactivate(actor=None, user=program)
    with pytest.raises(Refused) as refused:
        token_give(actor=None, user=program, label=" ", days=0)
    assert [str(error) for error in refused.value.errors] == [
        "Give the token a label of 1 to 60 characters that says which program uses it.",
        "A token holds for 1 to 1825 days, not for 0.",
        "接口程序 is not active and can't have a token.",
    ]


@pytest.mark.parametrize(("days", "good"), [(1, True), (1825, True), (1826, False), (-1, False)])
def test_the_days_of_a_token_have_bounds(program: User, days: int, good: bool) -> None:
    if good:
        row, _token = token_give(actor=None, user=program, label="a", days=days)
        assert row.expires - row.created == timedelta(days=days)
    else:
        with pytest.raises(Refused):
            token_give(actor=None, user=program, label="a", days=days)


def test_the_administrator_of_the_place_gives_and_revokes(tree: dict[str, Unit], program: User, security: User) -> None:
    row, _token = token_give(actor=security, user=program, label="a")
    token_revoke(actor=security, prefix=row.prefix)
    trail = AuditEntry.objects.filter(object_type="organization.apitoken").order_by("pk")
    assert [(entry.action, entry.actor_name, entry.unit_code) for entry in trail] == [
        ("organization.token.give", "security", "340181000000"),
        ("organization.token.revoke", "security", "340181000000"),
    ]


def test_nobody_else_does(tree: dict[str, Unit], program: User, security: User) -> None:
    row, _token = token_give(actor=None, user=program, label="a")
    stranger = user_create(actor=None, username="stranger", display_name="外人")[0]
    grant_give(actor=None, user=stranger, unit=tree["340122"], role=Role.SECURITY_ADMIN)
    clerk = user_create(actor=None, username="clerk", display_name="经办员")[0]
    grant_give(actor=None, user=clerk, unit=tree["340181"], role=Role.STREET_CLERK)
    street = user_create(actor=None, username="street", display_name="街道")[0]
    grant_give(actor=None, user=street, unit=tree["340181002"], role=Role.SECURITY_ADMIN)
    grant_give(actor=None, user=program, unit=tree["340181002"], role=Role.REST_CLIENT)
    for actor, error in (
        (street, NotAllowed),  # the program's county is more than this street
        (stranger, NotFound),  # another county's administrator
        (clerk, NotFound),
        (program, NotFound),  # gives none to itself
    ):
        with pytest.raises(error):
            token_give(actor=actor, user=program, label="b")
        if actor != program:
            with pytest.raises(error):
                token_revoke(actor=actor, prefix=row.prefix)
    assert ApiToken.objects.get().revoked is None
    token_revoke(actor=security, prefix=row.prefix)  # the control


def test_one_ends_ones_own(program: User) -> None:
    row, _token = token_give(actor=None, user=program, label="a")
    assert token_revoke(actor=program, prefix=row.prefix.upper()).revoked is not None


def test_revoking_again_or_what_is_not_there(program: User) -> None:
    row, _token = token_give(actor=None, user=program, label="a")
    token_revoke(actor=None, prefix=row.prefix)
    with pytest.raises(Conflict, match=f"{row.prefix} is revoked since"):
        token_revoke(actor=None, prefix=row.prefix)
    with pytest.raises(NotFound, match="no token 00000000"):
        token_revoke(actor=None, prefix="00000000")


def test_the_use_is_written_down_once_an_hour(program: User) -> None:
    row, _token = token_give(actor=None, user=program, label="a")
    noon = timezone.now().replace(hour=4, minute=0, second=0, microsecond=0)
    again = ApiToken.objects.get()  # a request that read the row at the same time
    assert token_used(token=row, now=noon)
    assert not token_used(token=again, now=noon + timedelta(minutes=1))
    row.refresh_from_db()
    assert not token_used(token=row, now=noon + timedelta(minutes=59))
    row.refresh_from_db()
    assert row.last_used == noon
    assert token_used(token=row, now=noon + timedelta(minutes=60))
    row.refresh_from_db()
    assert row.last_used == noon + timedelta(hours=1)


@pytest.mark.parametrize(
    ("field", "value"), [("prefix", "XYZ"), ("digest", "plain"), ("expires", timezone.now() - timedelta(days=9))]
)
def test_the_database_refuses_what_is_no_token(program: User, field: str, value: object) -> None:
    row, _token = token_give(actor=None, user=program, label="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=row.pk).update(**{field: value})


def test_grants_come_with_the_token_and_are_read_anew_where_something_is_written(program: User) -> None:
    _row, token = token_give(actor=None, user=program, label="a")
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/v1/units/").status_code == 200
    with CaptureQueriesContext(connection) as asked:
        client.get("/api/v1/units/")
    (one,) = [query["sql"] for query in asked.captured_queries if "organization_grants(" in query["sql"]]
    assert "organization_apitoken" in one
    shown = token_for_system(token)
    assert shown is not None
    Grant.objects.filter(user=program).update(valid_to=timezone.localdate())
    assert rights_of(shown.user).scopes == {}
    with asked_once():  # the control: within a request that only reads, what was read with the token counts
        assert Permission.USE_API in rights_of(shown.user).scopes
    assert client.get("/api/v1/units/").status_code == 403  # the next request knows


# -- manage.py token --------------------------------------------------------------------------------------------------


def run(*words: str) -> str:
    out = StringIO()
    call_command("token", *words, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_token_and_nothing_else(program: User) -> None:
    token = run("give", "--user", "program", "--label", "payroll office", "--days", "30").rstrip("\n")
    row = token_for_system(token)
    assert row is not None
    assert (row.user, row.label, row.expires - row.created) == (program, "payroll office", timedelta(days=30))


def test_the_command_speaks_json(program: User) -> None:
    given = json.loads(run("give", "--user", "program", "--label", "a", "--json"))
    today = timezone.localdate()
    row = {
        "prefix": given["token"][:8],
        "user": "program",
        "label": "a",
        "created": str(today),
        "expires": str(today + timedelta(days=365)),
        "last_used": None,
        "revoked": None,
    }
    assert given == row | {"token": given["token"]}
    assert json.loads(run("list", "--json")) == [row]
    assert json.loads(run("revoke", given["prefix"], "--json")) == row | {"revoked": str(today)}
    assert json.loads(run("list", "--json")) == [row | {"revoked": str(today)}]


def test_the_list_shows_nothing_secret(program: User) -> None:
    token = run("give", "--user", "program", "--label", "a").strip()
    shown = run("list")
    assert token[:8] in shown
    assert token[9:] not in shown
    assert ApiToken.objects.get().digest not in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("give", "--user", "nobody", "--label", "a"), "There is no user “nobody”."),
        (("give", "--user", "security", "--label", "a"), "安全管理员 may not use the programming interface."),
        (("give", "--user", "program", "--label", "a", "--days", "9999"), "not for 9999"),
        (("revoke", "12345678"), "There is no token 12345678."),
    ],
)
def test_the_command_says_what_is_wrong(program: User, security: User, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*words)
