"""From what stands in a cell to what goes on record: each change is named, nothing is changed in silence.

`clean` knows kinds of fields, not fields: those of the registry, and `age`. It returns the
normal form, the names of what was changed on the way, and what is wrong with the value, if anything is.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from personnel.rules.dates import DayProblem, read_day
from personnel.rules.fields import plain as word
from personnel.rules.identity import IdentityProblem, check_digit, read_identity_number

# Signs that show nothing: width 0, marks of direction (copied from an address book), soft hyphens.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe00-\ufe0f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_SPACE = re.compile(r"[ \t\r\n\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_DOTS = re.compile(r"\s*[·•‧・･⋅∙●．.。]\s*")
_HAN = re.compile(r"[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# Radicals that look like the character (text copied from a PDF), and places in the private area where fonts of
# GB 18030-2005 had characters that have had a place of their own since.
_STAND_INS = str.maketrans(
    "⻩⻢⻋⻓⻰⻉⻔⻜⻘⻛⻥⻦⻬⻅⻚⻝⻨⻄⻆\ue863\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
    "黄马车长龙贝门飞青风鱼鸟齐见页食麦西角\u4dae\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
)
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_LOST = re.compile("[\ufffd]|(?<=\\w)\\?|\\?(?=\\w)|锟斤拷|烫烫烫")
_MASKED = re.compile(r"[\dA-Z]{0,6}\*{4,}[\dA-Z]{0,4}")  # what an export hides says nothing
_EXPONENT = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}")
NOTHING = frozenset(
    {"无", "/", "-", "—", "——", "--", "暂无", "N/A", "n/a", "null", "NULL", "None", "nan", "空", "\\", "、"}
)
_YES = frozenset({"是", "有", "√", "✓", "✔", "Y", "YES", "1", "TRUE", "对", "已"})
_NO = frozenset({"否", "无", "×", "✗", "✕", "X", "N", "NO", "0", "FALSE", "未", "没有", "不是"})
_ERRORS = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|####*)|#{4,}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value; `code` is a label of ImportFinding, `suggestions` are texts that would be accepted."""

    code: str
    params: Mapping[str, str]
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """value: the normal form, None for nothing. changes: what was done to get there (SPACES, WIDTH, DATE, KNOWN_WORD, …).

    warning: the value is taken, and somebody should look at it. text: what stood in the cell, as a person reads it.
    """

    text: str
    value: str | None = None
    changes: tuple[str, ...] = ()
    problem: Problem | None = None
    warning: Problem | None = None


def shown(value: object) -> str:
    """What stands in a cell as text, before anything is done to it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}".upper() if abs(value) < 1e15 else f"{value:.14E}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def tidy(text: str, *, wide: bool = True) -> tuple[str, list[str]]:
    """Text without what nobody sees: spaces at the ends, doubled and foreign spaces, invisible signs, wide digits.

    >>> tidy("\\u3000王\\u00a0 芳\\u200b１")
    ('王 芳1', ['INVISIBLE', 'SPACES', 'WIDTH'])
    """
    changes: list[str] = []
    for name, step in (
        ("INVISIBLE", lambda old: _CONTROL.sub("", _INVISIBLE.sub("", old))),
        ("SPACES", lambda old: _SPACE.sub(" ", old).strip()),
        ("WIDTH", lambda old: old.translate(_WIDE) if wide else old),
    ):
        new = step(text)
        if new != text:
            changes.append(name)
            text = new
    return text, changes


def clean(
    kind: str,
    value: object,
    *,
    words: Mapping[str, str] | None = None,
    latest: int = 2050,
    longest: int = 200,
) -> Cleaned:
    """The normal form of a cell. `words`: what may be written for a code → the code. `latest`: see `read_day`.

    Days come back as 1990-05-01, codes as codes, yes and no as "1" and "0", numbers in digits.

    >>> clean("name", " 张　三 ").value, clean("phone", "138-0013 8000").value, clean("date", "1990.05").value
    ('张三', '13800138000', '1990-05-01')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = shown(value)
    if _ERRORS.fullmatch(text.strip()):
        return Cleaned(text, problem=Problem("FORMULA", {"text": text}))
    plain, changes = tidy(text)
    if not plain:
        return Cleaned(text, changes=())
    if plain in NOTHING and kind != "yesno" and plain not in (words or {}):
        return Cleaned(text, None, ("NOTHING",))
    if kind in ("identity", "phone", "text", "account") and _MASKED.fullmatch(plain):
        return Cleaned(text, None, ("MASKED",))
    if kind == "name":
        return _name(text, plain, changes)
    if kind == "identity":
        return _identity(text, plain, value, changes)
    if kind == "phone":
        return _phone(text, plain, value, changes)
    if kind in ("date", "month"):
        return _date(text, plain, value, changes, latest)
    if kind in ("code", "unit"):
        return _code(text, plain, words or {}, changes)
    if kind == "yesno":
        return _yes_or_no(text, plain, changes)
    if kind == "account":
        return _account(text, plain, value, changes)
    if kind in ("number", "age", "money", "halves"):
        return _whole(text, plain, changes, kind)
    return _text(text, plain, changes, longest)


