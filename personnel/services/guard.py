"""What keeps a post from changing past the case that the rules of its unit put in front of it.

What lies before the rules came into the system, or is over, is a record and changes nobody's post; so are corrections,
which leave the old row and a reason in the history (docs/decisions/0041-no-post-without-its-case.md).
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from approvals.models import CaseAct
from approvals.rules import levels_left
from core.errors import Refused
from organization.models import Unit
from personnel.models import Election, PostTitle, Tenure
from policy.models import PolicyVersion, named
from policy.rules.document import Procedure
from policy.selectors import policy_versions_of_unit_for_system, rules_kept_since_for_system

# Years of a term: 城市居民委员会组织法 as amended in 2018; party committees of communities follow it.
TERM = 5


class KnownRules:
    """Asks for the rules of a unit once, however many rows a file has."""

    def __init__(self) -> None:
        self._versions: dict[str, list[PolicyVersion]] = {}
        self._since: dict[str, date] = {}

    def on(self, unit: Unit, day: date) -> PolicyVersion | None:
        """The version in force in a unit on a day."""
        if unit.code not in self._versions:
            self._versions[unit.code] = policy_versions_of_unit_for_system(unit.code, date.min, date.max)
        return next((one for one in self._versions[unit.code] if day in one.effective), None)

    def since(self, version: PolicyVersion) -> date:
        """The day on which the first version of its place was loaded: what began before is a record of the past."""
        if version.place not in self._since:
            self._since[version.place] = rules_kept_since_for_system(version.place)
        return self._since[version.place]


class Guard:
    """Asks whether the rules put a case in front of a post. rules: those that are known already."""

    def __init__(self, rules: KnownRules | None = None) -> None:
        self._rules = rules or KnownRules()

    def refuse_appointment(self, unit: Unit, title: str, day: date, *, election: str) -> None:
        """Raises Refused with the clause where the post is filled on a day by a case alone."""
        self._refuse(unit, CaseAct.APPOINT, title, day, by_election=election == Election.GENERAL_ELECTION)

    def refuse_removal(self, tenure: Tenure, day: date) -> None:
        """The same for giving up a post; with the end of a term, or with a general election, nobody is removed."""
        start = tenure.start
        over = date(start.year + TERM, start.month, min(start.day, 28)) <= day
        unit = tenure.post.unit
        elected = Tenure.objects.filter(post__unit=unit, start=day, election=Election.GENERAL_ELECTION)
        self._refuse(unit, CaseAct.REMOVE, tenure.title, day, by_election=over or elected.exists())

    def refuse_change(self, tenure: Tenure, unit: Unit, title: str, day: date) -> None:
        """The same for a post that becomes another one."""
        if (tenure.title, tenure.post.unit.lineage) != (title, unit.lineage):
            self.refuse_removal(tenure, day)
            self.refuse_appointment(unit, title, day, election="")

    def refuse_leaving(self, unit: Unit, reason: str, day: date) -> None:
        """Raises Refused with the clause where leaving for a reason that follows from results is decided by a case alone."""
        version = self._rules.on(unit, day)
        listed = next((one for one in version.document.exits if one.code == reason), None) if version else None
        if listed is None or listed.after is None:
            return
        found = self._procedure(unit, CaseAct.EXIT, "", day, by_election=False)
        if found is not None:
            raise Refused(
                [
                    _(
                        "Leaving %(unit)s for the reason “%(reason)s”: the rules want the procedure “%(procedure)s” "
                        "(%(clause)s) first. It opens by itself when results are closed; else open it on the person's "
                        "page. A wrong entry is corrected, with a reason."
                    )
                    % {
                        "unit": unit.name,
                        "reason": named(listed.name),
                        "procedure": named(found.name),
                        "clause": found.applies_to.cite or "",
                    }
                ]
            )

    def refuse_move(self, unit: Unit, to: Unit, day: date, *, away: str = "") -> None:
        """Raises Refused with the clause where the rules of either unit let a case of both alone decide a move.

        away: the kind of a secondment; without, it is a transfer.
        """
        act, leaves = (CaseAct.SECONDMENT if away else CaseAct.TRANSFER), levels_left(unit.path, to.path)
        for place in (unit, to) if leaves else ():
            version = self._rules.on(place, day)
            if version is None or day < self._rules.since(version):
                continue
            for one in version.document.procedures:
                if one.covers(act, "", leaves=leaves, away=away):
                    raise Refused([_move_needs_case(unit, to, act, one)])

    def _refuse(self, unit: Unit, act: str, title: str, day: date, *, by_election: bool) -> None:
        found = self._procedure(unit, act, title, day, by_election)
        if found is None:
            return
        raise Refused(
            [
                _(
                    "%(title)s of %(unit)s: the rules want the procedure “%(procedure)s” (%(clause)s) first. Propose it "
                    "on the person's page; a wrong entry is corrected, with a reason."
                )
                % {
                    "title": PostTitle(title).label,
                    "unit": unit.name,
                    "procedure": named(found.name),
                    "clause": found.applies_to.cite or "",
                }
            ]
        )

    def _procedure(self, unit: Unit, act: str, title: str, day: date, by_election: bool) -> Procedure | None:
        version = self._rules.on(unit, day)
        if version is None:
            return None
        covering = (one for one in version.document.procedures if one.covers(act, title, by_election=by_election))
        procedure = next(covering, None)
        if procedure is None:
            return None
        return procedure if day >= self._rules.since(version) else None


def _move_needs_case(unit: Unit, to: Unit, act: str, procedure: Procedure) -> str:
    text = (
        _(
            "Lending somebody from %(unit)s to %(to)s: the rules want the word of both units by the procedure "
            "“%(procedure)s” (%(clause)s). Propose it on the person's page under “Move”; a wrong entry is corrected, with a "
            "reason."
        )
        if act == CaseAct.SECONDMENT
        else _(
            "Moving from %(unit)s to %(to)s: the rules want the word of both units by the procedure “%(procedure)s” "
            "(%(clause)s). Propose it on the person's page under “Move”; a wrong entry is corrected, with a reason."
        )
    )
    return text % {
        "unit": unit.name, "to": to.name, "procedure": named(procedure.name),
        "clause": procedure.applies_to.cite or "",
    }  # fmt: skip
