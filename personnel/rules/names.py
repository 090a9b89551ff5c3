"""How names are read: pinyin for sorting and searching, with the readings that surnames have.

单 is read shan as a surname and dan elsewhere; whoever types either finds the person. Han characters that the table of
readings lacks stand for themselves, so that they still sort and are still found by the character.
"""

from __future__ import annotations

import re
from itertools import product

# Surname → its reading as a surname first, then other readings under which people look for it.
SURNAMES: dict[str, tuple[str, ...]] = {
    "单": ("shan", "dan"), "單": ("shan", "dan"), "解": ("xie", "jie"), "仇": ("qiu", "chou"), "曾": ("zeng", "ceng"),
    "查": ("zha", "cha"), "区": ("ou", "qu"), "區": ("ou", "qu"), "盖": ("ge", "gai"), "蓋": ("ge", "gai"),
    "朴": ("piao", "pu"), "任": ("ren",), "华": ("hua",), "華": ("hua",), "覃": ("qin", "tan"), "翟": ("zhai", "di"),
    "缪": ("miao", "mou"), "繆": ("miao", "mou"), "乐": ("yue", "le"), "樂": ("yue", "le"), "召": ("shao", "zhao"),
    "员": ("yun", "yuan"), "種": ("chong", "zhong"), "种": ("chong", "zhong"), "洗": ("xian", "xi"),
    "黑": ("he", "hei"), "秘": ("bi", "mi"), "繁": ("po", "fan"), "宓": ("mi", "fu"), "郗": ("xi", "chi"),
    "谌": ("chen", "shen"), "諶": ("chen", "shen"), "隗": ("wei", "kui"), "燕": ("yan",), "纪": ("ji",),
    "宁": ("ning",), "那": ("na",), "能": ("nai", "neng"), "折": ("she", "zhe"), "车": ("che", "ju"), "石": ("shi",),
    "沈": ("shen",), "尉": ("wei", "yu"), "宿": ("su", "xiu"), "祭": ("zhai", "ji"), "相": ("xiang",), "曲": ("qu",),
    "都": ("du", "dou"), "晁": ("chao",), "薄": ("bo", "bao"), "柏": ("bai", "bo"), "费": ("fei", "bi"),
    "贾": ("jia", "gu"), "牟": ("mu", "mou"), "莘": ("shen", "xin"), "盛": ("sheng", "cheng"), "颉": ("xie", "jie"),
    "么": ("yao", "me"), "幺": ("yao",), "葛": ("ge",), "蔚": ("yu", "wei"), "句": ("gou", "ju"), "适": ("kuo", "shi"),
    "钭": ("tou",), "阚": ("kan",), "撒": ("sa",), "行": ("xing", "hang"), "要": ("yao",), "叶": ("ye",), "葉": ("ye",),
    "於": ("yu",), "訾": ("zi",), "郇": ("xun", "huan"), "乜": ("nie", "mie"), "仉": ("zhang",), "昝": ("zan",),
    "逯": ("lu",), "冯": ("feng", "ping"), "馮": ("feng", "ping"), "贲": ("ben", "bi"), "强": ("qiang",),
    "侯": ("hou",), "应": ("ying",), "逄": ("pang",), "冼": ("xian",), "佘": ("she",), "佴": ("nai", "er"),
    "藏": ("zang", "cang"), "卜": ("bu", "bo"), "哈": ("ha",), "过": ("guo",), "還": ("huan",), "还": ("huan", "hai"),
    "重": ("chong", "zhong"), "长": ("chang", "zhang"), "朝": ("chao", "zhao"), "铁": ("tie",), "褚": ("chu", "zhu"),
    "令": ("ling",), "洪": ("hong",), "景": ("jing",), "晟": ("cheng", "sheng"), "阿": ("a", "e"), "呙": ("guo",),
    "万俟": ("mo qi", "wan si"), "尉迟": ("yu chi", "wei chi"), "尉遲": ("yu chi", "wei chi"),
    "长孙": ("zhang sun", "chang sun"), "長孫": ("zhang sun", "chang sun"), "澹台": ("tan tai", "dan tai"),
    "令狐": ("ling hu",), "鲜于": ("xian yu",), "单于": ("chan yu", "dan yu"), "亓官": ("qi guan",),
    "呼延": ("hu yan",), "夏侯": ("xia hou",), "宰父": ("zai fu",), "皇甫": ("huang fu",), "欧阳": ("ou yang",),
    "司马": ("si ma",), "诸葛": ("zhu ge",), "上官": ("shang guan",), "东方": ("dong fang",), "独孤": ("du gu",),
    "宇文": ("yu wen",), "慕容": ("mu rong",), "公孙": ("gong sun",), "轩辕": ("xuan yuan",), "司徒": ("si tu",),
    "端木": ("duan mu",), "闻人": ("wen ren",), "南宫": ("nan gong",), "第五": ("di wu",), "百里": ("bai li",),
    "拓跋": ("tuo ba",), "赫连": ("he lian",), "钟离": ("zhong li",), "濮阳": ("pu yang",), "太史": ("tai shi",),
}  # fmt: skip
# Characters of given names that people read in two ways.
GIVEN: dict[str, tuple[str, ...]] = {
    "乐": ("le", "yue"), "行": ("xing", "hang"), "长": ("chang", "zhang"), "重": ("chong", "zhong"),
    "朝": ("chao", "zhao"), "茜": ("qian", "xi"), "晟": ("sheng", "cheng"), "盛": ("sheng", "cheng"),
    "娜": ("na", "nuo"), "朴": ("pu", "piao"), "曾": ("zeng", "ceng"), "华": ("hua",), "颉": ("jie", "xie"),
    "燊": ("shen",), "彧": ("yu",), "解": ("jie", "xie"), "单": ("dan", "shan"), "传": ("chuan", "zhuan"),
    "柏": ("bai", "bo"), "凫": ("fu",), "贾": ("jia", "gu"), "祭": ("ji", "zhai"), "奇": ("qi", "ji"),
    "薇": ("wei",), "莎": ("sha", "suo"), "朵": ("duo",), "钥": ("yue", "yao"), "琛": ("chen",), "熠": ("yi",),
    "珏": ("jue",), "翟": ("di", "zhai"), "降": ("jiang", "xiang"), "藏": ("cang", "zang"), "调": ("diao", "tiao"),
}  # fmt: skip
MOST_READINGS = 6  # of a whole name; more are guesses about guesses