def _lost(text: str, plain: str) -> Cleaned | None:
    if _LOST.search(plain):
        return Cleaned(text, problem=Problem("LOST_CHARACTER", {"text": plain}))
    if found := _PRIVATE.search(plain):
        return Cleaned(text, problem=Problem("PRIVATE_CHARACTER", {"text": plain, "code": f"U+{ord(found[0]):04X}"}))
    return None


def _text(text: str, plain: str, changes: list[str], longest: int) -> Cleaned:
    fixed = plain.translate(_STAND_INS)
    if fixed != plain:
        changes.append("CHARACTER")
    if lost := _lost(text, fixed):
        return lost
    if len(fixed) > longest:
        return Cleaned(text, problem=Problem("TOO_LONG", {"found": str(len(fixed)), "limit": str(longest)}))
    return Cleaned(text, fixed, tuple(changes))


def _name(text: str, plain: str, changes: list[str]) -> Cleaned:
    """Spaces between Chinese characters go; the dot of a name from another language is always the same dot."""
    name = unicodedata.normalize("NFKC", plain.translate(_STAND_INS))
    if name != plain:
        changes.append("CHARACTER")
    if lost := _lost(text, name):
        return lost
    dotted = _DOTS.sub("·", name) if _HAN.search(name) else name
    if dotted != name:
        changes.append("DOT")
    close = re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", dotted).strip("·")
    if close != dotted:
        changes.append("INNER_SPACES")
    bare = re.sub(r"[(（\[【].*?[)）\]】]$", "", close).strip().rstrip("*＊#")
    warning = None
    if bare != close:  # 王芳（女）, 李四*: what was said in brackets is not the name
        changes.append("NOTE_IN_NAME")
        warning = Problem("NOTE_IN_NAME", {"text": plain, "name": bare})
    if not bare or len(bare) > 50:
        return Cleaned(text, problem=Problem("TOO_LONG", {"found": str(len(close)), "limit": "50"}))
    if re.search(r"\d", bare) or re.fullmatch(r"[\W_]+", bare):
        return Cleaned(text, problem=Problem("NO_NAME", {"text": plain}))
    return Cleaned(text, bare, tuple(dict.fromkeys(changes)), warning=warning)


def _identity(text: str, plain: str, value: object, changes: list[str]) -> Cleaned:
    if isinstance(value, float) or _EXPONENT.fullmatch(plain):
        kept = f"{value:.0f}"[:15] if isinstance(value, float) and abs(value) >= 1e15 else ""
        return Cleaned(text, problem=Problem("EXPONENT", {"text": plain, "kept": kept}))
    number = unicodedata.normalize("NFKC", plain).upper().strip("'‘’`\"“”")
    squeezed = re.sub(r"[\s\-–—·.,:]", "", number)
    if squeezed != plain:
        changes.append("IDENTITY_FORM")
    if re.fullmatch(r"\d{17}[×*✕Х]", squeezed):  # a cross, an asterisk or a Cyrillic letter for the X
        squeezed = squeezed[:17] + "X"
        changes.append("IDENTITY_FORM")
    if re.fullmatch(r"\d{15}", squeezed):
        longer = squeezed[:6] + "19" + squeezed[6:]
        longer += check_digit(longer)
        if not isinstance(read_identity_number(longer), IdentityProblem):
            return Cleaned(
                text, longer, (*dict.fromkeys(changes), "EIGHTEEN"), warning=Problem("FIFTEEN", {"number": longer})
            )
    if re.fullmatch(r"\d{17}", squeezed):
        return Cleaned(
            text,
            problem=Problem("IDENTITY_SHORT", {"found": "17", "text": plain}, (squeezed + check_digit(squeezed),)),
        )
    read = read_identity_number(squeezed)
    if isinstance(read, IdentityProblem):
        if read.code == "LENGTH":
            fixed = squeezed.translate(str.maketrans("OQILSBZ", "0011582"))
            good = fixed != squeezed and not isinstance(read_identity_number(fixed), IdentityProblem)
            params = {"found": str(len(squeezed)), "text": plain}
            return Cleaned(text, problem=Problem("IDENTITY_LENGTH", params, (fixed,) if good else ()))
        code = {"CHECK_DIGIT": "IDENTITY_CHECK", "BIRTH_DATE": "IDENTITY_BIRTH"}[read.code]
        return Cleaned(text, problem=Problem(code, {**read.params, "text": plain}))
    return Cleaned(text, read.number, tuple(dict.fromkeys(changes)))


