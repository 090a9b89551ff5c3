from __future__ import annotations

import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from cwms.demo.roster import Roster
from cwms.demo.users import load_users
from organization.access import may, scope_for
from organization.models import Permission, Role, User
from organization.selectors import unit_for_system
from organization.services import user_change_password

Place = Callable[[str], Roster]


def test_every_role_has_a_user_whose_password_is_shown_once_and_must_be_changed(place: Place) -> None:
    place("chaohu")
    created = load_users("chaohu")
    assert {user.role for user in created} == set(Role.values) - {Role.WORKER}
    for new in created:
        user = User.objects.get(username=new.username)
        assert user.check_password(new.password)
        assert user.must_change_password
    assert len({new.password for new in created}) == len(created)
    assert load_users("chaohu") == []


def test_a_street_clerk_reaches_one_street_and_starts_what_finance_seals(place: Place) -> None:
    place("chaohu")
    load_users("chaohu")
    clerk, finance = User.objects.get(username="chaohu.clerk"), User.objects.get(username="chaohu.finance")
    own, other = unit_for_system("340181002"), unit_for_system("340181003")
    assert may(clerk, Permission.RUN_PAY, own)
    assert not may(clerk, Permission.RUN_PAY, other)
    assert not may(clerk, Permission.SEAL_PAY, own)
    assert may(finance, Permission.SEAL_PAY, own)
    assert not may(finance, Permission.RUN_PAY, own)
    assert not scope_for(clerk, Permission.VIEW_AUDIT)


@pytest.fixture
def accounts(settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "demo-users.json"


def test_the_command_loads_keeps_passwords_for_their_owner_and_can_be_repeated(db, accounts: Path) -> None:
    out = StringIO()
    call_command("demo", place=["songling"], without_chain=True, json=True, stdout=out)
    first = json.loads(out.getvalue())
    assert first["loaded"] == ["songling"]
    assert len(first["users"]) == 12
    assert os.stat(accounts).st_mode & 0o777 == 0o600
    rows = {row["username"]: row for row in json.loads(accounts.read_text(encoding="utf-8"))}
    assert rows["songling.officer"]["password"] == next(
        user["password"] for user in first["users"] if user["username"] == "songling.officer"
    )
    officer = User.objects.get(username="songling.officer")
    user_change_password(actor=officer, old=rows["songling.officer"]["password"], new="Tall-Pine-2026-Road")
    out = StringIO()
    call_command("demo", place=["songling"], without_chain=True, json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"loaded": [], "users": [], "steps": []}
    rows = {row["username"]: row for row in json.loads(accounts.read_text(encoding="utf-8"))}
    assert (rows["songling.officer"]["must_change"], rows["songling.officer"]["password"]) == (False, "")
    assert rows["songling.finance"]["must_change"] is True
    assert rows["songling.finance"]["password"]
