"""manage.py user create: the first administrators."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from organization.models import Unit, User


def run(*words: str) -> str:
    out = StringIO()
    call_command("user", "create", *words, stdout=out)
    return out.getvalue().strip()


def test_the_first_administrator_can_log_in_and_holds_the_role(tree: dict[str, Unit]) -> None:
    password = run("zhang.wei", "--name", "张伟", "--unit", "340181", "--role", "SYSTEM_ADMIN")
    user = User.objects.get(username="zhang.wei")
    assert user.check_password(password)
    assert user.must_change_password
    assert user.unit == tree["340181"]
    assert [(grant.role, grant.unit, grant.valid_to) for grant in user.grants.all()] == [
        ("SYSTEM_ADMIN", tree["340181"], None)
    ]


def test_it_is_all_or_nothing(tree: dict[str, Unit]) -> None:
    told = json.loads(run("li.na", "--name", "李娜", "--unit", "340181", "--json"))
    assert set(told) == {"username", "password", "role", "unit"}
    with pytest.raises(CommandError, match="already a user"):
        run("li.na", "--name", "李娜", "--unit", "340181")
    with pytest.raises(CommandError, match="no unit 999999"):
        run("wang.min", "--name", "王敏", "--unit", "999999", "--role", "AUDITOR")
    assert not User.objects.filter(username="wang.min").exists()
