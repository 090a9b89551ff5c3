"""What the rules of a place make of seats and people: pure, without database and clock."""

from staffing.rules.formula import Computed, Part, UnitNumbers, compute
from staffing.rules.periods import boundary, next_boundary
from staffing.rules.seats import Balance, SeatRule, ShareFault, balance, share_faults

__all__ = [
    "Balance",
    "Computed",
    "Part",
    "SeatRule",
    "ShareFault",
    "UnitNumbers",
    "balance",
    "boundary",
    "compute",
    "next_boundary",
    "share_faults",
]
