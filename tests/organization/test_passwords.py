"""What a password has to be, in both profiles: lengths, kinds, words, the common ones, reuse, age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Refused
from organization.models import PasswordPast, User
from organization.rules.passwords import PROFILES, context_words, faults_of, kinds_in, too_old
from organization.services import user_change_password, user_create

MLPS3, MODERN = PROFILES["mlps3"], PROFILES["modern"]
WORDS = context_words("songling.rest", "王主任")


@pytest.mark.parametrize(
    ("password", "mlps3", "modern"),
    [
        ("Aa1bcdefgh", [], ["shortest"]),  # ten characters, three kinds
        ("Aa1bcdefg", ["shortest"], ["shortest"]),
        ("abcdefgh1!", [], ["shortest"]),
        ("abcdefghi1", ["kinds"], ["shortest"]),
        ("quiet river under snow", ["kinds"], []),  # 22 characters, letters and blanks: two kinds
        ("quietriverundersnow", ["kinds"], []),
        ("安静的河流在大雪下面流过", ["kinds"], []),  # twelve characters, one kind
        ("安静的河流在大雪下面流", ["kinds"], ["shortest"]),
        ("Aa1" + "x" * 125, [], []),  # 128
        ("Aa1" + "x" * 126, ["longest"], ["longest"]),
        ("Aa1-Songling-river", ["words"], ["words"]),
        ("Aa1-CWMS-river-snow", ["words"], ["words"]),
        ("Aa1-社区-river-snow", ["words"], ["words"]),
        ("Aa1-王主任-river-snow", ["words"], ["words"]),
        ("Aa1-forest-river-snow", [], []),  # "rest" alone is too short to count
    ],
)
def test_the_rules(password: str, mlps3: list[str], modern: list[str]) -> None:
    assert faults_of(MLPS3, password, WORDS) == mlps3
    assert faults_of(MODERN, password, WORDS) == modern


@pytest.mark.parametrize(("password", "kinds"), [("", 0), ("a", 1), ("aA", 2), ("aA1", 3), ("aA1 ", 4), ("字", 1)])
def test_four_kinds_of_characters(password: str, kinds: int) -> None:
    assert kinds_in(password) == kinds


@pytest.mark.parametrize(("days", "old"), [(89, False), (90, True), (91, True)])
def test_a_password_holds_for_ninety_days_where_assessors_want_it(days: int, old: bool) -> None:
    chosen = datetime(2026, 1, 1, tzinfo=UTC)
    assert too_old(MLPS3, chosen, chosen + timedelta(days=days)) is old
    assert too_old(MODERN, chosen, chosen + timedelta(days=days)) is False
    assert too_old(MLPS3, None, chosen) is False


@pytest.fixture
def user(db: None) -> tuple[User, str]:
    return user_create(actor=None, username="director", display_name="王主任")


def wrong(user: User, old: str, new: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        user_change_password(actor=user, old=old, new=new)
    return [str(error) for error in refused.value.errors]


@pytest.mark.parametrize("chosen", ["mlps3", "modern"])
def test_everything_that_is_wrong_is_said_at_once(user: tuple[User, str], settings: Any, chosen: str) -> None:
    settings.CWMS_PASSWORDS = chosen
    said = wrong(*user, "director")
    assert said[0] == f"It has 8 characters; at least {10 if chosen == 'mlps3' else 12} are needed."
    assert "It contains your name, your user name or a word that is guessed first here." in said
    assert "It is one of the 20,000 most common passwords." in said
    assert len(said) == (4 if chosen == "mlps3" else 3)


def test_common_ones_are_refused(user: tuple[User, str], settings: Any) -> None:
    settings.CWMS_PASSWORDS = "modern"
    assert wrong(*user, "1qaz2wsx3edc4rfv") == ["It is one of the 20,000 most common passwords."]
    user_change_password(actor=user[0], old=user[1], new="1qaz2wsx3edc4rfw")  # the control


def test_the_last_five_are_not_taken_again(user: tuple[User, str]) -> None:
    who, now = user
    chosen = [f"Willow-Bridge-{n}" for n in range(6)]
    for password in chosen:
        user_change_password(actor=who, old=now, new=password)
        now = password
    assert PasswordPast.objects.filter(user=who).count() == 4
    for password in chosen[1:5]:
        assert wrong(who, now, password) == ["You had this password before. Choose another one."]
    user_change_password(actor=who, old=now, new=chosen[0])


def test_where_nobody_asks_for_it_an_old_one_may_come_back(user: tuple[User, str], settings: Any) -> None:
    """The control."""
    settings.CWMS_PASSWORDS = "modern"
    for old, new in ((user[1], "Willow-Bridge-one"), ("Willow-Bridge-one", "Willow-Bridge-two")):
        user_change_password(actor=user[0], old=old, new=new)
    user_change_password(actor=user[0], old="Willow-Bridge-two", new="Willow-Bridge-one")
    assert not PasswordPast.objects.exists()
