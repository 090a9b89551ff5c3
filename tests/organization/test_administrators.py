"""Pages of the system administrator (users) and of the security administrator (roles, tokens of programs)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization import access
from organization.models import ApiToken, Grant, Permission, Role, SecondFactor, Session, Unit, User
from organization.services import (
    factor_remove,
    grant_give,
    grant_renew,
    grant_revoke,
    token_give,
    unit_move,
    user_activate,
    user_create,
    user_deactivate,
    user_log_out,
    user_reset_password,
    user_unlock,
)

COUNTY, STREET, SIBLING, FOREIGN = "340181", "340181002", "340181003", "340122"


def somebody(unit: Unit, role: str = "", name: str = "") -> User:
    """A user who belongs to a unit and holds a role there."""
    user = user_create(actor=None, username=name or role.lower() or "clerk", display_name=name or "王敏", unit=unit)[0]
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    if role:
        grant_give(actor=None, user=user, unit=unit, role=role)
    return User.objects.get(pk=user.pk)


def logged_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def system(tree: dict[str, Unit]) -> User:
    return somebody(tree[COUNTY], Role.SYSTEM_ADMIN)


@pytest.fixture
def security(tree: dict[str, Unit]) -> User:
    return somebody(tree[COUNTY], Role.SECURITY_ADMIN)


def secret_of(answer: object) -> str:
    found = re.search(r'class="secret"[^>]*>([^<]+)<', answer.content.decode())  # type: ignore[attr-defined]
    assert found is not None
    return found[1]


def test_a_new_user_gets_a_password_that_is_shown_once(system: User, tree: dict[str, Unit]) -> None:
    client = logged_in(system)
    sent = {"username": "li.na", "display_name": "李娜", "unit": STREET}
    answer = client.post("/users/new/", sent)
    password = secret_of(answer)
    made = User.objects.get(username="li.na")
    assert made.check_password(password)
    assert made.must_change_password
    assert made.unit == tree[STREET]
    assert password not in client.get(f"/users/{made.pk}/").content.decode()
    entry = AuditEntry.objects.get(action="organization.user.create", object_id=str(made.pk))
    assert (entry.actor_name, entry.unit_code) == ("system_admin", "340181002000")
    assert password not in str(entry.after)
    again = client.post("/users/new/", sent | {"username": "LI.NA"})
    assert again.status_code == 422
    assert "There is already a user “LI.NA”." in again.content.decode()


def test_everything_that_is_wrong_is_said_at_once_and_what_was_typed_stays(system: User) -> None:
    answer = logged_in(system).post("/users/new/", {"username": "li na", "display_name": " " * 3, "unit": FOREIGN})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="li na"' in text
    assert f'value="{FOREIGN}"' in text
    answer = logged_in(system).post("/users/new/", {"username": "li na", "display_name": "李娜", "unit": FOREIGN})
    assert f"There is no unit {FOREIGN} among those you may work with." in answer.content.decode()
    answer = logged_in(system).post("/users/new/", {"username": "li na", "display_name": "李娜", "unit": STREET})
    assert "Enter a valid username" in answer.content.decode()
    assert not User.objects.filter(display_name="李娜").exists()


@pytest.mark.parametrize("code", [COUNTY, STREET])
def test_one_sees_the_users_of_ones_own_units(tree: dict[str, Unit], code: str) -> None:
    """Also before their first role; and those who belong elsewhere while they hold a role here."""
    asker = somebody(tree[code], Role.SYSTEM_ADMIN, "asker")
    for unit in (STREET, SIBLING, FOREIGN):
        somebody(tree[unit], name=f"of-{unit}")
    lent = somebody(tree[FOREIGN], name="lent")
    grant_give(actor=None, user=lent, unit=tree[STREET], role=Role.STREET_CLERK)
    text = logged_in(asker).get("/users/").content.decode()
    names = set(re.findall(r">(asker|lent|of-\d+)</a></th>", text))
    expected = {"asker", "lent", f"of-{STREET}"} | ({f"of-{SIBLING}"} if code == COUNTY else set())
    assert names == expected


def test_only_who_looks_after_all_that_a_user_has_resets_and_disables(
    system: User, tree: dict[str, Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knows a password can do all that its user can: a street must not take over a county that way."""
    street = somebody(tree[STREET], Role.SYSTEM_ADMIN, "street")
    both = somebody(tree[STREET], Role.ORG_OFFICER, "both")
    grant_give(actor=None, user=both, unit=tree[COUNTY], role=Role.ORG_APPROVER)
    stranger = somebody(tree[FOREIGN], Role.FINANCE, "stranger")
    for act in (user_reset_password, user_deactivate, user_unlock, user_log_out, factor_remove):
        with pytest.raises(NotAllowed, match="outside your units"):
            act(actor=street, user=both)
        with pytest.raises(NotFound):
            act(actor=street, user=stranger)
    for act in (user_reset_password, user_deactivate, user_unlock, user_log_out):
        with pytest.raises(NotAllowed, match="Nobody does this for themselves"):
            act(actor=system, user=system)
    text = logged_in(street).get(f"/users/{both.pk}/").content.decode()
    assert "outside your units" in text
    assert "/password/" not in text.split('id="content"')[1]
    user_deactivate(actor=system, user=both)
    assert not User.objects.get(pk=both.pk).is_active
    user_activate(actor=system, user=both)
    with pytest.raises(Conflict, match="active already"):
        user_activate(actor=system, user=both)
    # The control: with the check of the whole gone, the street takes the county.
    monkeypatch.setattr(access, "may_over", lambda user, permission, other: True)
    assert user_reset_password(actor=street, user=both)


