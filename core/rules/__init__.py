"""Pure rules that every app shares: how runs are cut and compared, what waits for somebody, and files of others."""

from core.rules.batches import (
    PathRange,
    add_digests,
    add_totals,
    digest_text,
    fingerprint,
    plan_batches,
    unit_digest,
)
from core.rules.todo import DUE, Todo, due_group, due_groups

__all__ = [
    "DUE",
    "PathRange",
    "Todo",
    "add_digests",
    "add_totals",
    "digest_text",
    "due_group",
    "due_groups",
    "fingerprint",
    "plan_batches",
    "unit_digest",
]
