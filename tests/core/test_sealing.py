"""Sealed values: what is refused, what is found again, and that the file of keys is nobody else's."""

from __future__ import annotations

import random
import stat

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.crypto.ring import KeysMissing, key_ring, make_ring, new_kid, ring_problems, write_ring
from core.crypto.sealing import AES, SM4, SUITES, BadSeal, Key, KeyRing, kid_of, mask

NUMBER = b"11010519491231002X"
PLACE = "personnel_person.identity_number|8b2f6f9e-26a1-4a56-8f43-1d9e3c6c7a10"


@pytest.fixture(params=sorted(SUITES.values()))
def ring(request) -> KeyRing:
    return KeyRing.new("k1", request.param)


def test_a_value_comes_back_at_its_own_place_only(ring) -> None:
    sealed = ring.seal(NUMBER, PLACE)
    assert sealed.startswith(f"v1|{ring.suite}|k1|")
    assert NUMBER.decode() not in sealed
    assert ring.unseal(sealed, PLACE) == NUMBER
    for place in (
        PLACE[:-1] + "1",
        PLACE.replace("identity_number", "phone"),
        PLACE.replace("_person.", "_family."),
        "",
    ):
        with pytest.raises(BadSeal):
            ring.unseal(sealed, place)


def test_the_same_value_is_sealed_differently_each_time(ring) -> None:
    assert len({ring.seal(NUMBER, PLACE) for _ in range(1000)}) == 1000


def test_ten_thousand_changed_values_are_refused() -> None:
    """Values are swapped between rows and columns, shortened, flipped by a bit, re-labelled, and sealed with other keys."""
    chance = random.Random(20261121)
    ring, other = KeyRing.new("k1"), KeyRing.new("k1")
    gm = KeyRing(ring.keys, ring.active, ring.index, SM4)
    places = [f"personnel_person.{column}|{row}" for column in ("phone", "identity_number") for row in range(50)]
    values = {place: ring.seal(str(chance.randrange(10**10, 10**11)).encode(), place) for place in places}

    def swapped(place: str) -> str:
        return values[chance.choice([one for one in places if one != place])]

    def shortened(place: str) -> str:
        return values[place][: chance.randrange(len(values[place]))]

    def flipped(place: str) -> str:
        text = bytearray(values[place].encode())
        text[chance.randrange(len(text))] ^= 1 << chance.randrange(7)
        return text.decode()

    def of_another_key(place: str) -> str:
        return other.seal(b"13812345678", place)

    def of_an_unknown_key(place: str) -> str:
        return ring.rotated("k2").seal(b"13812345678", place)

    def of_another_suite(place: str) -> str:
        return (
            values[place].replace("|A|", "|S|") if chance.random() < 0.5 else gm.seal(b"1", place).replace("|S|", "|A|")
        )

    def lengthened(place: str) -> str:
        return values[place] + chance.choice(["A", "=", "|", " ", "AAAA"])

    refused = 0
    for n in range(10_000):
        place = chance.choice(places)
        attack = (swapped, shortened, flipped, of_another_key, of_an_unknown_key, of_another_suite, lengthened)[n % 7]
        with pytest.raises(BadSeal):
            ring.unseal(attack(place), place)
        refused += 1
    assert refused == 10_000
    assert all(ring.unseal(sealed, place).isdigit() for place, sealed in values.items())


def test_without_the_place_swapped_values_would_pass() -> None:
    """The control of the swap: sealed to one place for all, any value is good anywhere."""
    ring = KeyRing.new("k1")
    mine, theirs = ring.seal(b"6222000011112222", ""), ring.seal(b"6222999988887777", "")
    assert (ring.unseal(theirs, ""), ring.unseal(mine, "")) == (b"6222999988887777", b"6222000011112222")


def test_sm4_is_the_cipher_of_the_standard() -> None:
    """The example of GB/T 32907 (annex A): key and block 0123456789abcdeffedcba9876543210."""
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    cipher = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()
    assert (cipher.update(block) + cipher.finalize()).hex() == "681edf34d206965e86b3e94f536e4246"


