"""Codes that follow the time: the vectors of RFC 6238 (appendix B, SHA-1), and which step a code is taken for."""

from __future__ import annotations

import pytest

from organization.rules.totp import code_of, key_of, key_text, matching_step, provisioning_uri, step_of

KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    assert code_of(KEY, step_of(seconds)) == code


@pytest.mark.parametrize(("late", "step"), [(-2, None), (-1, 99), (0, 100), (1, 101), (2, None)])
def test_a_clock_may_be_one_step_off(late: int, step: int | None) -> None:
    assert matching_step(KEY, code_of(KEY, 100 + late), 100 * 30 + 15, last=0) == step


def test_no_step_counts_twice_or_backwards() -> None:
    assert matching_step(KEY, code_of(KEY, 100), 3000, last=99) == 100
    assert matching_step(KEY, code_of(KEY, 100), 3000, last=100) is None
    assert matching_step(KEY, code_of(KEY, 99), 3000, last=100) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "２８７０８２", "287082\0"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(KEY, code, 59, last=-1) is None


def test_a_telephone_is_told_everything() -> None:
    assert key_text(KEY) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert key_of(key_text(KEY)) == KEY
    assert provisioning_uri(KEY, issuer="CWMS", name="主任") == (
        "otpauth://totp/CWMS:%E4%B8%BB%E4%BB%BB?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=CWMS"
        "&algorithm=SHA1&digits=6&period=30"
    )
