from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from cwms.middleware import RightsOnce
from organization.access import Scope, asked_once, get_unit_for, may, require, scope_for, units_for
from organization.models import ROLE_PERMISSIONS, Grant, Permission, Role, Unit, UnitUserObjectPermission, User
from organization.selectors import units_list
from organization.services import (
    grant_give,
    grant_revoke,
    unit_create,
    user_change_password,
    user_create,
    user_deactivate,
)

VIEW = Permission.VIEW_PEOPLE


def person(name: str) -> User:
    return user_create(actor=None, username=name, display_name=name)[0]


@pytest.fixture
def clerk(tree: dict[str, Unit]) -> User:
    user = person("clerk")
    grant_give(actor=None, user=user, unit=tree["340181002"], role=Role.STREET_CLERK)
    return user


def test_a_grant_reaches_down_and_nowhere_else(tree: dict[str, Unit], clerk: User) -> None:
    seen = {code for code, unit in tree.items() if may(clerk, VIEW, unit)}
    assert seen == {"340181002", "340181002008", "340181002001"}
    assert [unit.short_code for unit in units_list(user=clerk)] == ["340181002", "340181002001", "340181002008"]
    assert get_unit_for(clerk, VIEW, "340181002008") == tree["340181002008"]
    assert get_unit_for(clerk, VIEW, "340181002000") == tree["340181002"]


@pytest.mark.parametrize("code", ["340181003", "340181003001", "340181", "340122001", "999999", "nonsense", ""])
def test_sibling_parent_foreign_and_missing_units_do_not_exist(tree: dict[str, Unit], clerk: User, code: str) -> None:
    with pytest.raises(NotFound):
        get_unit_for(clerk, VIEW, code)


def test_a_role_gives_its_permissions_and_no_other(tree: dict[str, Unit], clerk: User) -> None:
    given = {permission for permission in Permission.values if may(clerk, permission, tree["340181002"])}
    assert given == ROLE_PERMISSIONS[Role.STREET_CLERK]
    rows = UnitUserObjectPermission.objects.filter(user=clerk).values_list("permission__codename", flat=True)
    assert set(rows) == given
    with pytest.raises(NotAllowed):
        require(clerk, Permission.SEAL_PAY, tree["340181002"])
    with pytest.raises(NotFound):
        require(clerk, Permission.SEAL_PAY, tree["340181003"])


def test_a_grant_that_has_run_out_is_worth_nothing_at_once(tree: dict[str, Unit], clerk: User) -> None:
    grant = Grant.objects.get(user=clerk)
    tomorrow = timezone.localdate() + timedelta(days=1)
    grant.valid_to = tomorrow
    grant.save(update_fields=["valid_to"])
    assert may(clerk, VIEW, tree["340181002"])
    assert UnitUserObjectPermission.objects.filter(user=clerk).exists()  # the rows are still there …
    assert not units_for(clerk, VIEW, today=tomorrow)  # … and give nothing


def test_a_grant_that_begins_later_gives_nothing_yet(tree: dict[str, Unit]) -> None:
    user = person("later")
    start = timezone.localdate() + timedelta(days=3)
    grant_give(actor=None, user=user, unit=tree["340181"], role=Role.FINANCE, valid_from=start)
    assert not scope_for(user, Permission.SEAL_PAY)
    assert scope_for(user, Permission.SEAL_PAY, today=start)


def test_revoking_works_at_the_next_question(tree: dict[str, Unit], clerk: User) -> None:
    assert may(clerk, VIEW, tree["340181002"])
    grant_revoke(actor=None, grant=Grant.objects.get(user=clerk))
    assert not may(clerk, VIEW, tree["340181002"])
    assert not UnitUserObjectPermission.objects.filter(user=clerk).exists()
    assert AuditEntry.objects.filter(action="organization.grant.revoke").count() == 1


def test_revoking_one_of_two_roles_keeps_what_the_other_gives(tree: dict[str, Unit], clerk: User) -> None:
    second = grant_give(actor=None, user=clerk, unit=tree["340181002"], role=Role.FINANCE)
    grant_revoke(actor=None, grant=second)
    assert not may(clerk, Permission.SEAL_PAY, tree["340181002"])
    assert may(clerk, Permission.RUN_PAY, tree["340181002"])


def test_an_inactive_or_anonymous_user_and_a_superuser_without_grants_see_nothing(
    tree: dict[str, Unit], clerk: User
) -> None:
    assert not scope_for(AnonymousUser(), VIEW)
    assert not scope_for(None, VIEW)
    assert not scope_for(User.objects.create_superuser("root1", display_name="root1"), VIEW)
    user_deactivate(actor=None, user=clerk)
    clerk.refresh_from_db()
    assert not scope_for(clerk, VIEW)


