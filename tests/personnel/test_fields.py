"""The registry of fields: what clerks write is understood, and one header means one field."""

from __future__ import annotations

from collections import Counter

import pytest

from personnel.rules import fields
from personnel.rules.fields import CODE_WORDS, FIELDS, SECTIONS, code_of, field_of_header, plain, standard_code, wording


@pytest.mark.parametrize(
    ("field", "word", "code"),
    [
        ("education.level", "大学", "BACHELOR"),
        ("education.level", "本科", "BACHELOR"),
        ("education.level", "大专", "COLLEGE"),
        ("education.level", "中专", "SECONDARY"),
        ("education.level", "研究生", "MASTER"),
        ("political_status", "党员", "PARTY_MEMBER"),
        ("political_status", "中共党员", "PARTY_MEMBER"),
        ("political_status", "预备党员", "PROBATIONARY_MEMBER"),
        ("political_status", "群众", "MASSES"),
        ("sex", "男", "MALE"),
        ("sex", "２", "FEMALE"),
        ("ethnic_group", "汉", "01"),
        ("ethnic_group", "汉族", "01"),
        ("ethnic_group", "基诺族", "56"),
        ("marital_status", "已婚", "20"),
        ("tenure.title", "书记", "PARTY_SECRETARY"),
        ("tenure.title", " 党支部\n书记 ", "PARTY_SECRETARY"),
        ("family.relation", "妻子", "12"),
        ("certificate.level", "中级社工师", "SOCIAL_WORKER"),
    ],
)
def test_what_clerks_write_is_understood(field: str, word: str, code: str) -> None:
    assert code_of(field, word) == code


def test_an_unknown_word_is_no_code() -> None:
    assert code_of("education.level", "高高中") is None
    assert code_of("name", "男") is None


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("身份证号", "identity_number"),
        ("公民身份号码", "identity_number"),
        ("姓　名", "name"),
        ("*姓名：", "name"),
        ("入职年月", "employment.start"),
        ("文化程度", "education.level"),
        ("现任职务", "tenure.title"),
        ("退出时间", "employment.end"),
        ("employment.start", "employment.start"),
    ],
)
def test_headers_that_clerks_write_name_their_field(header: str, code: str) -> None:
    field = field_of_header(header)
    assert field is not None
    assert field.code == code


def test_no_header_names_two_fields() -> None:
    named = Counter((plain(word), field.code) for field in FIELDS.values() for word in (field.zh, *field.synonyms))
    doubled = [header for header, number in Counter(header for header, _code in named).items() if number > 1]
    assert doubled == []
    assert field_of_header("备注二") is None


def test_every_code_has_one_word_that_comes_back_as_the_code() -> None:
    for field in FIELDS.values():
        if field.codes is None:
            continue
        for code, words in fields.WORDS[field.codes].items():
            assert wording(field.code, code) == words[0]
            assert code_of(field.code, words[0]) == code
            assert code_of(field.code, code) == code


def test_no_word_means_two_codes() -> None:
    for kind, codes in fields.WORDS.items():
        for code, words in codes.items():
            for word in words:
                assert CODE_WORDS[kind][plain(word)] == code, (kind, word)


def test_standard_numbers() -> None:
    assert [standard_code("EducationLevel", code) for code in ("DOCTOR", "BACHELOR", "COLLEGE")] == ["11", "21", "31"]
    assert standard_code("Sex", "FEMALE") == "2"
    assert standard_code("EthnicGroup", "01") == "01"
    assert standard_code("HonourLevel", "COUNTY") == ""


def test_every_field_belongs_to_a_section_and_what_a_new_person_needs_is_marked() -> None:
    assert {field.section for field in FIELDS.values()} == set(SECTIONS)
    assert {field.code for field in FIELDS.values() if field.required} == {
        "name", "sex", "identity_number", "birth_date", "employment.unit", "employment.category", "employment.start",
        "tenure.title",
    }  # fmt: skip