def test_what_older_keys_sealed_stays_readable_and_a_dropped_key_reads_nothing() -> None:
    first = KeyRing.new("k1")
    sealed = first.seal(NUMBER, PLACE)
    second = first.rotated("k2")
    assert second.unseal(sealed, PLACE) == NUMBER
    assert (kid_of(sealed), kid_of(second.seal(NUMBER, PLACE)), kid_of("13812345678")) == ("k1", "k2", "")
    with pytest.raises(BadSeal, match="'k1' is not in the ring"):
        second.without("k1").unseal(sealed, PLACE)
    with pytest.raises(ValueError, match="active"):
        second.without("k2")


def test_a_suite_changes_without_a_loss() -> None:
    aes = KeyRing.new("k1", AES)
    gm = KeyRing.from_json(aes.to_json(), SM4)
    assert gm.unseal(aes.seal(NUMBER, PLACE), PLACE) == NUMBER
    assert aes.unseal(gm.seal(NUMBER, PLACE), PLACE) == NUMBER
    assert gm.seal(NUMBER, PLACE).startswith("v1|S|k1|")


def test_digests_tell_equality_within_a_column_alone() -> None:
    ring = KeyRing.new("k1")
    mine = ring.digest("13812345678", "personnel_person.phone")
    assert len(mine) == 22
    assert mine == ring.rotated("k2").digest("13812345678", "personnel_person.phone")
    assert mine != ring.digest("13812345679", "personnel_person.phone")
    assert mine != ring.digest("13812345678", "personnel_familymember.phone")
    assert mine != KeyRing.new("k1").digest("13812345678", "personnel_person.phone")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"active": "a", "keys": {}, "index": ""}', '{"active":1,"keys":{"A":"x"}}']
)
def test_what_is_no_ring_is_said_without_a_key(text) -> None:
    with pytest.raises(ValueError):
        KeyRing.from_json(text)


def test_a_key_shows_no_secret() -> None:
    secret = bytes(range(32))
    assert "secret" not in repr(Key("k1", secret))
    assert "\\x01" not in repr(KeyRing({"k1": Key("k1", secret)}, "k1", Key("index", secret)))


def test_masks() -> None:
    assert mask("340101199001011234") == "3401**********1234"
    assert mask("13812345678") == "138****5678"
    assert (mask("1234567"), mask("")) == ("*******", "")


def test_a_ring_is_made_once_for_its_owner_alone(tmp_path, settings) -> None:
    file = tmp_path / "var" / "keys.json"
    settings.CWMS_KEYS, settings.CWMS_KEYS_FILE, settings.EMBEDDED = "", str(file), True
    assert ring_problems() == []
    ring = key_ring()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert make_ring(file) is False
    assert key_ring() is ring
    write_ring(file, ring.rotated("k2"))
    assert key_ring().active == "k2"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    assert ring_problems() == [f"{file} can be read by others (mode 640). Set it to 600."]
    file.chmod(0o600)
    file.write_text("{}")
    assert ring_problems() == [f"{file}: no ring of keys: KeyError"]


def test_a_real_installation_makes_no_keys_by_itself(tmp_path, settings) -> None:
    file = tmp_path / "keys.json"
    settings.CWMS_KEYS, settings.CWMS_KEYS_FILE, settings.EMBEDDED = "", str(file), False
    with pytest.raises(KeysMissing, match="keys new"):
        key_ring()
    assert not file.exists()
    assert ring_problems() == [f"There are no keys at {file}. Make them with `manage.py keys new`."]
    settings.CWMS_KEYS = KeyRing.new("k7").to_json()
    assert (key_ring().active, ring_problems()) == ("k7", [])


def test_names_of_keys() -> None:
    from datetime import date

    assert new_kid((), date(2026, 11, 21)) == "20261121"
    assert new_kid(("20261121", "20261121b"), date(2026, 11, 21)) == "20261121c"
