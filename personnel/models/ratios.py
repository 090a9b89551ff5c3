"""Named definitions of ratios: a figure is shown with the words of the definition that it was worked out by."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CrossDefinition(models.TextChoices):
    """交叉任职比率: of whom those are a part who sit in both committees of one community. See decision 0015."""

    OF_MEMBERS = (
        "OF_MEMBERS",
        _("people in both the party organisation and the residents' committee of a community / people in either"),
    )
    OF_PARTY = (
        "OF_PARTY",
        _(
            "people in both the party organisation and the residents' committee of a community / members of party organisations"
        ),
    )
    OF_COMMITTEE = (
        "OF_COMMITTEE",
        _(
            "people in both the party organisation and the residents' committee of a community / members of residents' committees"
        ),
    )
