"""The form of a proposal: for which post, where, from when, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.models import CaseAct
from organization.forms import LINE
from personnel.forms.inputs import DayField, UnitChoices, UnitField
from personnel.models import PostTitle

POSTS = (CaseAct.APPOINT, CaseAct.REMOVE)  # acts about a post; leaving has a form of its own


class ProposalForm(forms.Form):
    """An appointment or a removal that a case decides. posts: those that the place's rules put steps in front of."""

    act = forms.ChoiceField(label=_("What is proposed"), choices=[(one.value, one.label) for one in POSTS])
    post = forms.ChoiceField(label=_("Post"))
    planned = DayField(label=_("Planned from"), required=False)
    reason = forms.CharField(
        label=pgettext_lazy("act", "Reason"), max_length=500, widget=forms.Textarea(attrs=LINE | {"rows": 3})
    )

    def __init__(self, *args: Any, units: UnitChoices, posts: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((code, PostTitle(code).label) for code in posts),
        ]
        self.fields["unit"] = UnitField(label=_("Unit"), choices=units)
        self.order_fields(["act", "post", "unit", "planned", "reason"])


class LeavingForm(forms.Form):
    """Leaving that a case decides. exits: the place's reasons with their clauses."""

    code = forms.ChoiceField(label=_("Reason of leaving"))
    reason = forms.CharField(
        label=_("What it rests on"),
        help_text=_("Results, decisions or facts, with their documents: whoever decides reads this."),
        max_length=500,
        widget=forms.Textarea(attrs=LINE | {"rows": 3}),
    )

    def __init__(self, *args: Any, exits: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [("", "—"), *exits]  # type: ignore[attr-defined]
