"""Writing policies: a version is loaded once and never changed; figures of indices are added."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from core.errors import Refused
from core.services import audit
from core.services.runs import lock
from policy.models import IndexValue, PolicyVersion, VersionStatus
from policy.rules.document import Policy
from policy.rules.reading import read
from policy.selectors import version_for_system

# What the apps above bring in line with a version in the transaction that loads it, by app:
# (actor=, version=) → how many rows, by what they are.
follows: dict[str, Callable[..., dict[str, int]]] = {}


@transaction.atomic
def policy_load(*, actor: Any, text: str, name: str = "", reason: str = "") -> PolicyVersion:
    """Load a policy file; loading the same text again gives the version that is there.

    The version before it ends where this one begins, if its end was open. A correction of a version (the same days)
    needs a `reason`, and the version it replaces is withdrawn. Its parent must be loaded. What follows from the rules
    day by day (who keeps archives) is brought in line.

    actor None is the system. Raises PolicyErrors (the file has errors) or Refused (another text under this version,
    days that another version has).
    """
    policy = read(text, name=name, parents=lambda reference: _text_of(reference))
    lock(f"policy.{policy.place}")
    same = version_for_system(f"{policy.place}/{policy.version}")
    if same is not None:
        if same.sha256 == policy.sha256:
            return same
        raise Refused(
            [
                _(
                    "%(place)s/%(version)s is loaded with another text. A loaded version never changes: give the "
                    "correction a new version and load it with a reason."
                )
                % {"place": policy.place, "version": policy.version}
            ]
        )
    withdrawn, closed = _make_room(policy, reason)
    parent = version_for_system(policy.extends) if policy.extends else None
    version = PolicyVersion.objects.create(
        place=policy.place,
        version=policy.version,
        name=policy.name.zh,
        name_en=policy.name.en,
        effective=DateRange(policy.effective.from_, policy.effective.to),
        published=policy.effective.published,
        sha256=policy.sha256,
        text=text,
        parent=parent,
        reason=reason,
    )
    followed: dict[str, int] = {}
    for follow in follows.values():
        followed |= follow(actor=actor, version=version)
    audit(
        actor=actor,
        action="policy.version.load",
        obj=version,
        unit_code=policy.place,
        before={"withdrawn": withdrawn, "closed": closed},
        after={
            "version": version.reference,
            "sha256": version.sha256,
            "from": policy.effective.from_.isoformat(),
            "to": policy.effective.to.isoformat() if policy.effective.to else None,
            "reason": reason,
            **({"followed": followed} if followed else {}),
        },
    )
    return version


def _text_of(reference: str) -> str | None:
    above = version_for_system(reference)
    return above.text if above is not None else None


def _make_room(policy: Policy, reason: str) -> tuple[list[str], list[str]]:
    """Close the open end of the version before, withdraw what is corrected; Refused if days would overlap after that."""
    days = DateRange(policy.effective.from_, policy.effective.to)
    overlapping = PolicyVersion.objects.select_for_update(of=("self",), no_key=True).filter(
        place=policy.place, status=VersionStatus.IN_FORCE, effective__overlap=days
    )
    withdrawn, closed, refused = [], [], []
    for other in overlapping.order_by("pk"):
        lower, upper = other.effective.lower, other.effective.upper
        if lower < policy.effective.from_ and upper is None:
            other.effective = DateRange(lower, policy.effective.from_)
            other.save(update_fields=["effective"])
            closed.append(other.reference)
        elif lower >= policy.effective.from_ and reason:
            other.status = VersionStatus.WITHDRAWN
            other.save(update_fields=["status"])
            withdrawn.append(other.reference)
        else:
            refused.append(
                _("%(version)s is in force from %(first)s to %(last)s.")
                % {"version": other.reference, "first": lower, "last": upper or _("open")}
            )
    if refused:
        refused.append(
            _(
                "%(version)s would be in force on the same days. Change its `effective`, or load it with a reason if it "
                "corrects the other from its first day on."
            )
            % {"version": f"{policy.place}/{policy.version}"}
        )
        raise Refused(refused)
    return withdrawn, closed


@transaction.atomic
def index_value_add(
    *,
    actor: Any,
    place: str,
    index: str,
    value: Decimal,
    published: date,
    source: str,
    year: int | None = None,
    day: date | None = None,
    unit_code: str = "",
) -> IndexValue:
    """Enter a figure of an index that was published after the policy was loaded. Raises Refused."""
    problems = []
    if (year is None) == (day is None):
        problems.append(_("Give the year or the day from which the figure holds, one of them."))
    if not source.strip():
        problems.append(_("Say where the figure was published."))
    lock(f"policy.index.{place}.{index}")
    if (
        not problems
        and IndexValue.objects.filter(place=place, index=index, unit_code=unit_code, year=year, day=day).exists()
    ):
        problems.append(
            _("There is already a figure of %(index)s for %(when)s.") % {"index": index, "when": year or day}
        )
    if problems:
        raise Refused(problems)
    entered = IndexValue.objects.create(
        place=place,
        index=index,
        unit_code=unit_code,
        year=year,
        day=day,
        value=value,
        published=published,
        source=source,
    )
    audit(
        actor=actor,
        action="policy.index.add",
        obj=entered,
        unit_code=unit_code or place,
        after={
            "index": index,
            "when": str(year or day),
            "value": str(value),
            "published": published.isoformat(),
            "source": source,
        },
    )
    return entered
