"""What every endpoint for programs shares: one shape of errors, pages of rows, states of things, writes that repeat."""

from core.api.bodies import Body
from core.api.errors import (
    REFUSALS,
    Conflicting,
    Refusing,
    answer,
    describe_refusals,
    described,
    handle,
)
from core.api.fields import BIGGEST, FileField, KnownFields, MonthField, Policies, Reasons, Totals
from core.api.kept import Kept, kept_answer
from core.api.pages import MOST, CursorPages, KnownParameters, Pages
from core.api.retiring import retiring
from core.api.states import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    STATE,
    knows_state,
    once,
    require_state,
    state_answer,
    state_of,
)

__all__ = [
    "BIGGEST",
    "IDEMPOTENCY_KEY",
    "IF_MATCH",
    "IF_NONE_MATCH",
    "MOST",
    "REFUSALS",
    "STATE",
    "Body",
    "Conflicting",
    "CursorPages",
    "FileField",
    "Kept",
    "KnownFields",
    "KnownParameters",
    "MonthField",
    "Pages",
    "Policies",
    "Reasons",
    "Refusing",
    "Totals",
    "answer",
    "describe_refusals",
    "described",
    "handle",
    "kept_answer",
    "knows_state",
    "once",
    "require_state",
    "retiring",
    "state_answer",
    "state_of",
]