def _phone(text: str, plain: str, value: object, changes: list[str]) -> Cleaned:
    if isinstance(value, float) or _EXPONENT.fullmatch(plain):
        return Cleaned(text, problem=Problem("EXPONENT", {"text": plain, "kept": ""}))
    number = unicodedata.normalize("NFKC", plain)
    number = re.sub(r"^(\+|00)86", "", re.sub(r"[\s\-–—().·]", "", number))
    if number != plain:
        changes.append("PHONE_FORM")
    if re.fullmatch(r"1[3-9]\d{9}|0\d{2,3}\d{7,8}|[2-9]\d{6,7}", number):
        return Cleaned(text, number, tuple(dict.fromkeys(changes)))
    several = tuple(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", number))
    if len(several) > 1:
        return Cleaned(text, problem=Problem("TWO_PHONES", {"text": plain}, several))
    return Cleaned(
        text, problem=Problem("PHONE", {"text": plain, "found": str(len(re.sub(r"\D", "", number)))}, several)
    )


def _account(text: str, plain: str, value: object, changes: list[str]) -> Cleaned:
    if isinstance(value, float) or _EXPONENT.fullmatch(plain) or (isinstance(value, int) and value >= 10**15):
        return Cleaned(text, problem=Problem("EXPONENT", {"text": plain, "kept": ""}))
    number = re.sub(r"[\s\-–—'‘’`]", "", unicodedata.normalize("NFKC", plain))
    if number != plain:
        changes.append("SPACES")
    if re.fullmatch(r"\d{8,34}", number):
        return Cleaned(text, number, tuple(dict.fromkeys(changes)))
    return Cleaned(text, problem=Problem("ACCOUNT", {"text": plain}))


def _date(text: str, plain: str, value: object, changes: list[str], latest: int) -> Cleaned:
    read = read_day(plain if isinstance(value, str) else value, latest=latest)
    if isinstance(read, DayProblem):
        return Cleaned(text, problem=Problem(read.code, {"text": text}, read.suggestions))
    warning = None
    if read.century:
        changes.append("FULL_YEAR")
        warning = Problem("CENTURY", {"text": text, "year": str(read.day.year)})
    if read.precision == "month":
        changes.append("FIRST_OF_MONTH")
    if read.form not in ("ISO", "CELL") and "FIRST_OF_MONTH" not in changes:
        changes.append("SERIAL" if read.form == "SERIAL" else "DATE")
    return Cleaned(text, read.day.isoformat(), tuple(dict.fromkeys(changes)), warning=warning)


def _code(text: str, plain: str, words: Mapping[str, str], changes: list[str]) -> Cleaned:
    key = word(plain)
    code = words.get(key)
    if code is None and (bare := re.sub(r"\(.*?\)", "", key)) in words:
        code = words[bare]
    if code is None:
        near = difflib.get_close_matches(key, list(words), n=3, cutoff=0.6)
        near += [each for each in words if len(key) > 1 and (key in each or each in key) and each not in near][:3]
        best: dict[str, str] = {}
        for each in near:
            best.setdefault(words[each], each)
        return Cleaned(text, problem=Problem("WORD", {"text": plain}, tuple(best.values())[:3]))
    return Cleaned(text, code, (*changes, "KNOWN_WORD") if plain != code else tuple(changes))


def _yes_or_no(text: str, plain: str, changes: list[str]) -> Cleaned:
    key = word(plain)
    if key in _YES or key in _NO:
        return Cleaned(text, "1" if key in _YES else "0", tuple(changes))
    return Cleaned(text, problem=Problem("YES_NO", {"text": plain}))


def _whole(text: str, plain: str, changes: list[str], kind: str) -> Cleaned:
    number = unicodedata.normalize("NFKC", plain).replace(",", "")
    if kind == "money" and (found := re.fullmatch(r"¥?(\d{1,10})(?:\.(\d{1,2}))?元?", number)):
        fen = int(found.group(1)) * 100 + int((found.group(2) or "").ljust(2, "0"))
        return Cleaned(text, str(fen), tuple(changes))
    if kind == "halves" and (found := re.fullmatch(r"(\d{1,4})(?:\.([05]))?天?", number)):
        return Cleaned(text, f"{int(found.group(1))}.{found.group(2) or 0}", tuple(changes))
    if found := re.fullmatch(r"(\d{1,9})(?:\.0+)?\s*(?:岁|周岁|人|年|月|元|次|分|个)?", number):
        if found.group(1) != plain:
            changes.append("DIGITS")
        return Cleaned(text, str(int(found.group(1))), tuple(dict.fromkeys(changes)))
    return Cleaned(text, problem=Problem("NUMBER", {"text": plain}))
