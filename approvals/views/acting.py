"""What the pages of cases share: an act that is tried, and names in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.utils.translation import get_language

from core.errors import Conflict, NotAllowed, Refused


def tried(form: Form, work: Callable[[], Any]) -> bool:
    """Whether the work was done; what stands in its way goes to the form, beside its value where it has one."""
    try:
        work()
    except Refused as error:
        told = set()
        for name, texts in error.fields.items():
            for text in texts:
                told.add(str(text))
                form.add_error(name if name in form.fields else None, str(text))
        for text in error.errors:
            if str(text) not in told:
                form.add_error(None, str(text))
    except (Conflict, NotAllowed) as error:
        form.add_error(None, str(error))
    return not form.errors


def named(name: Any) -> str:
    """A name of the rules, which has both languages."""
    return str(name.zh if get_language() == "zh-hans" else name.en)


def number_of(text: str | None) -> int:
    """A row's number as a page sent it; 0, which no row has, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0
