"""The form of a move: a transfer or a secondment, where to, from when, and why."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.models import MOVES, CaseAct
from organization.forms import LINE
from organization.selectors.units import CODE, units_named_for_system
from personnel.forms.inputs import DayField, folded
from personnel.models import PlacementKind, PostTitle

MOST_NAMED = 5


class ReceivingUnitField(forms.CharField):
    """A unit that may be anybody's, by its code or its whole name: who proposes a move names it and sees nothing of it."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        inside = re.search(r"[（(](\d{2,15})[）)]$", text)
        code = inside.group(1) if inside else folded(text)
        found = units_named_for_system(code if CODE.fullmatch(code) else text, MOST_NAMED + 1)
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(
                _("There is no unit “%(name)s”. Type its whole name or its code.") % {"name": text}
            )
        names = "、".join(f"{unit.name}（{unit.short_code}）" for unit in found[:MOST_NAMED])
        raise forms.ValidationError(_("Several units are called so: %(names)s. Type the code.") % {"names": names})


class MoveForm(forms.Form):
    """A transfer or a secondment that a case of both units decides."""

    act = forms.ChoiceField(
        label=gettext_lazy("What is proposed"), choices=[(one, CaseAct(one).label) for one in MOVES]
    )
    to_unit = ReceivingUnitField(
        label=gettext_lazy("Receiving unit"),
        help_text=gettext_lazy("Its whole name or its code; it may lie in another street, county or city."),
        max_length=100,
    )
    post = forms.ChoiceField(
        label=gettext_lazy("Post there"),
        help_text=gettext_lazy("Of a transfer: the post that they take up; posts held so far end."),
        choices=[("", "—"), *((one.value, one.label) for one in PostTitle)],
        required=False,
    )
    away = forms.ChoiceField(
        label=gettext_lazy("Kind of secondment"),
        choices=[("", "—"), *((one.value, one.label) for one in PlacementKind if one != PlacementKind.HOME)],
        required=False,
    )
    planned = DayField(label=gettext_lazy("Planned from"), required=False)
    due_back = DayField(label=gettext_lazy("Expected back on"), required=False)
    reason = forms.CharField(
        label=pgettext_lazy("act", "Reason"), max_length=500, widget=forms.Textarea(attrs=LINE | {"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        """Of the other act nothing may be filled in."""
        given = super().clean() or self.cleaned_data
        other = ("away", "due_back") if given.get("act") == CaseAct.TRANSFER else ("post",)
        for name in other:
            if given.get(name):
                self.add_error(name, _("This belongs to the other kind of move. Leave it empty."))
        return given


__all__ = ["MoveForm", "ReceivingUnitField"]
