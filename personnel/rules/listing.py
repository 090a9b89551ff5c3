"""What a list of people can be asked for: states, orders, places in it, ages, and what was typed into the one box."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.periods import years_before
from personnel.rules.fields import FIELDS, SENSITIVE, Field
from personnel.rules.names import compact

WORKING, LEFT, COMING, EVERYBODY = "working", "left", "coming", "all"
STATES = (WORKING, LEFT, COMING, EVERYBODY)
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)  # what stands for "none" in a listing
# What every record should have, and may be asked for where it is missing (`?missing=photo`).
LACKING = ("photo", "identity_number", "phone", "education", "archive")
# What a list can be sorted by: the columns, the last of which tells two people apart.
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("sort_name", "person_id"),
    "unit": ("unit_path", "sort_name", "person_id"),
    "born": ("born", "person_id"),
    "entered": ("start", "person_id"),
    "probation": ("probation_end", "person_id"),
    "contract": ("contract_end", "person_id"),
}

# The columns: fields of the registry, so that what is exported has the headers that an import knows. A field of a
# section with many rows shows the row that counts on the day: the highest education and certificate, all posts held.
MASKED = ("identity_number", "phone")  # sensitive, and yet of use in a list when masked
_SECTIONS = ("identity", "contact", "employment", "post", "education", "certificate")
COLUMNS: dict[str, Field] = {
    code: known
    for code, known in FIELDS.items()
    if known.section in _SECTIONS and (known.sensitivity != SENSITIVE or code in MASKED)
}
USUAL = (
    "name", "employment.unit", "birth_date", "employment.start", "sex", "employment.category", "tenure.title",
    "political_status",
)  # fmt: skip
# Columns that the list can be sorted by, and their key in SORTS.
SORTED_BY = {
    "name": "name",
    "employment.unit": "unit",
    "birth_date": "born",
    "employment.start": "entered",
    "employment.probation_end": "probation",
    "employment.contract_end": "contract",
}


def valid_columns(chosen: Iterable[Any]) -> list[str]:
    """Those of some codes that are columns, once each, the name first."""
    return list(dict.fromkeys(["name", *(code for code in chosen if code in COLUMNS)]))


# Every syllable of pinyin without tones, to tell "wan" (the beginning of a surname) from "wz" (initials).
_SYLLABLES = (
    " a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce"
    " cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun"
    " chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de den deng di dian diao die ding diu dong dou"
    " du duan dui dun duo e ei en eng er fa fan fang fei fen feng fiao fo fou fu ga gai gan gang gao ge gei"
    " gen geng gong gou gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua"
    " huai huan huang hui hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan"
    " kang kao ke ken keng kong kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia"
    " lian liang liao lie lin ling liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng"
    " mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian niang niao nie nin"
    " ning niu nong nou nu nuan nun nuo nv nve o ou pa pai pan pang pao pei pen peng pi pian piao pie pin ping"
    " po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun ran rang rao re ren reng ri rong"
    " rou ru rua ruan rui run ruo sa sai san sang sao se sen seng sha shai shan shang shao she shen sheng shi"
    " shou shu shua shuai shuan shuang shui shun shuo si song sou su suan sui sun suo ta tai tan tang tao te"
    " teng ti tian tiao tie ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian"
    " xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue"
    " yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhen zheng zhi zhong zhou zhu zhua"
    " zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo"
)


@dataclass(frozen=True)
class Searched:
    """kind: IDENTITY or PHONE (value: the number), WORD (value: the beginning of a word), NOTHING."""

    kind: str
    value: str = ""

    @property
    def begins(self) -> str:
        """What a frequent word is where it begins a name: "first" a character, "sound" a first syllable, "" neither.

        Such a word may fit a tenth of all people, whom the order of the list finds, and no index of words.
        """
        if self.kind != "WORD":
            return ""
        if len(self.value) == 1 and not self.value.isascii():
            return "first"
        return "sound" if f" {self.value}" in _SYLLABLES else ""

    @property
    def words(self) -> str:
        """The tsquery that finds a word anywhere in names."""
        return f"('<{self.value}':* | '{self.value}':*)"

    @property
    def inner_words(self) -> str:
        """The tsquery that finds a word where it does not begin the whole name."""
        return f"'{self.value}':*"


def read_search(typed: str) -> Searched:
    """What somebody typed into the one box.

    Eighteen (or fifteen) digits are an identity number, three letters and twelve digits a foreigner's card, seven to
    fourteen digits a phone number; everything else is the beginning of a name, of a part of one, of its pinyin or of
    its initials.

    >>> read_search("Wang Xiao-fang")
    Searched(kind='WORD', value='wangxiaofang')
    """
    word = compact(typed)
    number = word.upper()
    if re.fullmatch(r"\d{17}[\dX]|\d{15}|[A-Z]{3}\d{12}", number):
        return Searched("IDENTITY", number)
    if re.fullmatch(r"\+?\d{7,14}", number):
        return Searched("PHONE", number.removeprefix("+86").lstrip("+"))
    word = re.sub(r"[^\w]", "", word)[:60]
    return Searched("WORD", word) if word else Searched("NOTHING")


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: behind (or, going back, before) a row, known by the values that the list is sorted by."""

    values: tuple[Any, ...] = ()
    back: bool = False
    place: int | None = 0  # rows before the page; None where nobody has counted them
    total: int | None = None  # rows of the whole list as they were found when it was opened; None if they weren't yet
    exact: bool = False  # they were counted, not estimated

    def text(self) -> str:
        raw = json.dumps(
            [int(self.back), self.place, self.total, int(self.exact), *self.values], default=str, ensure_ascii=False
        )
        return urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, sort: str) -> Cursor:
        """The cursor of a text that `text()` made; the beginning of the list if it is anything else."""
        try:
            back, place, total, exact, *values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            keys = SORTS[sort.lstrip("-")]
            if values and len(values) != len(keys):
                return cls()
            typed = tuple(_typed(key, value) for key, value in zip(keys, values, strict=False))
            before, every = (None if number is None else int(number) for number in (place, total))
            return cls(typed, bool(back), before, every, bool(exact) and every is not None)
        except (ValueError, TypeError, KeyError):
            return cls()


def _typed(key: str, value: Any) -> Any:
    if key == "person_id":
        return int(value)
    return str(value) if key in ("sort_name", "unit_path") else date.fromisoformat(value)


def born_between(day: date, youngest: int | None, oldest: int | None) -> tuple[date | None, date | None]:
    """The half-open range of birth dates of those who on a day are at least so many years old and at most so many."""
    return (
        _years_before(day, oldest + 1) + timedelta(days=1) if oldest is not None else None,
        _years_before(day, youngest) + timedelta(days=1) if youngest is not None else None,
    )


def _years_before(day: date, years: int) -> date:
    """The last day of birth of whoever has completed so many years on a day; the 29th of February counts as the 28th."""
    return FIRST_DAY if years >= day.year else years_before(day, years)
