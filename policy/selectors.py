"""Reading policies: which version is in force where and when, and what a file or a reference names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from policy.models import IndexValue, PolicyVersion, VersionStatus
from policy.rules.document import Policy
from policy.rules.reading import head, read

# Significant digits of unit codes: province, city, county, street, community.
LEVELS = (12, 9, 6, 4, 2)

IndexKey = tuple[str, str, int | date]  # index, unit code ("" where not split), year or day


def versions_for_system(place: str | None = None) -> QuerySet[PolicyVersion]:
    """All loaded versions (of a place), oldest first."""
    versions = PolicyVersion.objects.select_related("parent").order_by("place", "effective", "pk")
    return versions.filter(place=place) if place is not None else versions


def policy_for_system(place: str, day: date) -> PolicyVersion | None:
    """The version of a place that is in force on a day; None if there is none."""
    return (
        PolicyVersion.objects.select_related("parent")
        .filter(place=place, effective__contains=day, status=VersionStatus.IN_FORCE)
        .first()
    )


def rules_kept_since_for_system(place: str) -> date:
    """The day on which the first version of a place was loaded: what happened before is history to the system."""
    first = PolicyVersion.objects.filter(place=place).aggregate(first=Min("loaded_at"))["first"]
    return timezone.localdate(first)


def policy_of_unit_for_system(unit_code: str, day: date) -> PolicyVersion | None:
    """The version in force for a unit: its own place's or the nearest one's above that has one on that day."""
    code = unit_code.ljust(12, "0")
    places = [code[:digits] for digits in LEVELS]
    return (
        PolicyVersion.objects.select_related("parent")
        .filter(place__in=places, effective__contains=day, status=VersionStatus.IN_FORCE)
        .order_by(Length("place").desc())
        .first()
    )


def versions_of_places_for_system(places: Iterable[str]) -> list[PolicyVersion]:
    """Every version of some places that is or was in force, nearest places first, then by range. One query."""
    return list(
        PolicyVersion.objects.select_related("parent")
        .filter(place__in=set(places), status=VersionStatus.IN_FORCE)
        .order_by(Length("place").desc(), "effective")
    )


def versions_below_for_system(unit_code: str, day: date) -> list[PolicyVersion]:
    """The versions in force on a day of places that lie inside a unit and have rules of their own, by place."""
    code = unit_code.ljust(12, "0")
    own = next(code[:digits] for digits in reversed(LEVELS) if not code[digits:].strip("0"))
    return list(
        PolicyVersion.objects.filter(place__startswith=own, effective__contains=day, status=VersionStatus.IN_FORCE)
        .exclude(place=own)
        .order_by("place")
    )


def versions_around_for_system(codes: Iterable[str], day: date) -> list[PolicyVersion]:
    """The versions in force on a day of places in, around or below some units, the largest places first. One query.

    codes: of units, without trailing zeros.
    """
    asked = Q(pk__in=[])
    for code in set(codes):
        asked |= Q(place__in=[code[:digits] for digits in LEVELS]) | Q(place__startswith=code)
    return list(
        PolicyVersion.objects.select_related("parent")
        .filter(asked, effective__contains=day, status=VersionStatus.IN_FORCE)
        .order_by(Length("place"), "place")
    )


def policy_versions_of_unit_for_system(unit_code: str, first: date, end: date) -> list[PolicyVersion]:
    """Every version in force for a unit on some day of [first, end), nearest place first, then by range."""
    code = unit_code.ljust(12, "0")
    return list(
        PolicyVersion.objects.select_related("parent")
        .filter(
            place__in=[code[:digits] for digits in LEVELS],
            effective__overlap=(first, end),
            status=VersionStatus.IN_FORCE,
        )
        .order_by(Length("place").desc(), "effective")
    )


def index_values_for_system(place: str, known_on: date | None = None) -> dict[IndexKey, tuple[Decimal, date]]:
    """Figures entered beside the policy's own series: (index, unit code, year or day) → value and day of publication."""
    values = IndexValue.objects.filter(place=place)
    if known_on is not None:
        values = values.filter(published__lte=known_on)
    found: dict[IndexKey, tuple[Decimal, date]] = {}
    for value in values:
        key = value.year if value.year is not None else value.day
        if key is not None:
            found[value.index, value.unit_code, key] = (value.value, value.published)
    return found


# -- files and references ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy file as found: its path, its text, and the `place/version` it says it is ("" if it can't be told)."""

    path: str
    text: str
    reference: str
    extends: str


def policy_text_for_system(path: str | Path) -> str:
    """The text of a file. Raises NotFound with the path in words."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(_("There is no file %(path)s.") % {"path": path}) from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(_("The file %(path)s can't be read: %(why)s") % {"path": path, "why": error}) from None


def policy_file_for_system(path: str | Path) -> PolicyFile:
    """Read a file from disk. Raises NotFound with the path in words."""
    text = policy_text_for_system(path)
    place, version, extends = head(text)
    return PolicyFile(str(path), text, f"{place}/{version}" if place and version else "", extends)


def parents_from_files_for_system(files: Iterable[PolicyFile], *, database: bool) -> Callable[[str], str | None]:
    """Where `extends` looks: among the files given, then in the folders beside theirs, then among the loaded versions."""
    given = list(files)
    texts: dict[str, str] = {file.reference: file.text for file in given if file.reference}
    searched: set[Path] = set()

    def beside() -> None:
        for file in given:
            folder = Path(file.path).resolve().parent.parent
            if folder in searched or not folder.is_dir():
                continue
            searched.add(folder)
            for path in sorted(folder.glob("*/*.yaml")):
                found = policy_file_for_system(path)
                if found.reference:
                    texts.setdefault(found.reference, found.text)

    def parents(reference: str) -> str | None:
        if reference not in texts:
            beside()
        if reference not in texts and database:
            loaded = version_for_system(reference)
            if loaded is not None:
                return loaded.text
        return texts.get(reference)

    return parents


def texts_loaded_for_system() -> dict[str, PolicyVersion]:
    """Every loaded version by its text."""
    return {version.text: version for version in PolicyVersion.objects.order_by("pk")}


def version_for_system(reference: str) -> PolicyVersion | None:
    """The loaded version that `place/version` names."""
    place, _slash, version = reference.partition("/")
    return PolicyVersion.objects.select_related("parent").filter(place=place, version=version).first()


def document_for_system(name: str) -> Policy:
    """The policy that a path or a `place/version` names. Raises NotFound, or PolicyErrors if the file has errors."""
    if Path(name).is_file():
        file = policy_file_for_system(name)
        return read(file.text, name=file.path, parents=parents_from_files_for_system([file], database=False))
    if name.count("/") == 1 and not name.endswith((".yaml", ".yml")):
        version = version_for_system(name)
        if version is not None:
            return version.document
    raise NotFound(
        _("%(name)s is neither a file nor a loaded version; write a path, or place/version.") % {"name": name}
    )


def files_in_order_for_system(files: Iterable[PolicyFile]) -> list[PolicyFile]:
    """Files so that each comes after the one that it extends."""
    waiting = list(files)
    done: set[str] = set()
    ordered: list[PolicyFile] = []
    known: Mapping[str, PolicyFile] = {file.reference: file for file in waiting if file.reference}
    while waiting:
        ready = [file for file in waiting if not file.extends or file.extends in done or file.extends not in known]
        if not ready:  # a circle: the reader says so
            return ordered + waiting
        ordered.extend(ready)
        done.update(file.reference for file in ready)
        waiting = [file for file in waiting if file not in ready]
    return ordered
