"""The paragraph in the form of a newspaper: each number in it is a figure that can be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from organization.access import Viewer
from organization.models import Unit
from reports.indicators import INDICATORS
from reports.selectors.figures import Figure, Question, figures


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the text: words, or the number of a figure."""

    text: str
    figure: Figure | None = None


# The sentence and the figures that stand in it, by what is filled in: a count of the numerator or the value.
_SENTENCES = (
    ("workers", ("workers:n",)),
    ("committee", ("committee:n", "secretaries:n", "committee_party:n", "committee_residents:n")),
    ("one_hand", ("one_hand:v", "one_hand:n", "one_hand:d")),
    ("cross", ("cross_of_members:v", "cross_of_members:n", "cross_of_members:d")),
    ("age", ("committee_mean_age:v", "committee_college:v", "committee_college:n", "committee_college:d")),
    ("seats", ("seats_used:d", "seats_used:n")),
)


def _words() -> dict[str, str]:
    return {
        "workers": _("On {day}, {unit} has {0} community workers."),
        "committee": _(
            "Its two committees have {0} members: {1} party secretaries, {2} members of party organisations and {3} of residents' committees."
        ),
        "one_hand": _("{0} % of the secretaries direct the residents' committee too ({1} of {2})."),
        "cross": _("{0} % sit in both committees ({1} of {2}, of all members)."),
        "age": _("Their mean age is {0}; {1} % have college or above ({2} of {3})."),
        "seats": _("{0} seats are approved and {1} people fill them."),
    }


CODES = tuple(dict.fromkeys(name.partition(":")[0] for _code, names in _SENTENCES for name in names))


def paragraph(*, user: Viewer, unit: Unit, day: date) -> list[Part]:
    """The paragraph of a unit as of a day; a sentence is left out where nothing stands behind it or it is withheld."""
    asked = [Question(INDICATORS[code], unit, day, date(day.year, 1, 1)) for code in CODES]
    return paragraph_for_system(figures(user=user, questions=asked))


def paragraph_for_system(known: Iterable[Figure]) -> list[Part]:
    """The same of figures of one unit and day that somebody has asked for already: those of CODES."""
    found = {one.question.indicator.code: one for one in known}
    unit, day = next(iter(found.values())).question.unit, next(iter(found.values())).question.day
    parts: list[Part] = []
    words = _words()
    for code, names in _SENTENCES:
        numbers = [_number(found[name.partition(":")[0]], name.partition(":")[2]) for name in names]
        if any(number is None for number in numbers) or not any(number not in ("0", "0.0") for number in numbers):
            continue
        if parts and not str(get_language()).startswith("zh"):  # Chinese has no blank between sentences
            parts.append(Part(" "))
        text = words[code].replace("{day}", day.isoformat()).replace("{unit}", unit.name)
        for piece in _pieces(text, len(names)):
            if isinstance(piece, str):
                parts.append(Part(piece))
            else:
                name = names[piece].partition(":")[0]
                parts.append(Part(str(numbers[piece]), found[name]))
    return parts


def _number(one: Figure, which: str) -> str | None:
    value = {"n": one.numerator, "d": one.denominator, "v": one.value}[which]
    return None if value is None else f"{value}"


def _pieces(text: str, count: int) -> list[str | int]:
    """The words between the numbers, and the numbers by their place; a language may put them in another order."""
    pieces: list[str | int] = [text]
    for n in range(count):
        grown: list[str | int] = []
        for piece in pieces:
            if isinstance(piece, str) and f"{{{n}}}" in piece:
                before, _mark, behind = piece.partition(f"{{{n}}}")
                grown += [before, n, behind]
            else:
                grown.append(piece)
        pieces = grown
    return pieces
