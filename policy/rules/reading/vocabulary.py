"""Facts as the reader sees them: which there are, which codes they have, whether they can be NONE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from policy.rules import facts
from policy.rules.document import (
    Assessment,
    Effective,
    GradeName,
    Name,
    Policy,
    PostClass,
    Scale,
    Scheme,
)
from policy.rules.facts import Fact
from policy.rules.reading.errors import nearest
from policy.rules.reading.nodes import Entry, Scalar, Tree
from policy.rules.reading.reader import Names, Place, Reader

# What everybody has: a table by one of these needs no row for NONE.
ALWAYS_THERE = frozenset({"sex", "category", "entry_channel", "unit", "community", "street", "county", "unit_kind"})
# What is known of somebody who applies and is not employed yet.
OF_APPLICANTS = frozenset(
    {
        "sex",
        "birth_date",
        "age",
        "political_status",
        "education",
        "degree",
        "study_mode",
        "major",
        "certificates",
        "certificate",
        "background",
        "registered_residence",
        "lives_in_unit",
        "experience_years",
        "working_years",
    }
)
# Worked out after posts and classes, which therefore can't refer to them.
AFTER_CLASSES = frozenset({"service_years", "continuous_years"})


def resolve(names: Names) -> dict[str, Fact]:
    """The vocabulary of a file whose posts, classes, scales and schemes are named but not read yet."""
    title = Name(zh="-", en="-")
    policy = Policy(
        place="00",
        name=title,
        version="0",
        effective=Effective(from_=date.min),
        posts=tuple(PostClass(code=code) for code in names.posts),
        classes={key: tuple(PostClass(code=code) for code in codes) for key, codes in names.classes.items()},
        scales={key: Scale(code=key, name=title, values=max(values, 1)) for key, values in names.scales.items()},
        assessment=Assessment(
            grades=tuple(GradeName(code=code, name=title) for code in names.grades),
            schemes=tuple(
                Scheme(code=code, cycle="year" if code in names.yearly else "month") for code in names.schemes
            ),
        ),
    )
    found = dict(facts.vocabulary(policy))
    found["appointed_as"] = replace(found["appointed_as"], codes=names.posts)
    return found


def fact(r: Reader, tree: Tree, place: Place, extra: Sequence[str] = ()) -> str | None:
    """The name of a fact that exists and is known by the time this section is worked out."""
    if not isinstance(tree, Scalar) or tree.kind != "text":
        r.fail(tree, place, "UNKNOWN_FACT", found=getattr(tree, "text", "?"), allowed=(*shortened(r.facts), *extra))
        return None
    name = tree.text
    if name not in r.facts:
        head = name.split(".")[0]
        family = [known for known in r.facts if known.startswith(head + ".")]
        right = nearest(name, family or (*r.facts, *extra))
        allowed = family or (*shortened(r.facts), *extra)
        r.fail(tree, place, "UNKNOWN_FACT", found=name, allowed=allowed, right=right)
        return None
    if place.section == "recruitment" and name not in OF_APPLICANTS:
        allowed = [known for known in r.facts if known in OF_APPLICANTS]
        r.fail(tree, place, "FACT_NOT_OF_APPLICANTS", fact=name, allowed=allowed)
        return None
    if later(r, name, place):
        r.fail(tree, place, "FACT_LATER", fact=name, section=place.section, own=place.own)
        return None
    return name


def shortened(names: Iterable[str]) -> list[str]:
    """Names for a message: the facts of each kind of absence in one."""
    found = []
    for name in names:
        stem, dot, kind = name.partition(".")
        found.append(f"{stem}.<kind>" if dot and kind in facts.LEAVE_KINDS else name)
    return list(dict.fromkeys(found))


def later(r: Reader, name: str, place: Place) -> bool:
    """Whether a fact is worked out only after the section that wants it: classes and posts → service → scales → results."""
    stem = name.removesuffix("_years")
    scale = name if name in r.names.scales else stem if stem in r.names.scales and name != stem else None
    match place.section:
        case "posts":
            return name == "post" or name in r.names.classes or name in AFTER_CLASSES or scale is not None
        case "classes":
            return (
                (name in r.names.classes and name not in r.classes_read) or name in AFTER_CLASSES or scale is not None
            )
        case "service":
            return name in AFTER_CLASSES or scale is not None
        case "start":  # of a scale
            return scale is not None and scale not in r.scales_read
        case "scales":
            return scale is not None and scale not in r.scales_read and scale != place.own
        case "schemes":
            _, dot, scheme = name.partition(".")
            return bool(dot) and name.split(".")[0] in ("score", "grade", "rank") and scheme not in r.schemes_read
        case _:
            return False


def number_fact(r: Reader, tree: Tree, place: Place) -> str | None:
    name = fact(r, tree, place)
    if name is None:
        return None
    if r.facts[name].kind != "number":
        numbers = [known for known, what in r.facts.items() if what.kind == "number"]
        r.fail(tree, place, "NOT_A_NUMBER_FACT", fact=name, kind=r.facts[name].kind, allowed=shortened(numbers))
        return None
    return name


def codes(fact: Fact) -> tuple[str, ...]:
    """The codes of a coded fact; empty where any code may stand (units, majors)."""
    if fact.kind == "yesno":
        return ("true", "false")
    return fact.order or fact.codes


def may_be_none(r: Reader, fact: Fact) -> bool:
    if fact.kind == "yesno" or fact.name in ALWAYS_THERE:
        return False
    return fact.name not in r.names.complete


def is_code(r: Reader, fact: Fact, entry: Entry, place: Place) -> bool:
    """Whether a row of a table is a code of its fact."""
    known = codes(fact)
    if entry.key == "NONE" and fact.kind != "yesno":
        return True
    if known and entry.key not in known:
        allowed = (*known, *(["NONE"] if may_be_none(r, fact) else []), "else")
        r.fail(
            entry.value,
            place,
            "UNKNOWN_CODE",
            fact=fact.name,
            found=entry.key,
            allowed=allowed,
            word=entry.key,
            line=entry.line,
        )
        return False
    return True


def least(r: Reader, fact: Fact) -> int | None:
    """The smallest value a number can have; None where it may lie below zero."""
    if fact.name in r.names.scales:
        return 1
    if fact.name == "points":
        return None
    return 0
