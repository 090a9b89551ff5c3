"""Answers that a process keeps for as long as what they are made from has not changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import caches
from django.utils import translation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from core.api.states import state_of_text


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is sent, with its ETag. of: what its stamp is asked for; stamp: what that was before it was made."""

    body: bytes
    etag: str
    of: str
    stamp: Hashable

    @classmethod
    def told(cls, data: object, of: str = "", stamp: Hashable = None) -> Kept:
        body = JSONRenderer().render(data)
        return cls(body, state_of_text(body), of, stamp)


def kept_answer(
    request: Request, of_asker: Hashable, stamp_of: Callable[[str], Hashable], make: Callable[[], Kept]
) -> Kept:
    """The answer to a request: as it is kept, where the stamp of what it is of is the same by now, else as it is made.

    of_asker: whatever of the asker and of the moment (rights, the day) decides about the answer; its address and language
    are known. stamp_of: None where nothing can be said now. An answer made with the stamp None is not kept; a stamp is to
    be read before the answer is made, so that what changes meanwhile makes it worthless.
    """
    key = sha256(repr((request.get_full_path(), translation.get_language(), of_asker)).encode()).hexdigest()
    answers = caches["answers"]
    known = answers.get(key)
    if isinstance(known, Kept) and known.stamp == stamp_of(known.of):
        return known
    made = make()
    if made.stamp is not None:
        answers.set(key, made)
    return made
