"""Rules for one place of the tests, with what a test says of its seats."""

from __future__ import annotations

from policy.services import policy_load

HEAD = """\
schema: 1
place: "232762"
name: {zh: 松岭区, en: Songling}
version: "seats"
effective: {from: 2022-01-01}
documents: [{code: SL, title: {zh: 办法, en: measures}, level: county}]
service: {counts: {category: COMMUNITY_WORKER}}
posts: [{code: chief, name: 正职, when: {posts_held: {any_of: [PARTY_SECRETARY]}}}, {code: general, name: 一般}]
"""
BLOCK = "quota: {level: county, over: block, cite: SL-05}\n"


def load(text: str) -> None:
    """The rules of Songling are these."""
    policy_load(actor=None, text=HEAD + text)