def test_a_reset_ends_sessions_and_an_unlock_forgets_mistakes(system: User, tree: dict[str, Unit]) -> None:
    other = somebody(tree[STREET], Role.STREET_CLERK, "other")
    logged_in(other)
    until = timezone.now() + timedelta(minutes=10)
    SecondFactor.objects.create(user=other, secret="A" * 32, confirmed=timezone.now(), failures=3, held_until=until)
    AccessAttempt.objects.create(
        username="other", ip_address="10.1.1.1", failures_since_start=5, attempt_time=timezone.now()
    )
    client = logged_in(system)
    assert ">other</a>" in client.get("/users/?state=locked").content.decode()
    assert client.post(f"/users/{other.pk}/unlock/").status_code == 302
    assert ">other</a>" not in client.get("/users/?state=locked").content.decode()
    factor = SecondFactor.objects.get(user=other)
    assert (factor.failures, factor.held_until) == (0, None)
    assert Session.objects.filter(user=other).count() == 1
    password = secret_of(client.post(f"/users/{other.pk}/password/"))
    assert User.objects.get(pk=other.pk).check_password(password)
    assert Session.objects.filter(user=other).count() == 0
    client.post(f"/users/{other.pk}/factor/")
    assert not SecondFactor.objects.filter(user=other).exists()
    actions = AuditEntry.objects.filter(actor_id=system.pk, object_id=str(other.pk)).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "organization.user.unlock", "organization.user.reset_password", "organization.factor.remove",
    ]  # fmt: skip


def test_an_administrator_ends_the_sessions_of_somebody_and_nothing_else(system: User, tree: dict[str, Unit]) -> None:
    other = somebody(tree[STREET], Role.STREET_CLERK, "other")
    client, there = logged_in(system), logged_in(other)
    assert f"/users/{other.pk}/sessions/end/" in client.get(f"/users/{other.pk}/").text
    assert client.post(f"/users/{other.pk}/sessions/end/").status_code == 302
    assert Session.objects.filter(user=other).count() == 0
    assert there.get("/people/").status_code == 302
    assert f"/users/{other.pk}/sessions/end/" not in client.get(f"/users/{other.pk}/").text
    entry = AuditEntry.objects.get(action="organization.user.log_out")
    assert (entry.actor_id, entry.object_id, entry.before) == (system.pk, str(other.pk), {"sessions": 1})
    with pytest.raises(Conflict, match="logged in nowhere"):
        user_log_out(actor=system, user=other)
    assert logged_in(other).get("/people/").status_code == 200


def test_users_follow_their_unit(system: User, tree: dict[str, Unit]) -> None:
    """A community that moves to another street takes its users along."""
    member = somebody(tree["340181002008"], name="member")
    street = somebody(tree[SIBLING], Role.SYSTEM_ADMIN, "street")
    assert not access.may_over(street, Permission.CHANGE_USERS, member)
    unit_move(
        actor=None, unit=tree["340181002008"], parent=tree[SIBLING], day=timezone.localdate(), code="340181003008"
    )
    assert access.may_over(street, Permission.CHANGE_USERS, User.objects.get(pk=member.pk))


