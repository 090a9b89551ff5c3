"""Versions in the database: loaded once, never changed, never two at a time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from core.errors import Refused
from core.models import AuditEntry
from policy.models import IndexValue, PolicyVersion, VersionStatus
from policy.rules.reading import PolicyErrors
from policy.selectors import (
    index_values_for_system,
    policy_for_system,
    policy_of_unit_for_system,
    policy_versions_of_unit_for_system,
)
from policy.services import index_value_add, policy_load

pytestmark = pytest.mark.django_db

TEXT = """\
place: "{place}"
name: {{zh: 某地, en: Somewhere}}
version: "{version}"
cite: D
effective: {{from: {first}{to}}}
{rest}
"""


def text(place="340181", version="1", first="2022-01-01", to="", rest=""):
    return TEXT.format(place=place, version=version, first=first, to=f", to: {to}" if to else "", rest=rest)


def load(reason="", **given) -> PolicyVersion:
    return policy_load(actor=None, text=text(**given), reason=reason)


def settle() -> None:
    """Deferred checks of foreign keys would otherwise stand in the way of statements on the whole table."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(sql: str, *parameters) -> str:
    """What the database says to raw SQL."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    return str(caught.value)


# -- loading ----------------------------------------------------------------------------------------------------------


def test_loading_makes_a_version_with_its_trail() -> None:
    version = load(rest="service: {part_year: up}")
    assert (version.place, version.version, version.name, version.name_en) == ("340181", "1", "某地", "Somewhere")
    version.refresh_from_db()
    assert version.effective == DateRange(date(2022, 1, 1), None)
    assert version.document.service.part_year == "up"
    assert version.document is PolicyVersion.objects.get(pk=version.pk).document
    entry = AuditEntry.objects.get(action="policy.version.load")
    assert (entry.object_id, entry.unit_code, entry.after["sha256"]) == (str(version.pk), "340181", version.sha256)


def test_loading_the_same_text_again_changes_nothing() -> None:
    first = load()
    assert load() == first
    assert PolicyVersion.objects.count() == 1
    assert AuditEntry.objects.filter(action="policy.version.load").count() == 1


def test_another_text_under_the_same_version_is_refused() -> None:
    load()
    with pytest.raises(Refused, match="340181/1 is loaded with another text"):
        load(rest="service: {part_year: up}")


def test_a_file_with_errors_is_not_loaded() -> None:
    with pytest.raises(PolicyErrors):
        load(rest="service: {part_yaer: up}")
    assert PolicyVersion.objects.count() == 0


@pytest.mark.requirement("CH-52")
@pytest.mark.requirement("TR-23")
def test_the_next_version_ends_the_one_before() -> None:
    old, new = load(), load(version="2", first="2024-01-01")
    old.refresh_from_db()
    assert old.effective == DateRange(date(2022, 1, 1), date(2024, 1, 1))
    assert policy_for_system("340181", date(2023, 12, 31)) == old
    assert policy_for_system("340181", date(2024, 1, 1)) == new
    assert policy_for_system("340181", date(2021, 12, 31)) is None


def test_days_of_another_version_are_refused_and_both_are_named() -> None:
    load(to="2024-01-01")
    with pytest.raises(Refused) as caught:
        load(version="2", first="2023-06-01")
    assert "340181/1 is in force from 2022-01-01 to 2024-01-01" in str(caught.value)
    assert "340181/2" in str(caught.value)
    load(version="3", first="2024-01-01")


def test_a_correction_needs_a_reason_and_withdraws_what_it_replaces() -> None:
    old = load()
    with pytest.raises(Refused):
        load(version="1a")
    new = load(version="1a", reason="a figure was misread")
    old.refresh_from_db()
    assert old.status == VersionStatus.WITHDRAWN
    assert new.reason == "a figure was misread"
    assert policy_for_system("340181", date(2022, 5, 1)) == new


def test_the_parent_must_be_loaded_and_is_kept() -> None:
    given = {"place": "6210", "rest": "extends: 62/1"}
    with pytest.raises(PolicyErrors) as caught:
        load(**given)
    assert [error.code for error in caught.value.errors] == ["EXTENDS_UNKNOWN"]
    parent = load(place="62", rest="service: {part_year: up}")
    child = load(**given)
    assert child.parent == parent
    from policy import models

    models._documents.clear()
    assert PolicyVersion.objects.get(pk=child.pk).document.service.part_year == "up"


# -- finding ----------------------------------------------------------------------------------------------------------


def test_a_unit_has_the_policy_of_the_nearest_place() -> None:
    province, city = load(place="62"), load(place="6210", first="2023-01-01")
    assert policy_of_unit_for_system("621002001001", date(2023, 5, 1)) == city
    assert policy_of_unit_for_system("621002001001", date(2022, 5, 1)) == province
    assert policy_of_unit_for_system("620102000000", date(2023, 5, 1)) == province
    assert policy_of_unit_for_system("621000000000", date(2023, 5, 1)) == city
    assert policy_of_unit_for_system("340181000000", date(2023, 5, 1)) is None
    found = policy_versions_of_unit_for_system("621002001001", date(2022, 1, 1), date(2024, 1, 1))
    assert found == [city, province]


def test_finding_takes_one_query(django_assert_num_queries) -> None:
    load(place="62")
    load(place="6210", rest="extends: 62/1")
    with django_assert_num_queries(1):
        version = policy_of_unit_for_system("621002001001", date(2023, 5, 1))
        assert version is not None
        assert version.document.place == "6210"


# -- what the database itself refuses ---------------------------------------------------------------------------------


def test_two_versions_can_not_have_the_same_day() -> None:
    load(to="2024-01-01")
    insert = """INSERT INTO policy_policyversion
                (place, version, name, name_en, effective, sha256, text, status, loaded_at, reason)
                VALUES (%s, %s, 'n', 'n', daterange(%s, %s), %s, 't', 'IN_FORCE', now(), '')"""
    message = refused(insert, "340181", "2", "2023-12-31", None, "a" * 64)
    assert "policy_versions_apart" in message
    with connection.cursor() as cursor:  # the controls: the day after, and another place
        cursor.execute(insert, ["340181", "2", "2024-01-01", None, "a" * 64])
        cursor.execute(insert, ["340182", "2", "2023-01-01", None, "b" * 64])


@pytest.mark.parametrize(
    "change",
    [
        "text = text || ' '",
        "sha256 = repeat('0', 64)",
        "version = 'x'",
        "place = '340182'",
        "name = 'x'",
        "reason = 'x'",
        "published = '2024-01-01'",
        "loaded_at = now() - interval '1 day'",
        "effective = daterange('2021-01-01', NULL)",
        "effective = daterange('2022-01-02', '2024-01-01')",
    ],
)
def test_a_version_never_changes(change: str) -> None:
    version = load()
    message = refused(f"UPDATE policy_policyversion SET {change} WHERE id = %s", version.pk)
    assert "refused" in message
    kept = PolicyVersion.objects.get(pk=version.pk)
    assert (kept.text, kept.sha256, kept.effective) == (version.text, version.sha256, DateRange(date(2022, 1, 1), None))


def test_a_version_can_not_be_deleted() -> None:
    version = load()
    assert "340181 / 1 is loaded and stays" in refused("DELETE FROM policy_policyversion WHERE id = %s", version.pk)
    settle()
    assert "refused" in refused("TRUNCATE policy_policyversion CASCADE")


def test_the_trigger_is_what_refuses() -> None:
    """The control: with the trigger off the same statements succeed."""
    version = load()
    settle()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policy_policyversion DISABLE TRIGGER policy_policyversion_stays")
        cursor.execute("UPDATE policy_policyversion SET text = 'x' WHERE id = %s", [version.pk])
        assert cursor.rowcount == 1
        cursor.execute("DELETE FROM policy_policyversion WHERE id = %s", [version.pk])
        assert cursor.rowcount == 1


def test_an_end_can_be_closed_once_and_a_version_withdrawn_once() -> None:
    version = load()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE policy_policyversion SET effective = daterange('2022-01-01', '2025-01-01')")
        assert cursor.rowcount == 1
    again = "UPDATE policy_policyversion SET effective = daterange('2022-01-01', '2024-01-01') WHERE id = %s"
    assert "only the open end" in refused(again, version.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE policy_policyversion SET status = 'WITHDRAWN'")
    back = "UPDATE policy_policyversion SET status = 'IN_FORCE' WHERE id = %s"
    assert "withdrawn for good" in refused(back, version.pk)


def test_triggers_hold_for_replica_sessions_too() -> None:
    version = load()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    try:
        assert "refused" in refused("UPDATE policy_policyversion SET text = 'x' WHERE id = %s", version.pk)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = origin")


# -- figures of indices -----------------------------------------------------------------------------------------------


def add(**changes):
    given = {
        "actor": None,
        "place": "340181",
        "index": "average_wage",
        "year": 2024,
        "value": Decimal("82000"),
        "published": date(2025, 6, 1),
        "source": "统计公报",
    }
    return index_value_add(**{**given, **changes})


def test_a_figure_is_entered_with_its_day_and_source() -> None:
    add()
    add(index="minimum_wage", year=None, day=date(2025, 1, 1), value=Decimal("1900"), unit_code="340181001")
    assert index_values_for_system("340181") == {
        ("average_wage", "", 2024): (Decimal("82000"), date(2025, 6, 1)),
        ("minimum_wage", "340181001", date(2025, 1, 1)): (Decimal("1900"), date(2025, 6, 1)),
    }
    assert index_values_for_system("340181", known_on=date(2025, 5, 31)) == {}
    assert AuditEntry.objects.filter(action="policy.index.add").count() == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"year": None}, "the year or the day"),
        ({"day": date(2024, 1, 1)}, "the year or the day"),
        ({"source": " "}, "published"),
    ],
)
def test_a_figure_without_its_day_or_source_is_refused(changes, words) -> None:
    with pytest.raises(Refused, match=words):
        add(**changes)


def test_a_figure_is_entered_once_and_never_changed() -> None:
    figure = add()
    with pytest.raises(Refused, match="already"):
        add(value=Decimal("1"))
    with pytest.raises(IntegrityError), transaction.atomic():
        IndexValue.objects.create(
            place="340181", index="average_wage", year=2024, value=1, published=date(2025, 1, 1), source="x"
        )
    assert "refused" in refused("UPDATE policy_indexvalue SET value = 1 WHERE id = %s", figure.pk)
    assert "refused" in refused("DELETE FROM policy_indexvalue WHERE id = %s", figure.pk)
