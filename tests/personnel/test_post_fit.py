"""What a panel of three says of somebody and a post (人岗相适)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from core.errors import Conflict, Refused
from organization.models import Role, Unit, User
from organization.services import grant_give, user_create
from personnel.models import Person, PostFit
from personnel.rules.disclosure import CELLS, Sight
from personnel.selectors.record import record_on
from personnel.services.sections import row_correct, section_add

Hire = Callable[..., Person]

VALUES: dict[str, Any] = {
    "day": "2025-04-01",
    "department_leader": "周部长",
    "street_head": "吴书记",
    "leading_secretary": "郑书记",
    "ability": "熟悉群众工作",
    "potential": "可培养为社区副书记",
    "title": "STAFF",
    "duties": "矛盾调解、民情收集",
    "verdict": "AFTER_TRAINING",
    "document": "区委组〔2025〕3号",
}


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    grant_give(actor=None, user=user, unit=units["340181002008"], role=Role.STREET_CLERK)
    return user


@pytest.mark.requirement("LS-09")
def test_a_panel_of_three_says_which_post_somebody_fits(hire: Hire, clerk: User) -> None:
    """The organisation department's leader, the head of the street and a leading secretary; later panels don't replace
    what an earlier one said."""
    person = hire()
    section_add(actor=clerk, person=person, section="post_fit", values=VALUES)
    section_add(
        actor=clerk, person=person, section="post_fit",
        values=VALUES | {"day": "2025-10-01", "verdict": "FITS", "title": "DEPUTY_SECRETARY"},
    )  # fmt: skip
    record = record_on(user=clerk, person_id=person.pk, day=date(2025, 12, 31))
    assert [(one.row.day, one.row.title, one.row.verdict) for one in record.sections["post_fit"]] == [
        (date(2025, 10, 1), "DEPUTY_SECRETARY", "FITS"),
        (date(2025, 4, 1), "STAFF", "AFTER_TRAINING"),
    ]
    row = record.sections["post_fit"][1].row
    assert (row.department_leader, row.street_head, row.leading_secretary) == ("周部长", "吴书记", "郑书记")
    assert (row.ability, row.potential, row.duties) == ("熟悉群众工作", "可培养为社区副书记", "矛盾调解、民情收集")


def says_why(error: Refused, wrong: dict[str, str]) -> bool:
    """An absent member is asked for by name, one who sits there twice by the rule of the panel."""
    (name,) = wrong
    return "each somebody else" in str(error) if wrong[name] else set(error.fields) == {name}


@pytest.mark.requirement("LS-09")
@pytest.mark.parametrize(
    "wrong",
    [{"street_head": ""}, {"leading_secretary": ""}, {"department_leader": "吴书记"}, {"leading_secretary": "周部长"}],
)
def test_a_panel_has_three_members_each_somebody_else(wrong: dict[str, str], hire: Hire, clerk: User) -> None:
    person = hire()
    with pytest.raises(Refused) as error:
        section_add(actor=clerk, person=person, section="post_fit", values=VALUES | wrong)
    assert says_why(error.value, wrong)
    row = section_add(actor=clerk, person=person, section="post_fit", values=VALUES)
    with pytest.raises(Refused) as error:
        row_correct(actor=clerk, row=row, values=wrong, reason="记录有误", document="")
    assert says_why(error.value, wrong)
    assert PostFit.objects.get(person=person).street_head == "吴书记"
    with pytest.raises(IntegrityError), transaction.atomic():  # past every service
        PostFit.objects.filter(person=person).update(**wrong)


@pytest.mark.parametrize(("role", "sees"), [(Role.ORG_OFFICER, True), (Role.FINANCE, False)])
def test_what_is_planned_with_somebody_is_seen_by_those_who_plan(
    units: dict[str, Unit], hire: Hire, clerk: User, client: Client, role: Role, sees: bool
) -> None:
    person = hire()
    section_add(actor=clerk, person=person, section="post_fit", values=VALUES)
    user = User.objects.create_user(username="reader", display_name="reader", must_change_password=False)
    grant_give(actor=None, user=user, unit=units["340181"], role=role)
    client.force_login(user)
    page = client.get(f"/people/{person.pk}/?open=post_fit")
    assert page.status_code == 200
    assert ("矛盾调解、民情收集" in page.content.decode()) == sees
    assert (CELLS["post_fit.verdict"][role].sight == Sight.HIDDEN) != sees


def test_a_day_has_one_panel(hire: Hire, clerk: User) -> None:
    """Of one person; of somebody else another one may sit on the same day."""
    person, other = hire(), hire("李静")
    section_add(actor=clerk, person=person, section="post_fit", values=VALUES)
    with pytest.raises((Conflict, Refused)):
        section_add(actor=clerk, person=person, section="post_fit", values=VALUES | {"verdict": "FITS"})
    section_add(actor=clerk, person=other, section="post_fit", values=VALUES)
    assert PostFit.objects.count() == 2