def test_a_role_is_given_with_reason_and_document(security: User, tree: dict[str, Unit]) -> None:
    other = somebody(tree[STREET], name="other")
    client, today = logged_in(security), timezone.localdate()
    sent = {
        "username": "other", "unit": STREET, "role": "STREET_CLERK", "valid_from": str(today),
        "reason": "新任", "document": "组字〔2026〕3号",
    }  # fmt: skip
    assert client.post("/grants/new/", sent).status_code == 302
    grant = Grant.objects.get(user=other)
    assert (grant.granted_by, grant.reason, grant.document) == (security, "新任", "组字〔2026〕3号")
    assert grant.valid_to == today + timedelta(days=365)
    entry = AuditEntry.objects.get(action="organization.grant.give", object_id=str(grant.pk))
    assert (entry.after or {})["reason"] == "新任"
    bad = client.post("/grants/new/", sent | {"username": "nobody", "unit": FOREIGN})
    text = bad.content.decode()
    assert "There is no user “nobody”" in text
    assert f"There is no unit {FOREIGN}" in text
    late = client.post("/grants/new/", sent | {"valid_to": str(today + timedelta(days=366)), "role": "FINANCE"})
    assert "A role is given for a year at most." in late.content.decode()


def test_a_role_is_ended_with_a_reason_and_never_ones_own(security: User, tree: dict[str, Unit]) -> None:
    other = somebody(tree[STREET], Role.STREET_CLERK, "other")
    grant, today = other.grants.get(), timezone.localdate()
    client = logged_in(security)
    past = client.post(f"/grants/{grant.pk}/end/", {"day": str(today - timedelta(days=1)), "reason": "x"})
    assert "A role ends today at the earliest" in past.content.decode()
    assert client.post(f"/grants/{grant.pk}/end/", {"day": str(today), "reason": "调离"}).status_code == 302
    grant.refresh_from_db()
    assert grant.valid_to == today
    entry = AuditEntry.objects.get(action="organization.grant.revoke", object_id=str(grant.pk))
    assert ((entry.before or {})["valid_to"], (entry.after or {})["reason"]) == (None, "调离")
    with pytest.raises(Conflict, match="already"):
        grant_revoke(actor=security, grant=grant)
    with pytest.raises(NotAllowed, match="Nobody changes their own roles"):
        grant_revoke(actor=security, grant=security.grants.get())


def test_a_role_is_renewed_from_its_end_on(security: User, tree: dict[str, Unit]) -> None:
    other = somebody(tree[STREET], name="other")
    today = timezone.localdate()
    far = grant_give(actor=security, user=other, unit=tree[STREET], role=Role.FINANCE)
    with pytest.raises(Conflict, match=str(today + timedelta(days=365 - 90))):
        grant_renew(actor=security, grant=far, valid_to=today + timedelta(days=500))
    end = today + timedelta(days=30)
    near = grant_give(actor=security, user=other, unit=tree[STREET], role=Role.STREET_CLERK, valid_to=end)
    with pytest.raises(Refused, match="a year at most"):
        grant_renew(actor=security, grant=near, valid_to=end + timedelta(days=366))
    answer = logged_in(security).post(
        f"/grants/{near.pk}/renew/", {"valid_to": str(end + timedelta(days=365)), "reason": "续任"}
    )
    assert answer.status_code == 302
    again = Grant.objects.filter(role=Role.STREET_CLERK).latest("pk")
    assert (again.valid_from, again.valid_to, again.reason) == (end, end + timedelta(days=365), "续任")


def test_roles_are_found_by_user_role_and_time(security: User, tree: dict[str, Unit]) -> None:
    one = somebody(tree[STREET], Role.STREET_CLERK, "one")
    somebody(tree[FOREIGN], Role.STREET_CLERK, "far")
    two = somebody(tree[SIBLING], name="two")
    today = timezone.localdate()
    grant_give(
        actor=None, user=two, unit=tree[SIBLING], role=Role.FINANCE, valid_from=today - timedelta(days=9),
        valid_to=today,
    )  # fmt: skip
    client = logged_in(security)

    def found(query: str) -> set[str]:
        return set(re.findall(r'class="quiet">(\w+)</span></th>', client.get(f"/grants/?{query}").content.decode()))

    assert found("") == {"one", "security_admin"}
    assert found("state=ended") == {"two"}
    assert found("state=all") == {"one", "two", "security_admin"}
    assert found("role=STREET_CLERK") == {"one"}
    assert found("q=亚父街道") == {"one"}
    grant_revoke(actor=security, grant=one.grants.get())
    assert found("") == {"security_admin"}