# What stands between the parts of a name and is typed in as many ways: ·, •, ‧, ・, a point, an apostrophe, spaces.
_BETWEEN = re.compile(r"[·•‧・･．.'’\s　\-]+")


def _pinyin(text: str) -> list[str]:
    """A reading for each character, as in running text."""
    from pypinyin import Style, lazy_pinyin  # its dictionary is a third of a second, which most processes never need

    return list(lazy_pinyin(text, style=Style.NORMAL))


def compact(text: str) -> str:
    """A name or what is typed for one, without what stands between its parts, in small letters: "Ai ni·X" → "ainix"."""
    return _BETWEEN.sub("", text).lower()


def readings(name: str) -> tuple[str, ...]:
    """Every reading of a name, the right one first: syllables in small letters with spaces between, ü as v.

    >>> readings("单雄信")
    ('shan xiong xin', 'dan xiong xin')
    >>> readings("万俟卨")
    ('mo qi xie', 'wan si xie')
    """
    parts = [part for part in _BETWEEN.split(name.strip()) if part]
    if not parts:
        return ("",)
    if len(parts) == 1 and not parts[0].isascii():
        surname = next((known for known in (parts[0][:2], parts[0][:1]) if known in SURNAMES), "")
        if len(surname) == len(parts[0]) > 1:  # 长孙 may be somebody's surname and given name; both readings are kept
            surname = parts[0]
        choices = [SURNAMES[surname]] if surname else []
        given = parts[0][len(surname) :]
    else:
        choices, given = [], ""
    for part in [given] if len(parts) == 1 and not parts[0].isascii() else parts:
        plain = _pinyin(part)
        if len(plain) == len(part):
            choices += [
                tuple(dict.fromkeys((reading, *GIVEN.get(character, ()))))
                for character, reading in zip(part, plain, strict=True)
            ]
        else:
            choices += [(syllable,) for syllable in plain]
    found: dict[str, None] = {}
    for combination in product(*choices):
        found[" ".join(" ".join(combination).lower().split())] = None
        if len(found) == MOST_READINGS:
            break
    for reading in tuple(found):
        if re.search(r"\b[ln]v", reading):  # passports write LYU, many people type lu
            found[re.sub(r"\b([ln])v", r"\1yu", reading)] = None
            found[re.sub(r"\b([ln])v", r"\1u", reading)] = None
    return tuple(found)


def name_pinyin(name: str) -> str:
    """The reading by which a name is sorted: "单雄信" → "shan xiong xin". At most 150 characters."""
    return readings(name)[0][:150]


def other_readings(name: str) -> str:
    """The other readings under which a name is looked for, with | between them: "dan xiong xin". At most 300."""
    kept = ""
    for reading in readings(name)[1:]:
        longer = f"{kept}|{reading}" if kept else reading
        if len(longer) > 300:
            break
        kept = longer
    return kept
