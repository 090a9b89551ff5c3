"""Which files are kept no longer: ten years after the first day without employment and post, unless something holds them."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.periods import years_before
from cwms.retention import Due, files_due_for_system
from personnel.models import Person, Restriction, Tenure
from personnel.services.corrections import correction_ask
from personnel.services.restrictions import restriction_lift, restriction_set
from tests.payroll.conftest import Place, place  # noqa: F401

LEFT = date(2016, 3, 1)
DAY = date(2026, 3, 1)


def due(day: date = DAY) -> list[Due]:
    return list(files_due_for_system(day))


@pytest.fixture
def gone(place: Place) -> Person:  # noqa: F811
    return place.hire("甲", start=date(2010, 1, 1), end=LEFT, title=None)


def test_ten_years_to_the_day(gone: Person) -> None:
    assert due(DAY - timedelta(days=1)) == []
    assert due() == [Due(gone.pk, LEFT, ())]
    assert years_before(date(2024, 2, 29), 10) == date(2014, 2, 28)


def test_who_goes_on_or_never_began_has_not_left(place: Place, gone: Person) -> None:  # noqa: F811
    place.hire("乙", start=date(2010, 1, 1), title=None)  # still employed
    posted = place.hire("丙", start=date(2010, 1, 1), end=LEFT)
    Tenure.objects.filter(person=posted).update(end=None)  # employed no longer, and holds a post
    place.hire("丁", start=date(2010, 1, 1), end=LEFT + timedelta(days=1), title=None)  # a day later
    assert [one.person_id for one in due()] == [gone.pk]
    Tenure.objects.filter(person=posted).update(end=date(2014, 1, 1))  # the control: with it ended they have left
    assert [one.person_id for one in due()] == [gone.pk, posted.pk]
    Tenure.objects.filter(person=posted).update(end=LEFT + timedelta(days=1))  # the later one counts
    assert [one.person_id for one in due()] == [gone.pk]


def test_what_holds_a_file_is_said_until_it_is_settled(place: Place, gone: Person) -> None:  # noqa: F811
    officer, finance = place.users["officer"], place.users["finance"]
    assert officer != finance
    restriction_set(actor=officer, person=gone, reason="诉讼", document="法院通知", start=date(2026, 1, 1))
    request = correction_ask(actor=officer, person=gone, code="native_place", stated="黑河", document="户口簿")
    assert due() == [Due(gone.pk, LEFT, ("restriction", "correction"))]
    restriction_lift(actor=officer, person=gone, reason="结案", document="裁定书")
    assert due() == [Due(gone.pk, LEFT, ("correction",))]
    assert Restriction.objects.get().end is not None
    type(request).objects.filter(pk=request.pk).update(
        state="REFUSED", decided_by=finance, decided="2026-02-01T00:00:00Z", reason="不符"
    )
    assert due() == [Due(gone.pk, LEFT, ())]


def test_the_command_tells_numbers_and_no_names(gone: Person) -> None:
    out = StringIO()
    call_command("retention", day="2026-03-01", stdout=out)
    assert out.getvalue().splitlines() == [
        f"{gone.pk}\t2016-03-01", "1 file is kept no longer and nothing holds it.",
    ]  # fmt: skip
    with pytest.raises(CommandError):
        call_command("retention", day="1.3.2026")
