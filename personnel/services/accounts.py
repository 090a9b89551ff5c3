"""The list of accounts for the bank that pays a unit's people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Export
from core.rules.sheets import Format, Heading, Table
from core.services.exports import export_write
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import countersigned
from personnel.models import Listing, Purpose
from personnel.rules.fields import FIELDS
from personnel.selectors.accounts import accounts_of_for_system, accounts_rows

_COLUMNS = ("name", "employment.unit", "bank.bank", "bank.holder", "bank.number")
_CHUNK = 2_000


@transaction.atomic
def accounts_export(*, actor: User, unit: Unit, day: date, out: IO[bytes], file_format: Format = "xlsx") -> Export:
    """Write who is paid in a unit on a day, and into which account; who has none stands there without a number.

    Account numbers are written out: that is what the list is for. Raises NotAllowed unless the actor seals pay there.
    """
    require(actor, Permission.SEAL_PAY, unit)
    countersigned(
        actor=actor,
        action="personnel.accounts_exported",
        rows=accounts_rows(user=actor, unit=unit, day=day).count(),
        permission=Permission.SEAL_PAY,
        paths=[unit.path],
        about=_("Accounts for pay of %(unit)s") % {"unit": unit.name},
        depends={"unit": unit.code, "day": day, "format": file_format},
    )

    def cells() -> Iterator[list[str]]:
        rows = accounts_rows(user=actor, unit=unit, day=day).iterator(chunk_size=_CHUNK)
        while chunk := list(islice(rows, _CHUNK)):
            accounts = accounts_of_for_system([row.person_id for row in chunk], day)
            for row in chunk:
                account = accounts.get(row.person_id)
                name = row.person.name
                yield [name, _where(row), *(
                    (account.bank, account.holder or name, str(account.number)) if account else ("", "", "")
                )]  # fmt: skip

    headings = [Heading(FIELDS[code].zh, 24 if code == "bank.number" else 16) for code in _COLUMNS]
    return export_write(
        actor=actor,
        action="personnel.accounts_exported",
        kind="personnel.accounts",
        file_format=file_format,
        tables=[Table("代发账户", headings, cells())],
        out=out,
        query=f"unit={unit.code}",
        columns=list(_COLUMNS),
        sensitive=True,
        about={"day": str(day), "purpose": Purpose.PAY.value},
    )


def _where(row: Listing) -> str:
    if row.employment is not None:
        return row.employment.unit.name
    return row.tenure.post.unit.name if row.tenure is not None else ""


__all__ = ["accounts_export"]
