"""Every way in which a clerk writes a day: 1990.05, 1990年5月, 19900501, 1990-5-1, 90.5, an Excel serial, 一九九〇年五月."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_EPOCH = date(1899, 12, 30)  # day 0 of a workbook, for every day from 1 March 1900 on
_SERIALS = range(3_654, 73_051)  # 1910-01-01 to 2100-01-01
_DIGITS = str.maketrans("〇零○一二三四五六七八九元", "0001234567891")
_YMD = re.compile(r"(\d{4}|\d{2})\s*[年./\-_、,]\s*(\d{1,2})\s*(?:[月./\-_、,]\s*(?:(\d{1,2})\s*[日号]?)?)?")
_YEAR = re.compile(r"(\d{4})\s*年?")
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_TIME = re.compile(r"[T\s]+\d{1,2}[:时]\d{1,2}.*$")
FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day, and how much of it was written.

    precision: "day", or "month" (then `day` is the first of the month). century: two digits of the year were written
    and the century was guessed. form: ISO, WRITTEN, PLAIN, NUMBER, SERIAL or CELL: how it was written.
    """

    day: date
    precision: str = "day"
    century: bool = False
    form: str = "WRITTEN"


@dataclass(frozen=True, slots=True)
class DayProblem:
    """code: NO_DAY, NO_SUCH_DAY, YEAR_ONLY, TENTH_MONTH (1990.1 may be January or October), OUT_OF_RANGE."""

    code: str
    text: str
    suggestions: tuple[str, ...] = ()


def read_day(value: object, *, latest: int = 2050) -> DayRead | DayProblem:
    """Read a day from the value of a cell: a date, a number or a text. `latest`: the newest year that can be meant.

    Two digits of a year mean the newest year that is not after `latest`.

    >>> read_day("1990.05").day, read_day("1990.05").precision
    (datetime.date(1990, 5, 1), 'month')
    >>> read_day("90.5.3", latest=2026).day
    datetime.date(1990, 5, 3)
    >>> read_day(33000).day
    datetime.date(1990, 5, 7)
    """
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return _day(value.year, value.month, value.day, "CELL", value.isoformat())
    if isinstance(value, bool):
        return DayProblem("NO_DAY", str(value))
    if isinstance(value, int | float):
        return _number(value, latest)
    text = unicodedata.normalize("NFKC", str(value)).translate(_DIGITS) if _chinese(value) else _plain(value)
    text = _TIME.sub("", text.strip().strip("'‘’").strip()).rstrip("。. ;,生")
    return _text(text, str(value), latest)


def _chinese(value: object) -> bool:
    return "年" in str(value) and bool(re.search(r"[一二三四五六七八九〇零○]", str(value)))


def _plain(value: object) -> str:
    return unicodedata.normalize("NFKC", str(value)).replace("元年", "1年").replace("元月", "1月")


def _text(text: str, shown: str, latest: int) -> DayRead | DayProblem:
    text = _tens(text)
    if found := _YMD.fullmatch(text):
        year, month, day = found.groups()
        century = len(year) == 2
        number = _century(int(year), latest) if century else int(year)
        form = "ISO" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", shown) else "WRITTEN"
        return _day(number, int(month), int(day) if day else None, form, shown, century=century)
    if found := _PLAIN.fullmatch(text):
        year, month, day = found.groups()
        return _day(int(year), int(month), int(day) if day else None, "PLAIN", shown)
    if (found := _YEAR.fullmatch(text)) and FIRST_YEAR <= int(found.group(1)) <= LAST_YEAR:
        return DayProblem("YEAR_ONLY", shown)
    if re.fullmatch(r"\d{4,5}(\.0+)?", text) and int(float(text)) in _SERIALS:
        return DayRead(_EPOCH + timedelta(days=int(float(text))), form="SERIAL")
    if found := re.fullmatch(r"(\d{1,2})[/\-.月](\d{1,2})[/\-.日]?(\d{4})年?", text):  # month or day first: ask
        first, second, year = (int(part) for part in found.groups())
        return DayProblem("NO_DAY", shown, _either(year, first, second))
    return DayProblem("NO_DAY", shown)


def _tens(text: str) -> str:
    """十, 十二, 二十, 二十三 in a day written in Chinese (the other digits are already Arabic)."""
    text = re.sub(r"(?<!\d)十(\d)", r"1\1", text)
    text = re.sub(r"(\d)十(\d)", r"\1\2", text)
    text = re.sub(r"(\d)十", r"\g<1>0", text)
    return text.replace("十", "10")


def _number(value: int | float, latest: int) -> DayRead | DayProblem:
    shown = f"{value:.10g}"
    if value == int(value):
        whole = int(value)
        if re.fullmatch(r"(19|20)\d{4}(\d{2})?", str(whole)):
            return _text(str(whole), shown, LAST_YEAR)
        if FIRST_YEAR <= whole <= LAST_YEAR:
            return DayProblem("YEAR_ONLY", shown)
        if whole in _SERIALS:
            return DayRead(_EPOCH + timedelta(days=whole), form="SERIAL")
        return DayProblem("NO_DAY", shown)
    if re.fullmatch(r"(?:\d{4}|\d{2})\.\d{1,2}", shown):
        year, month = shown.split(".")
        if month == "1":  # a number keeps no zero at its end: 1990.10 is shown as 1990.1
            full = _century(int(year), latest) if len(year) == 2 else int(year)
            return DayProblem("TENTH_MONTH", shown, (f"{full}-01", f"{full}-10"))
        return _text(shown, shown, latest)
    if int(value) in _SERIALS:  # a day with a time
        return DayRead(_EPOCH + timedelta(days=int(value)), form="SERIAL")
    return DayProblem("NO_DAY", shown)


def _day(
    year: int, month: int, day: int | None, form: str, shown: str, *, century: bool = False
) -> DayRead | DayProblem:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return DayProblem("OUT_OF_RANGE", shown)
    if not 1 <= month <= 12:
        return DayProblem("NO_SUCH_DAY", shown)
    if day is None:
        return DayRead(date(year, month, 1), "month", century, form)
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        return DayProblem("NO_SUCH_DAY", shown, (f"{year:04}-{month:02}-{last:02}",) if day > last else ())
    return DayRead(date(year, month, day), "day", century, form)


def _either(year: int, first: int, second: int) -> tuple[str, ...]:
    found = [f"{year:04}-{month:02}-{day:02}" for month, day in ((first, second), (second, first)) if 1 <= month <= 12]
    return tuple(dict.fromkeys(text for text in found if int(text[8:]) <= 31))


def _century(year: int, latest: int) -> int:
    return year + (2000 if 2000 + year <= latest else 1900)
