"""What weighs asks once more who somebody is: the password, and the code, at most CWMS_PROOF_MINUTES ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from organization.models import Session, User
from tests.test_permissions import ROUTES

MISSING = 987654321

# Making users and roles, helping somebody in, signing, and what leaves with numbers written out.
WEIGHTY = (
    "organization:user_new", "organization:user_reset", "organization:user_factor", "organization:user_disable",
    "organization:user_enable", "organization:user_unlock", "organization:user_log_out", "organization:token_revoke",
    "organization:grant_new", "organization:grant_end", "organization:grant_renew", "organization:token_new", "organization:countersign",
    "assessment:evaluation_confirm", "assessment:evaluation_close",
    "payroll:pay_run_seal", "payroll:promotion_confirm", "payroll:conversion_reverse", "personnel:accounts_file",
)  # fmt: skip


@pytest.fixture
def ask(db: None) -> Callable[[str, int], str]:
    """Ask for a route, of a thing that is not there, so many minutes after the last proof; where one is sent."""
    user = User.objects.create(username="anybody", display_name="谁")
    client = Client()
    client.force_login(user)

    def asked(name: str, minutes: int) -> str:
        Session.objects.update(proven=timezone.now() - timedelta(minutes=minutes))
        address = reverse(name, args=[MISSING] if ROUTES[name].thing else [])
        return str(client.post(address).headers.get("Location", ""))

    return asked


@pytest.mark.parametrize("name", WEIGHTY)
def test_an_old_proof_is_not_enough(ask: Callable[[str, int], str], name: str) -> None:
    assert ask(name, 6).startswith("/proof/?next=")
    assert not ask(name, 4).startswith("/proof/"), "the control: a fresh one is"


def test_a_route_that_does_not_weigh_asks_for_none(ask: Callable[[str, int], str]) -> None:
    """The control of the list itself."""
    assert not ask("payroll:pay_run_cancel", 6).startswith("/proof/")