def test_a_deleted_unit_leaves_no_permission_for_a_later_one(tree: dict[str, Unit]) -> None:
    user = person("passing")
    unit = unit_create(
        actor=None, code="340181004", name="过路街道", kind="STREET", parent=tree["340181"], valid_from=date(2020, 1, 1)
    )
    grant_give(actor=None, user=user, unit=unit, role=Role.AUDITOR)
    Grant.objects.filter(user=user).delete()
    unit.delete()
    assert not UnitUserObjectPermission.objects.filter(user=user).exists()


@pytest.mark.parametrize("first", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.FINANCE])
@pytest.mark.parametrize("second", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.STREET_CLERK])
def test_administrators_and_the_business_exclude_each_other(tree: dict[str, Unit], first: str, second: str) -> None:
    user = person("both")
    grant_give(actor=None, user=user, unit=tree["340181"], role=first)
    if first == second:
        with pytest.raises(Conflict):
            grant_give(actor=None, user=user, unit=tree["340181"], role=second)
    elif first == Role.FINANCE and second == Role.STREET_CLERK:
        grant_give(actor=None, user=user, unit=tree["340181"], role=second)  # the control: two business roles may meet
    else:
        with pytest.raises(Conflict):
            grant_give(actor=None, user=user, unit=tree["340122"], role=second)


def test_the_database_itself_refuses_excluded_roles(tree: dict[str, Unit]) -> None:
    user = person("raw")
    row = {"user": user, "unit": tree["340181"], "valid_from": date(2025, 1, 1)}
    Grant.objects.create(role=Role.SYSTEM_ADMIN, family="SYSTEM", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(role=Role.AUDITOR, family="AUDIT", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(role=Role.AUDITOR, family="SYSTEM", **row)  # nor a family that is not the role's
    Grant.objects.all().update(valid_to=date(2025, 6, 1))
    Grant.objects.create(role=Role.AUDITOR, family="AUDIT", **(row | {"valid_from": date(2025, 6, 1)}))


def test_only_a_security_administrator_gives_roles_and_never_to_themselves(tree: dict[str, Unit], clerk: User) -> None:
    security = person("security")
    grant_give(actor=None, user=security, unit=tree["340181"], role=Role.SECURITY_ADMIN)
    grant_give(actor=security, user=clerk, unit=tree["340181003"], role=Role.STREET_CLERK)
    with pytest.raises(NotAllowed):
        grant_give(actor=clerk, user=security, unit=tree["340181002"], role=Role.FINANCE)
    with pytest.raises(NotAllowed):
        grant_give(actor=security, user=security, unit=tree["340181"], role=Role.SECURITY_ADMIN)
    with pytest.raises(NotFound):
        grant_give(actor=security, user=clerk, unit=tree["340122"], role=Role.STREET_CLERK)


def test_scopes_keep_only_their_highest_paths() -> None:
    scope = Scope.of(["34/3401/340181/", "34/3401/340181/340181002/", "34/3401/3401812/"])
    assert scope.paths == ("34/3401/340181/", "34/3401/3401812/")
    assert scope.covers("34/3401/340181/340181003/")
    assert not scope.covers("34/3401/")
    assert scope.within("34/3401/340181/340181002/").paths == ("34/3401/340181/340181002/",)
    assert scope.within("34/").paths == scope.paths
    assert not Scope.of([])


def test_a_first_password_must_be_changed_and_the_new_one_is_checked(tree: dict[str, Unit]) -> None:
    user, password = user_create(actor=None, username="new", display_name="新用户")
    assert user.must_change_password
    assert user.check_password(password)
    with pytest.raises(Refused):
        user_change_password(actor=user, old="wrong", new="Blue-Lake-2026-Tree")
    with pytest.raises(Refused):
        user_change_password(actor=user, old=password, new=password)
    changed = user_change_password(actor=user, old=password, new="Blue-Lake-2026-Tree")
    assert not changed.must_change_password
    assert changed.check_password("Blue-Lake-2026-Tree")
    assert AuditEntry.objects.filter(action="organization.user.change_password").count() == 1


def test_one_request_that_reads_asks_once_and_the_next_one_anew(tree: dict[str, Unit], clerk: User) -> None:
    with asked_once():
        with CaptureQueriesContext(connection) as queries:
            assert all(may(clerk, VIEW, tree["340181002"]) for _n in range(5))
            assert not may(clerk, Permission.SEAL_PAY, tree["340181002"])
        assert len(queries) == 1
        grant_revoke(actor=None, grant=clerk.grants.get())
        assert may(clerk, VIEW, tree["340181002"]), "the answer of one moment"
    with asked_once():
        assert not may(clerk, VIEW, tree["340181002"])


@pytest.mark.parametrize(("method", "asked"), [("GET", 1), ("HEAD", 1), ("POST", 3), ("DELETE", 3)])
def test_a_request_that_writes_asks_at_every_step(tree: dict[str, Unit], clerk: User, method: str, asked: int) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        for _step in range(3):
            assert may(clerk, VIEW, tree["340181002"])
        return HttpResponse()

    request = HttpRequest()
    request.method = method
    with CaptureQueriesContext(connection) as queries:
        RightsOnce(view)(request)
    assert len(queries) == asked
