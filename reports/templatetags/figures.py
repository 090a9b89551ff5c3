"""How a figure is written."""

from __future__ import annotations

from django import template
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.translation import gettext as _

from reports.indicators.kinds import Measure
from reports.selectors.figures import Figure

register = template.Library()


@register.simple_tag
def value(one: Figure) -> str:
    """A figure with its measure; a star where it is withheld, a dash where nothing can be said.

    A tag and not a template of its own: a page has hundreds, and each inclusion takes as long as what it includes.
    """
    if one.withheld:
        return format_html('<abbr title="{}">*</abbr>', _("Withheld: too few people"))
    if one.value is None:
        return "—"
    return (
        f"{localize(one.value)} %" if one.question.indicator.measure is Measure.PER_CENT else str(localize(one.value))
    )
