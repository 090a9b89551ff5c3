"""A copy of everything that is held on one person, by the data map (PIPL article 45; docs/decisions/0050).

The map says which tables and fields there are; here stands how each table leads to a person. A table that leads there
by another way than `person` and isn't named here fails at the first copy, and tests/platform/test_subject.py.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.crypto import encrypted_fields
from core.errors import NotAllowed, Refused
from core.models import Export, RowHistory
from core.services import audit
from core.services.exports import export_register
from cwms.data_map import Entry, entries, whole
from organization.access import Viewer
from organization.models import Permission, User
from organization.walls import beyond_walls
from personnel.models import ArchiveItem, Looked, OwnFile, Person, Purpose
from personnel.rules.disclosure import Sight, Sights
from personnel.rules.fields import FIELDS, SECTIONS, Field
from personnel.selectors.people import file_in
from personnel.selectors.readings import COPIED
from personnel.selectors.record import masked_words_for_system
from personnel.selectors.sights import sights_of

KIND = "subject.copy"
MOST_WORDS = 200

# person and the number of their user (None for nobody) → the condition of their rows
Way = Callable[[Person, int | None], Q]


def _by(path: str) -> Way:
    return lambda person, _user: Q(**{path: person.pk})


def _case(path: str) -> Way:
    return lambda person, _user: Q(**{path: person.key})


def _user(path: str) -> Way:
    return lambda _person, user: Q(**{path: user}) if user is not None else Q(pk__in=[])


def _applicant(path: str) -> Way:
    """Who was hired, and who applied with the same number and was not."""

    def way(person: Person, _user: int | None) -> Q:
        found = Q(**{f"{path}employment__person": person.pk})
        if person.identity_number:
            found |= Q(**{f"{path}identity_number": person.identity_number})
        return found

    return way


def _entries(person: Person, user: int | None) -> Q:
    found = Q(object_type="personnel.person", object_id=str(person.pk))
    return found | Q(actor_id=user) if user is not None else found


# How a table leads to a person; by "person" where it isn't named here.
WAYS: Mapping[str, Way] = {
    "personnel.person": _by("pk"),
    "personnel.rowhistory": _by("person_id"),
    "personnel.deletion": lambda person, _user: Q(people__contains=[person.pk]),
    "personnel.storedfile": lambda person, _user: (
        Q(pk=person.photo_id) | Q(pk__in=ArchiveItem.objects.filter(archive__person=person).values("file"))
    ),
    **dict.fromkeys(
        ("personnel.archiveitem", "personnel.custody", "personnel.loan", "personnel.archivedispatch"),
        _by("archive__person"),
    ),
    **dict.fromkeys(("personnel.placement", "personnel.handoveritem"), _by("employment__person")),
    **dict.fromkeys(("assessment.decision", "assessment.appeal"), _by("result__person")),
    "assessment.tiedecision": lambda person, _user: Q(candidates__contains=[person.pk]),
    "approvals.case": _case("subject"),
    "approvals.casestep": _case("case__subject"),
    **dict.fromkeys(
        ("approvals.opinion", "approvals.noticeobjection", "approvals.casedocument"), _case("step__case__subject")
    ),
    "recruitment.applicant": _applicant(""),
    **dict.fromkeys(("recruitment.mark", "recruitment.rankingrow", "recruitment.review"), _applicant("applicant__")),
    "core.auditentry": _entries,
    "core.export": _user("actor_id"),
    "core.idempotency": _user("user_id"),
    "organization.user": _user("pk"),
    "organization.countersignature": lambda _person, user: (
        Q(asked_by=user) | Q(decided_by=user) if user is not None else Q(pk__in=[])
    ),
    **dict.fromkeys(
        (
            "organization.passwordpast", "organization.secondfactor", "organization.recoverycode",
            "organization.session", "organization.grant", "organization.unituserobjectpermission",
            "organization.apitoken", "approvals.reviewer", "personnel.draft",
        ),
        _user("user"),
    ),
    "organization.tokenuse": _user("token__user"),
    # Of whole counties together: they repeat, for figures, what the copy has from its own tables.
    **dict.fromkeys(
        ("reports.pastcolumn", "reports.pastarea", "reports.staleperson", "reports.paidarea"),
        lambda _person, _user: Q(pk__in=[]),
    ),
}  # fmt: skip
# Proofs of identity: whoever had the copy could log in with them, or try to.
_WITHHELD = {
    ("organization.user", "password"), ("organization.passwordpast", "password"),
    ("organization.secondfactor", "secret"), ("organization.recoverycode", "digest"),
    ("organization.session", "session_key"), ("organization.session", "session_data"),
    ("organization.apitoken", "digest"), ("core.idempotency", "body"),
}  # fmt: skip
# What a user has typed of other people; and a whole file that was handed in, whose rows of this person are given.
_OF_OTHERS = {("personnel.draft", "title"), ("personnel.draft", "values")}
_FILES_OF_OTHERS = {"personnel.import"}
WITHHELD = gettext_lazy("withheld: a proof of identity")
ELSEWHERE = gettext_lazy("withheld: other people are in it")
# Section of the file → the registry's field, for what somebody may not be shown while they take a copy for another.
_REGISTERED: Mapping[tuple[str, str], Field] = {
    (f"personnel.{SECTIONS[one.section].model.lower()}", one.attribute): one for one in FIELDS.values()
}


@transaction.atomic
def own_copy(*, actor: User, person: Person, out: IO[bytes]) -> Export:
    """Write everything that is held on the user, who is this person: data.json, data.html and the stored files.

    Raises NotAllowed for who is somebody else, Refused past CWMS_EXPORTS_A_DAY, NotRecorded.
    """
    with beyond_walls("a copy for the person themselves"):
        if not OwnFile.objects.filter(user=actor, person=person).exists():
            raise NotAllowed(_("A copy is for %(person)s alone.") % {"person": person.name})
        return _write(actor, person, _Held(person, actor.pk, None), out, {"purpose": Purpose.REQUEST.value})


@transaction.atomic
def person_copy(*, actor: User, person: Person, document: str, out: IO[bytes]) -> Export:
    """The same for an officer whom the person has asked, by a document (a letter, its number or day).

    As far as the officer's own units and fields reach: what they may not be shown whoever asks stays masked, and what is
    held on the person as a user is left out. Raises NotAllowed, Refused, NotRecorded.
    """
    if not may_copy(user=actor, person=person):
        raise NotAllowed(
            _("You may not take a copy of what is held on %(person)s. Ask who keeps the file.")
            % {"person": person.name}
        )
    document = " ".join(document.split())
    if not 2 <= len(document) <= MOST_WORDS:
        text = _("Name the letter in which the person asks for the copy, in 2 to %(most)s characters.")
        raise Refused([text % {"most": MOST_WORDS}], {"document": [text % {"most": MOST_WORDS}]})
    about = {"purpose": Purpose.REQUEST.value, "words": document}
    return _write(actor, person, _Held(person, None, sights_of(user=actor, person=person)), out, about)


def may_copy(*, user: Viewer, person: Person) -> bool:
    """Whether somebody writes the person's file, and looks at results and pay where they write."""
    return file_in(user=user, person=person, permission=Permission.CHANGE_PEOPLE) and all(
        file_in(user=user, person=person, permission=one) for one in (Permission.VIEW_RESULTS, Permission.VIEW_PAY)
    )


