"""Readings of names: surnames as they are read, the other reading kept for whoever types it."""

from __future__ import annotations

import pytest

from personnel.rules.names import compact, name_pinyin, other_readings, readings


@pytest.mark.requirement("LS-18")
@pytest.mark.parametrize(
    ("name", "reading", "other"),
    [
        ("单雄信", "shan xiong xin", "dan xiong xin"),
        ("解晓东", "xie xiao dong", "jie xiao dong"),
        ("仇英", "qiu ying", "chou ying"),
        ("曾国", "zeng guo", "ceng guo"),
        ("查良镛", "zha liang yong", "cha liang yong"),
        ("区桂芝", "ou gui zhi", "qu gui zhi"),
        ("盖叫天", "ge jiao tian", "gai jiao tian"),
        ("朴树", "piao shu", "pu shu"),
        ("尉迟恭", "yu chi gong", "wei chi gong"),
        ("万俟卨", "mo qi xie", "wan si xie"),
        ("长孙无忌", "zhang sun wu ji", "chang sun wu ji"),
        ("覃辉", "qin hui", "tan hui"),
        ("翟志刚", "zhai zhi gang", "di zhi gang"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, reading: str, other: str) -> None:
    assert name_pinyin(name) == reading
    assert other_readings(name) == other


def test_a_character_with_one_reading_has_no_other() -> None:
    assert readings("王小芳") == ("wang xiao fang",)
    assert other_readings("王小芳") == ""


def test_a_surname_inside_a_given_name_is_no_surname() -> None:
    assert name_pinyin("王单") == "wang dan"
    assert name_pinyin("李查") == "li cha"


def test_the_vowel_of_lv_is_found_in_every_spelling() -> None:
    assert readings("吕布") == ("lv bu", "lyu bu", "lu bu")


def test_names_of_several_parts_and_letters() -> None:
    assert name_pinyin("阿依古丽·买买提") == "a yi gu li mai mai ti"
    assert name_pinyin("Anna Li") == "anna li"
    assert name_pinyin("  ") == ""
    assert compact("阿依古丽 • 买买提") == "阿依古丽买买提"
    assert compact("Wang  Xiao-Fang") == "wangxiaofang"


def test_many_readings_end_somewhere() -> None:
    assert len(readings("单乐行长重朝盛")) <= 6
    assert len(other_readings("单乐行长重朝盛")) <= 300
