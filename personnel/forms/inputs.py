"""Inputs: days in every way a clerk writes them, units by code or name, numbers of documents and telephones."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import format_yuan, parse_yuan
from organization.models import Permission, Unit, User, widen
from organization.selectors import roots_list, unit_ancestors_for_system, units_list
from personnel.rules.dates import DayProblem, read_day

MOST_IN_A_SELECT = 80  # units; where there are more, their code or name is typed
MOST_SUGGESTED = 300


def folded(text: str) -> str:
    """Half width, without spaces: how numbers are compared."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def day_message(problem: DayProblem) -> str:
    """What is wrong with a day, and how it can be written."""
    messages = {
        "NO_DAY": _("“%(text)s” is no day. Write it like 1990-05-03, 1990.5.3 or 19900503."),
        "NO_SUCH_DAY": _("There is no such day: “%(text)s”."),
        "YEAR_ONLY": _("“%(text)s” is a year alone. Write the month too, like 1990.05."),
        "TENTH_MONTH": _("“%(text)s” may be January or October. Write 1990-01 or 1990-10."),
        "OUT_OF_RANGE": _("“%(text)s” is outside the years 1900 to 2100."),
    }
    text = messages[problem.code] % {"text": problem.text}
    if problem.suggestions:
        text += " " + _("Is it %(suggestions)s?") % {"suggestions": " / ".join(problem.suggestions)}
    return text


class DayField(forms.CharField):
    """A day (or, with `month`, a month as its first day) in every way a clerk writes it."""

    def __init__(self, *, month: bool = False, **kwargs: Any) -> None:
        self.month = month
        attrs = {
            "autocomplete": "off",
            "inputmode": "text",
            "placeholder": "1990.05" if month else "1990-05-03",
            "maxlength": "20",
        }
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, date):
            return f"{value:%Y-%m}" if self.month else value.isoformat()
        return value

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, date):
            return value
        text = super().to_python(value)
        if not text:
            return None
        read = read_day(text)
        if isinstance(read, DayProblem):
            raise forms.ValidationError(day_message(read))
        return read.day

    def has_changed(self, initial: Any, data: Any) -> bool:
        """What is shown unchanged is unchanged, also where a month is shown of a day."""
        return bool(str(self.prepare_value(initial) or "") != str(data or "").strip()) and super().has_changed(
            initial, data
        )


class NumberField(forms.CharField):
    """The number of a document or a telephone: half width, without spaces, capital letters."""

    def to_python(self, value: Any) -> str:
        return folded(super().to_python(value) or "").upper()


class YuanField(forms.CharField):
    """An amount in yuan, as integer fen."""

    def prepare_value(self, value: Any) -> Any:
        return format_yuan(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            return int(parse_yuan(str(text)))
        except ValueError as error:
            raise forms.ValidationError(_("Enter an amount in yuan with at most two decimals.")) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(str(self.prepare_value(initial) or "") != str(data or "").strip())


class UnitChoices:
    """The units among which a user chooses: their own, and those above them. Asked once for all inputs of a page."""

    def __init__(self, user: User, permission: str = Permission.CHANGE_PEOPLE) -> None:
        self.user, self.permission = user, permission
        self._own: list[Unit] | None = None
        self._above: list[Unit] | None = None

    @property
    def own(self) -> list[Unit]:
        if self._own is None:
            self._own = list(units_list(user=self.user, permission=self.permission)[: MOST_SUGGESTED + 1])
        return self._own

    @property
    def above(self) -> list[Unit]:
        if self._above is None:
            roots = list(roots_list(user=self.user, permission=self.permission)[:5])
            found = {unit.pk: unit for root in roots for unit in unit_ancestors_for_system(root)[:-1]}
            own = {unit.pk for unit in self.own}
            self._above = [unit for pk, unit in found.items() if pk not in own]
        return self._above

    @property
    def default(self) -> Unit | None:
        """The one community there is, if there is one."""
        communities = [unit for unit in self.own if unit.kind == "COMMUNITY"]
        return communities[0] if len(communities) == 1 else self.own[0] if len(self.own) == 1 else None

    def offered(self, wide: bool) -> list[Unit]:
        return [*(self.above if wide else []), *self.own]

    def find(self, text: str, *, wide: bool) -> Unit:
        """The unit of a code or a name. Raises ValidationError that says what to type instead."""
        text = text.strip()
        digits = folded(text)
        digits = digits[digits.rfind("(") + 1 :].rstrip(")") if "(" in digits else digits
        if re.fullmatch(r"\d{2,15}", digits):
            code = widen(digits)
            known = next((unit for unit in self.offered(wide) if unit.code == code), None)
            if known is None:
                rows = Unit.objects.all() if wide else units_list(user=self.user, permission=self.permission)
                known = rows.filter(code=code).order_by("-valid_from").first()
            if known is not None:
                return known
            raise forms.ValidationError(_("There is no unit %(code)s among yours.") % {"code": digits})
        found = {unit.lineage: unit for unit in self.offered(wide) if unit.name == text}
        if not found and len(self.own) > MOST_SUGGESTED:
            mine = units_list(user=self.user, permission=self.permission)
            found = {unit.lineage: unit for unit in mine.filter(Q(name=text) | Q(name__startswith=text))[:6]}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            names = "、".join(f"{unit.name}（{unit.short_code}）" for unit in found.values())
            raise forms.ValidationError(_("Several units are called so: %(names)s. Type the code.") % {"names": names})
        raise forms.ValidationError(
            _("There is no unit “%(name)s” among yours. Type its name or code.") % {"name": text}
        )


class UnitInput(forms.TextInput):
    """A text with suggestions, for those who have too many units for a list."""

    def __init__(self, suggestions: list[Unit], attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id', name)}_units"
        options = format_html_join(
            "", '<option value="{}（{}）">', ((unit.name, unit.short_code) for unit in self.suggestions)
        )
        written = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        return format_html('{}<datalist id="{}" data-i18n-skip>{}</datalist>', written, listed, options)


class UnitField(forms.Field):
    """A unit, chosen from a list of a few or typed by name or code. `wide`: also units above one's own."""

    def __init__(self, *, choices: UnitChoices, wide: bool = False, current: Unit | None = None, **kwargs: Any) -> None:
        self.choices, self.wide, self.current = choices, wide, current
        offered = choices.offered(wide)
        if current is not None and current.code not in {unit.code for unit in offered}:
            offered = [current, *offered]
        widget: forms.Widget
        if len(offered) <= MOST_IN_A_SELECT:
            options = [("", "—"), *((unit.short_code, unit.name) for unit in offered)]
            widget = forms.Select(choices=options, attrs={"class": "form-select", "data-i18n-skip": ""})
        else:
            widget = UnitInput(offered[:MOST_SUGGESTED], attrs={"autocomplete": "off"})
        super().__init__(widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Unit):
            return value.short_code if isinstance(self.widget, forms.Select) else f"{value.name}（{value.short_code}）"
        return value

    def to_python(self, value: Any) -> Unit | None:
        if value in self.empty_values:
            return None
        if isinstance(value, Unit):
            return value
        if self.current is not None and folded(str(value)) in (self.current.short_code, self.current.code):
            return self.current
        return self.choices.find(str(value), wide=self.wide)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(str(self.prepare_value(initial) or "") != str(data or "").strip())


FIRST_DAY_HELP = gettext_lazy("The first day on which it no longer holds; empty while it holds.")
