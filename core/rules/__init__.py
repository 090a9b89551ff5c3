"""Pure rules that every app shares: how runs are cut and compared, and files of others."""

from core.rules.batches import (
    PathRange,
    Todo,
    add_digests,
    add_totals,
    digest_text,
    fingerprint,
    plan_batches,
    unit_digest,
)

__all__ = [
    "PathRange",
    "Todo",
    "add_digests",
    "add_totals",
    "digest_text",
    "fingerprint",
    "plan_batches",
    "unit_digest",
]
