"""The policy of fields: what each role sees of each field of the personnel file, and may write.

One declaration for all faces: the record and its print, history, forms, lists, exports and the programming interface
read it here. Every field of the registry belongs to one class; a class has a cell a role. A cell is how the field is
seen, and w where it may be written:

r   readable
a   masked until asked for with a purpose (`personnel.services.showing`)
m   masked, whoever asks
-   not there at all

Who holds several roles over a person has the best cell of them. A role that is named nowhere sees nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType


class Sight(IntEnum):
    """How a field is seen; the higher one wins."""

    HIDDEN = 0
    MASKED = 1
    ASKED = 2
    READABLE = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """What somebody may do with a field of a person."""

    sight: Sight = Sight.HIDDEN
    writes: bool = False

    def shown(self, revealed: bool) -> bool:
        """Whether the value itself stands there. revealed: it was asked for with a purpose."""
        return self.sight == Sight.READABLE or (revealed and self.sight == Sight.ASKED)


NOTHING = Cell()
# By what a file whose processing is restricted is still found.
UNRESTRICTED = frozenset({"name", "employment.unit", "tenure.unit"})
_SIGHTS = {"-": Sight.HIDDEN, "m": Sight.MASKED, "a": Sight.ASKED, "r": Sight.READABLE}

# fmt: off
ROLES = ("STREET_CLERK", "STREET_APPROVER", "ORG_OFFICER", "ORG_APPROVER", "FINANCE", "AUDITOR", "REST_CLIENT",
         "REST_WRITER")
CLASSES: Mapping[str, str] = MappingProxyType({
    # Who somebody is, where and as what they work, what they have learned and been honoured with.
    "work":       "rw  r  rw  r  r  r  r  rw",
    # Numbers and addresses by which somebody is found or passed for.
    "contact":    "aw  m  aw  m  m  a  m  aw",
    # What pay and insurance need of them.
    "insurance":  "aw  m  aw  m  a  a  m  -",
    # Who has entered an account sees its end from then on: who pays reads it, and whoever inspects.
    "account":    "mw  m  mw  m  a  a  m  -",
    "family":     "rw  r  rw  r  -  r  -  -",
    "relatives":  "aw  m  aw  m  -  a  -  -",
    # Health: who enters it, and who inspects. A decision about a post reads the result of its own check, not the file.
    "health":     "aw  -  aw  -  -  a  -  aw",
    "checks":     "rw  -  rw  -  -  r  -  -",
    "findings":   "aw  -  aw  -  -  a  -  -",
    # Discipline: who enters it and who decides on ratings and posts.
    "discipline": "aw  a  aw  a  -  a  -  -",
    # What the organisation department plans with somebody.
    "lists":      "rw  r  rw  r  -  r  -  -",
    "care":       "rw  r  rw  r  -  r  -  -",
    "hardship":   "aw  -  aw  -  -  a  -  -",
})
_FIELDS: Mapping[str, str] = MappingProxyType({
    "work": """
        name sex document_type birth_date ethnic_group native_place birth_place political_status democratic_party
        party_joined marital_status work_started professional_title specialities background certificate_exams_failed
        union_joined household household_address registered_residence lives_in
        party.joined party.confirmed party.branch
        employment.unit employment.employer employment.recruiter employment.category employment.entry_channel
        employment.batch employment.start employment.end employment.end_reason employment.exit_code
        employment.destination_kind employment.destination
        employment.probation_end employment.contract_number employment.contract_start employment.contract_end
        employment.establishment
        placement.kind placement.manager placement.work_unit placement.place placement.start placement.end
        placement.due placement.document
        tenure.title tenure.unit tenure.start tenure.end tenure.full_time tenure.election tenure.appointed_as
        tenure.home_organization tenure.document
        education.level education.completion education.degree education.study_mode education.school education.major
        education.start education.graduated education.number
        certificate.level certificate.number certificate.issued certificate.registered_from
        certificate.registered_until certificate.appointed_from
        resume.start resume.end resume.organisation resume.role
        honour.kind honour.level honour.title honour.day honour.issuer honour.document
        public_role.kind public_role.level public_role.term public_role.start public_role.end public_role.document
        treatment.level treatment.start treatment.end treatment.with_post treatment.document
        insurance.scheme insurance.place insurance.start insurance.end
        bank.bank bank.holder bank.main bank.start bank.end
        leave.kind leave.start leave.end leave.days leave.document
        area.unit area.role area.main_workplace area.start area.end""",
    "contact": "identity_number phone other_phone address emergency_contact emergency_phone",
    "insurance": "insurance.number",
    "account": "bank.number",
    "family": "family.relation family.name family.work",
    "relatives": "family.birth_date family.political_status family.phone",
    "health": "health",
    "checks": "health_check.day health_check.place",
    "findings": "health_check.result",
    "discipline": "discipline.kind discipline.start discipline.effect_end discipline.issuer discipline.document",
    "lists": """
        named_list.kind named_list.batch named_list.start named_list.end named_list.document
        duty.kind duty.text duty.start duty.due duty.done duty.document
        post_fit.day post_fit.department_leader post_fit.street_head post_fit.leading_secretary post_fit.ability
        post_fit.potential post_fit.title post_fit.duties post_fit.verdict post_fit.document""",
    "care": "support.kind support.day support.amount support.giver",
    "hardship": "support.remark",
})
# fmt: on


def _cell(text: str) -> Cell:
    return Cell(_SIGHTS[text[0]], text.endswith("w"))


CLASS_OF: Mapping[str, str] = MappingProxyType(
    {code: name for name, codes in _FIELDS.items() for code in codes.split()}
)
CELLS: Mapping[str, Mapping[str, Cell]] = MappingProxyType(
    {
        code: MappingProxyType(dict(zip(ROLES, map(_cell, CLASSES[name].split()), strict=True)))
        for code, name in CLASS_OF.items()
    }
)


class Sights:
    """Field → cell, for somebody who holds some roles over a person. Fields that nobody has declared are hidden."""

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self._cells = cells

    def __getitem__(self, code: str) -> Cell:
        return self._cells.get(code, NOTHING)

    def reveals(self, codes: Iterable[str] | None = None) -> bool:
        """Whether there is anything (among some fields, unless all are meant) that this reader can ask for."""
        return any(self[code].sight == Sight.ASKED for code in (self._cells if codes is None else codes))

    def sees(self, codes: Iterable[str]) -> bool:
        """Whether any of some fields is there."""
        return any(self[code].sight for code in codes)

    def restricted(self, *, listed: bool) -> Sights:
        """What is left of a file whose processing is restricted: UNRESTRICTED as before, the rest masked.

        listed: in a list, where nobody can ask for the rest; else it is there for a purpose.
        """
        most = Sight.MASKED if listed else Sight.ASKED
        return Sights(
            {
                code: cell if code in UNRESTRICTED else Cell(min(cell.sight, most), cell.writes)
                for code, cell in self._cells.items()
            }
        )


@lru_cache(maxsize=256)
def sights(roles: frozenset[str]) -> Sights:
    """The best cell of each field among some roles."""
    found = {}
    for code, by_role in CELLS.items():
        cells = [by_role[role] for role in roles if role in by_role]
        found[code] = Cell(
            max((cell.sight for cell in cells), default=Sight.HIDDEN), any(cell.writes for cell in cells)
        )
    return Sights(found)
