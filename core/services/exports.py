"""Lists that leave as files: counted, numbered, marked and on record before anybody gets a byte of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.models import Export
from core.rules.sheets import Format, Table, write_tables
from core.services.trail import audit

_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another when it is read from paper


@transaction.atomic
def export_write(
    *,
    actor: Any,
    action: str,
    kind: str,
    file_format: Format,
    tables: Iterable[Table],
    out: IO[bytes],
    query: str,
    columns: list[str],
    sensitive: bool,
    about: Mapping[str, Any] | None = None,
) -> Export:
    """Write lists to `out` and down what left. The caller has asked whether the actor may have these rows.

    query: the filter. columns: codes of the columns. about: what else the audit entry shall say. Who gets the file gets
    it after the commit, so that nothing leaves of which there is no record. Raises Refused past CWMS_EXPORTS_A_DAY.
    """

    def write(code: str) -> int:
        mark = f"{actor} · {timezone.localtime():%Y-%m-%d %H:%M} · {code}"
        return write_tables(out, file_format, tables, code=code, mark=mark)

    return export_register(
        actor=actor, action=action, kind=kind, file_format=file_format, write=write, query=query, columns=columns,
        sensitive=sensitive, about={"format": file_format, "query": query, "columns": columns, **(about or {})},
    )  # fmt: skip


@transaction.atomic
def export_register(
    *,
    actor: Any,
    action: str,
    kind: str,
    file_format: str,
    write: Callable[[str], int],
    query: str,
    columns: list[str],
    sensitive: bool,
    about: Mapping[str, Any],
) -> Export:
    """Give an export its number, have it written (`write` takes the number and returns the rows), and put it on record.

    about: what the audit entry says beside the number and the rows. Raises Refused past CWMS_EXPORTS_A_DAY.
    """
    get_user_model().objects.select_for_update(no_key=True).get(pk=actor.pk)  # two at once count each other
    if Export.objects.filter(actor_id=actor.pk, at__gte=_midnight()).count() >= settings.CWMS_EXPORTS_A_DAY:
        raise Refused(
            _("%(user)s has made %(most)s exports today, as many as one may in a day. Go on tomorrow.")
            % {"user": actor, "most": settings.CWMS_EXPORTS_A_DAY}
        )
    code = _new_code()
    rows = write(code)
    export = Export.objects.create(
        code=code, actor_id=actor.pk, actor_name=actor.username, kind=kind, file_format=file_format, query=query,
        columns=columns, rows=rows, sensitive=sensitive,
    )  # fmt: skip
    audit(actor=actor, action=action, obj=export, after={"export": code, "rows": rows, **about})
    return export


def _midnight() -> Any:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _new_code() -> str:
    """12 random signs (60 bits) in three groups."""
    signs = "".join(secrets.choice(_SIGNS) for _sign in range(12))
    return "-".join((signs[:4], signs[4:8], signs[8:]))
