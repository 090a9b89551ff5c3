"""Which facts rules look at."""

from __future__ import annotations

from payroll.rules.needs import pay_inputs, pay_needs
from tests.policy.frames import policy


def test_the_level_of_an_honour_is_no_fact_of_the_person() -> None:
    when = {"honours": {"kind": "MODEL", "level": {"at_least": "COUNTY"}}, "sex": "FEMALE"}
    component = {"code": "a", "name": "A", "kind": "amount", "amount": 100, "when": when}
    rules = policy(pay={"components": [component]})
    assert pay_inputs(rules) == {"honours", "sex", "post"}
    assert "level" not in pay_needs(rules)