def _write(actor: User, person: Person, held: _Held, out: IO[bytes], about: dict[str, str]) -> Export:
    tables = held.tables()

    def write(code: str) -> int:
        page = {"person": person.name, "code": code, "made": timezone.localtime().isoformat(timespec="seconds")}
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            content = json.dumps(page | {"tables": tables}, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)
            archive.writestr("data.json", content)
            archive.writestr("data.html", render_to_string("cwms/subject.html", page | {"tables": _to_read(tables)}))
            for name, stored in held.files.items():
                archive.writestr(name, stored)
        return sum(len(one["rows"]) for one in tables)

    export = export_register(
        actor=actor, action=KIND, kind=KIND, file_format="zip", write=write, query=f"person={person.pk}",
        columns=[one["table"] for one in tables], sensitive=True, about={"files": len(held.files), **about},
    )  # fmt: skip
    audit(actor=actor, action=COPIED, obj=person, after={"what": Looked.COPY.value, "export": export.code, **about})
    return export


def way_of(table: str) -> Way:
    """How a table leads to a person."""
    return WAYS.get(table, _by("person"))


def _to_read(tables: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Tables that have anything, their rows as pairs of label and value."""
    purposes = whole()["purposes"] if (get_language() or "").startswith("zh") else {}
    for one in tables:
        if one["rows"] or one["note"]:
            rows = [[(one["columns"][name], value) for name, value in row.items()] for row in one["rows"]]
            yield one | {"rows": rows, "purpose": purposes.get(one["purpose"], one["purpose"])}


def mapped() -> Mapping[str, list[Entry]]:
    """Table → its fields that say something of a person, in the order of the map."""
    found: dict[str, list[Entry]] = {}
    for one in entries():
        found.setdefault(one.table, [])
        if one.kind != "technical":
            found[one.table].append(one)
    return found


@dataclass
class _Held:
    """What is held on a person. user: of the person's own copy; seen: what an officer may be shown, None for oneself."""

    person: Person
    user: int | None
    seen: Sights | None
    files: dict[str, bytes] = field(default_factory=dict)

    def tables(self) -> list[dict[str, Any]]:
        about = {one.table: one for one in entries()}
        found = []
        for table, listed in mapped().items():
            model: Any = apps.get_model(table)
            names = [one.field for one in listed]
            one = about[table]
            found.append(
                {
                    "table": table,
                    "label": str(model._meta.verbose_name),
                    "purpose": one.purpose,
                    "basis": one.basis,
                    "kept": whole()["retentions"][one.kept]["words"][int((get_language() or "").startswith("zh"))],
                    "columns": {
                        name: str(getattr(model._meta.get_field(name), "verbose_name", name)) for name in names
                    },
                    "note": str(ELSEWHERE) if table in _FILES_OF_OTHERS else "",
                    "rows": [
                        {name: self._value(table, row, name) for name in names} for row in self._rows(table, model)
                    ],
                }
            )
        return found

    def _rows(self, table: str, model: Any) -> Iterator[Any]:
        if table in _FILES_OF_OTHERS:
            return iter(())
        if table == "core.rowhistory":  # the web's role reads it by this function alone
            return iter(RowHistory.objects.raw("SELECT * FROM core_history_of(%s) ORDER BY id", [self.person.pk]))
        way = way_of(table)
        # A join to many gives a row many times; DISTINCT would have to compare columns that can't be.
        pks = model._base_manager.filter(way(self.person, self.user)).order_by().values("pk")
        single = [one.name for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]
        return iter(model._base_manager.filter(pk__in=pks).select_related(*single).order_by("pk"))

    def _value(self, table: str, row: Any, name: str) -> Any:
        """A value as JSON takes it: things by their words, files by their name in the copy, sealed values open."""
        if (table, name) in _WITHHELD:
            return str(WITHHELD)
        if (table, name) in _OF_OTHERS or (
            table == "core.auditentry" and name in ("before", "after") and self._of_another(row)
        ):
            return str(ELSEWHERE)
        if table == "personnel.storedfile" and name == "content":
            ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}.get(row.media_type, "bin")
            self.files[f"files/{row.pk}.{ending}"] = bytes(row.content)
            return f"files/{row.pk}.{ending}"
        if table == "assessment.tiedecision" and name in ("candidates", "chosen"):
            return [one for one in getattr(row, name) or () if one == self.person.pk]
        if table.endswith(".rowhistory") and name == "row":
            return self._opened(row)
        if table == "personnel.personpast" and name == "value":
            return self._shown("personnel.person", row.field, row.value)
        value = getattr(row, name)
        return str(value) if isinstance(value, models.Model) else self._shown(table, name, value)

    def _of_another(self, entry: Any) -> bool:
        """An act of the user's on something else than their own file."""
        return (entry.object_type, entry.object_id) != ("personnel.person", str(self.person.pk))

    def _shown(self, table: str, name: str, value: Any) -> Any:
        """The value, or its mask where the officer may not even ask for it."""
        known = _REGISTERED.get((table, name))
        if self.seen is None or known is None or self.seen[known.code].sight >= Sight.ASKED:
            return value
        return masked_words_for_system(known, str(value)) if value else value

    def _opened(self, entry: Any) -> dict[str, Any]:
        """An earlier row with its sealed values open."""
        kept: dict[str, Any] = dict(entry.row)
        model = next((one for one in apps.get_models() if one._meta.db_table == entry.table_name), None)
        if model is None:
            return kept
        for sealed in encrypted_fields(model):
            if sealed.attname in kept:
                kept[sealed.attname] = sealed.opened_from(entry.row)
        table = model._meta.label_lower
        if table == "personnel.personpast":
            return kept | {"value": self._shown("personnel.person", kept["field"], kept["value"])}
        return {name: self._shown(table, name, value) for name, value in kept.items()}