def test_a_token_does_no_more_than_it_was_made_for(security: User, tree: dict[str, Unit]) -> None:
    program = somebody(tree[COUNTY], Role.REST_CLIENT, "program")
    sent = {"username": "program", "label": "工资", "days": "30", "permissions": ["view_people"]}
    answer = logged_in(security).post("/tokens/new/", sent)
    token, row = secret_of(answer), ApiToken.objects.get()
    assert row.permissions == ["use_api", "view_people"]
    assert token.startswith(f"{row.prefix}.")
    bearer = Client(headers={"authorization": f"Bearer {token}"})
    assert bearer.get("/api/v1/people/").status_code == 200
    rights = access.rights_of(User.objects.get(pk=program.pk))
    assert Permission.VIEW_PAY in rights.scopes, "the control: its user may"
    program.limited_to = frozenset(row.permissions)
    assert set(access.rights_of(program).scopes) == {"use_api", "view_people"}
    with access.asked_once():
        assert access.may_somewhere(User.objects.get(pk=program.pk), Permission.VIEW_PAY)
        assert not access.may_somewhere(program, Permission.VIEW_PAY)
    beyond = logged_in(security).post("/tokens/new/", sent | {"permissions": ["change_people"]})
    assert "may not do this themselves" in beyond.content.decode()
    assert logged_in(security).post(f"/tokens/{row.pk}/revoke/").status_code == 302
    assert bearer.get("/api/v1/people/").status_code == 401


def test_tokens_are_listed_without_secret(security: User, tree: dict[str, Unit]) -> None:
    program = somebody(tree[COUNTY], Role.REST_CLIENT, "program")
    foreign = somebody(tree[FOREIGN], Role.REST_CLIENT, "foreign")
    row, token = token_give(actor=None, user=program, label="近")
    token_give(actor=None, user=foreign, label="远")
    text = logged_in(security).get("/tokens/").content.decode()
    assert row.prefix in text
    assert token not in text
    assert row.digest not in text
    assert "远" not in text
    with pytest.raises(NotAllowed):
        token_give(actor=security, user=security, label="x")


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (Role.SYSTEM_ADMIN, {"/users/"}),
        (Role.SECURITY_ADMIN, {"/grants/", "/tokens/"}),
        (Role.STREET_CLERK, set()),
    ],
)
def test_the_menu_has_what_ones_role_is_for(tree: dict[str, Unit], role: str, paths: set[str]) -> None:
    text = logged_in(somebody(tree[COUNTY], role)).get("/units/").content.decode()
    assert {path for path in ("/users/", "/grants/", "/tokens/") if f'href="{path}"' in text} == paths


PROVEN = [
    ("system_admin", "get", "/users/new/"),
    ("system_admin", "post", "/users/{user}/password/"),
    ("system_admin", "post", "/users/{user}/factor/"),
    ("system_admin", "post", "/users/{user}/disable/"),
    ("system_admin", "post", "/users/{user}/enable/"),
    ("security_admin", "post", "/grants/new/"),
    ("security_admin", "post", "/grants/{grant}/end/"),
    ("security_admin", "post", "/grants/{grant}/renew/"),
    ("security_admin", "post", "/tokens/new/"),
]


@pytest.mark.parametrize(("name", "method", "path"), PROVEN)
def test_what_weighs_asks_once_more_who_it_is(
    system: User, security: User, tree: dict[str, Unit], name: str, method: str, path: str
) -> None:
    other = somebody(tree[STREET], Role.STREET_CLERK, "other")
    client = logged_in(User.objects.get(username=name))
    address = path.format(user=other.pk, grant=other.grants.get().pk)
    before = AuditEntry.objects.count()
    Session.objects.update(proven=timezone.now() - timedelta(minutes=6))
    answer = getattr(client, method)(address)
    assert (answer.status_code, answer.headers.get("Location", "")[:7]) == (302, "/proof/")
    assert AuditEntry.objects.count() == before
    Session.objects.update(proven=timezone.now() - timedelta(minutes=4))  # the control
    answer = getattr(client, method)(address)
    assert not answer.headers.get("Location", "").startswith("/proof/")
