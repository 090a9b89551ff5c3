"""Who looks on while an import is written."""

from __future__ import annotations

from collections.abc import Sequence


class Watch:
    """Nobody: in a request the answer of the page says all.

    job: the work that is being done, and may do what nobody else may meanwhile.
    """

    job: int | None = None

    def tell(self, done: int) -> None:
        """So many rows are written; not for anybody to rely on before the transaction has ended."""

    def finish(self, done: int, kept: Sequence[str]) -> None:
        """The last statement of the writing transaction; whatever it raises undoes everything."""


NOBODY = Watch()
