"""The three administrators and the business exclude each other, and nobody gives or signs for themselves: also by raw SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import permutations

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.errors import NotAllowed, Refused
from cwms.walls import APP_ROLE
from organization.models import Grant, Role, Unit, User, role_family
from organization.services import grant_give, grant_revoke, unit_create

FAMILIES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.ORG_OFFICER)
INSERT = (
    "INSERT INTO organization_grant (user_id, unit_id, role, family, valid_from, valid_to, granted_by_id, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, now())"
)

by_the_web = pytest.mark.skipif(not settings.CWMS_WALLS_ROLE, reason="this server has no role for the web")


@pytest.fixture
def unit(db: None) -> Unit:
    return unit_create(actor=None, code="34", name="安徽省", kind="PROVINCE", parent=None, valid_from=date(2020, 1, 1))


@pytest.fixture
def security(unit: Unit) -> User:
    found = User.objects.create(username="security", display_name="安全管理员")
    grant_give(actor=None, user=found, unit=unit, role=Role.SECURITY_ADMIN)
    return found


@pytest.fixture
def other(db: None) -> User:
    return User.objects.create(username="other", display_name="别人")


@contextmanager
def as_the_web(asker: User | None) -> Iterator[None]:
    """Statements as the web's role runs them for somebody."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
        cursor.execute("SELECT organization_enter(%s, current_date)", [asker.pk if asker else 0])
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("RESET ROLE")


def raw(user: User, unit: Unit, role: str, by: User | None, days: int | None = 30) -> None:
    today = timezone.localdate()
    until = today + timedelta(days=days) if days else None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [user.pk, unit.pk, role, role_family(role), today, until, by.pk if by else None])


@by_the_web
@pytest.mark.parametrize(("first", "second"), list(permutations(FAMILIES, 2)))
def test_no_two_of_the_families_meet_in_one_person(
    security: User, other: User, unit: Unit, first: str, second: str
) -> None:
    with as_the_web(security):
        raw(other, unit, first, security)
    with pytest.raises(IntegrityError, match="excluded_roles"), as_the_web(security):
        raw(other, unit, second, security)
    with pytest.raises(IntegrityError, match="excluded_roles"):
        raw(other, unit, second, None)  # by the owner of the database just as little
    assert [grant.role for grant in other.grants.all()] == [first]


@by_the_web
def test_nobody_gives_a_role_to_themselves(security: User, unit: Unit) -> None:
    with pytest.raises(IntegrityError, match="nobody gives a role to themselves"), as_the_web(security):
        raw(security, unit, Role.SECURITY_ADMIN, security)
    with pytest.raises(NotAllowed):
        grant_give(actor=security, user=security, unit=unit, role=Role.SECURITY_ADMIN)


@by_the_web
@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AUDITOR, Role.ORG_OFFICER])
def test_only_the_security_administrator_gives_roles(other: User, unit: Unit, role: str) -> None:
    giver = User.objects.create(username="giver", display_name="x")
    grant_give(actor=None, user=giver, unit=unit, role=role)
    with pytest.raises(IntegrityError, match="security administrator"), as_the_web(giver):
        raw(other, unit, Role.FINANCE, giver)
    with pytest.raises(IntegrityError, match="names who gives it"), as_the_web(None):
        raw(other, unit, Role.FINANCE, None)


@by_the_web
def test_a_grant_names_its_giver_and_ends(security: User, other: User, unit: Unit) -> None:
    third = User.objects.create(username="third", display_name="x")
    for by, days, fault in ((third, 30, "names who gives it"), (security, None, "within a year"), (security, 400, "within a year")):  # fmt: skip
        with pytest.raises(IntegrityError, match=fault), as_the_web(security):
            raw(other, unit, Role.FINANCE, by, days)
    with as_the_web(security):
        raw(other, unit, Role.FINANCE, security)
    with pytest.raises(IntegrityError, match="ended, not changed"), as_the_web(security):
        Grant.objects.filter(user=other).update(valid_to=None)
    refused = pytest.raises(IntegrityError, match="ended, not deleted")
    with refused, as_the_web(security), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM organization_grant WHERE user_id = %s", [other.pk])
    with as_the_web(security):
        assert Grant.objects.filter(user=other).update(valid_to=timezone.localdate()) == 1


@by_the_web
def test_the_services_keep_to_it(security: User, other: User, unit: Unit) -> None:
    with as_the_web(security):
        grant = grant_give(actor=security, user=other, unit=unit, role=Role.FINANCE)
        assert grant.valid_to == timezone.localdate() + timedelta(days=365)
        with pytest.raises(Refused, match="a year at most"):
            grant_give(
                actor=security, user=other, unit=unit, role=Role.WORKER,
                valid_to=timezone.localdate() + timedelta(days=366),
            )  # fmt: skip
        grant_revoke(actor=security, grant=grant)
    grant.refresh_from_db()
    assert grant.valid_to == timezone.localdate()


def test_the_owner_sets_up_the_first_administrators(other: User, unit: Unit) -> None:
    """The control: the guard is one of the web's role."""
    raw(other, unit, Role.SECURITY_ADMIN, None, None)
    assert other.grants.get().valid_to is None
