"""Random policies: what is written comes back exactly, whatever the order of keys; what is broken is refused, never lost."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.rules.reading import PolicyError, PolicyErrors, read
from policy.rules.terms import Bands, FactRef, Figure, IndexRef, Leaf, Status, Steps, Table, Values
from tests.policy.whole import WHOLE

POSTS = ("chief", "deputy", "general")
GRADES = ("GOOD", "FAIR", "POOR")
money = st.decimals(min_value=-(10**7), max_value=10**7, places=2)
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=12).filter(
    str.strip
)


def leaf(numbers):
    return st.one_of(
        numbers,
        st.builds(lambda v, c: {"value": v, "cite": c}, numbers, texts),
        st.builds(lambda v, b: {"assumed": v, "because": b}, numbers, texts),
        st.builds(lambda t: {"unset": t}, texts),
    )


def bands(inner):
    edges = st.lists(st.integers(1, 60), min_size=0, max_size=4, unique=True).map(sorted)
    at = edges.flatmap(
        lambda e: st.tuples(*[inner] * (len(e) + 1)).map(
            lambda v: {"by": "service_years", "at": dict(zip([0, *e], v, strict=True))}
        )
    )
    over = edges.filter(bool).flatmap(
        lambda e: st.tuples(inner, *[inner] * len(e)).map(
            lambda v: {
                "by": "age",
                "over": dict(zip(e, v[1:], strict=True)),
                "else": v[0],
                "then": {"every": 5, "add": 1, "part": "up"},
            }
        )
    )
    return at | over


def tables(inner):
    whole = st.tuples(*[inner] * 3).map(lambda v: {"by": "post", "of": dict(zip(POSTS, v, strict=True))})
    part = st.tuples(inner, inner).map(lambda v: {"by": "annual_grade", "of": {"GOOD": v[0]}, "else": v[1]})
    two = st.tuples(inner, inner, inner).map(
        lambda v: {"by": ["post", "sex"], "of": {"chief": {"FEMALE": v[0], "MALE": v[1]}, "else": v[2]}}
    )
    return whole | part | two


def figures():
    single = leaf(money)
    other = st.one_of(
        st.just({"index": "wage"}),
        st.just({"fact": "service_years"}),
        st.builds(lambda f, e: {"by": "grade", "first": f, "each": e}, leaf(money), leaf(money)),
        st.dictionaries(st.integers(1, 9), single, min_size=1, max_size=4).map(lambda d: {"by": "grade", "values": d}),
    )
    return st.recursive(single | other, lambda inner: tables(inner) | bands(inner), max_leaves=8)


@st.composite
def documents(draw):
    lines = draw(st.lists(figures(), min_size=1, max_size=4))
    document = {
        "place": "340181",
        "name": draw(texts),
        "version": draw(st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)),
        "cite": draw(texts),
        "effective": {"from": draw(st.dates(date(2000, 1, 1), date(2030, 1, 1)))},
        "indices": {"wage": {"keyed": "date", "series": {date(2021, 4, 1): draw(money)}}},
        "posts": [
            {"code": "chief", "when": {"posts_held": "PARTY_SECRETARY"}},
            {"code": "deputy", "when": {"posts_held": "DEPUTY_SECRETARY"}},
            {"code": "general"},
        ],
        "scales": {"grade": {"name": "G", "values": 9, "start": {"from": 1}}},
        "pay": {
            "components": [{"code": f"c{n}", "name": "C", "kind": "amount", "amount": f} for n, f in enumerate(lines)]
        },
        "assessment": {"grades": [{"code": code, "name": code} for code in GRADES]},
    }
    keys = draw(st.permutations(list(document)))
    return {key: document[key] for key in keys}, lines


def dump(value) -> str:
    """JSON is YAML, and leaves no doubt about what is text; numbers and days are written bare."""
    match value:
        case dict():
            return "{" + ", ".join(f"{dump(key)}: {dump(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(dump(inner) for inner in value) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
    return str(value)


def written(figure: Figure):
    """A figure in the plain form of the file."""
    match figure:
        case Leaf(status=Status.UNSET):
            return {"unset": figure.because}
        case Leaf(status=Status.ASSUMED):
            return {"assumed": figure.value, "because": figure.because}
        case Leaf():
            return figure.value, figure.cite
        case Table():
            rows = {code: written(inner) for code, inner in figure.of.items()}
            return figure.by, rows, None if figure.otherwise is None else written(figure.otherwise)
        case Bands():
            otherwise = None if figure.otherwise is None else written(figure.otherwise)
            return (
                figure.by,
                figure.closed,
                dict(zip(figure.edges, map(written, figure.values), strict=True)),
                otherwise,
            )
        case Steps():
            return figure.by, written(figure.first), written(figure.each)
        case Values():
            return figure.by, {number: written(inner) for number, inner in figure.of.items()}
        case IndexRef():
            return figure.index, figure.of_year
        case FactRef():
            return figure.fact


def wanted(figure, cite: str):
    """The same from what was written, by other means."""
    if isinstance(figure, Decimal | int):
        return figure, cite
    if "unset" in figure:
        return {"unset": figure["unset"]}
    if "assumed" in figure:
        return figure
    if "value" in figure:
        return figure["value"], figure["cite"]
    if "index" in figure:
        return figure["index"], None
    if "fact" in figure:
        return figure["fact"]
    otherwise = wanted(figure["else"], cite) if "else" in figure else None
    for form in ("at", "over"):
        if form in figure:
            return figure["by"], form, {edge: wanted(inner, cite) for edge, inner in figure[form].items()}, otherwise
    if "first" in figure:
        return figure["by"], wanted(figure["first"], cite), wanted(figure["each"], cite)
    if "values" in figure:
        return figure["by"], {number: wanted(inner, cite) for number, inner in figure["values"].items()}
    if isinstance(figure["by"], list):
        first, second = figure["by"]
        chief = figure["of"]["chief"]
        inner = second, {code: wanted(value, cite) for code, value in chief.items()}, None
        return first, {"chief": inner}, wanted(figure["of"]["else"], cite)
    return figure["by"], {code: wanted(inner, cite) for code, inner in figure["of"].items()}, otherwise


@given(documents())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_what_is_written_comes_back_exactly(made) -> None:
    document, lines = made
    policy = read(dump(document))
    assert (policy.version, policy.effective.from_) == (document["version"], document["effective"]["from"])
    for component, line in zip(policy.pay.components, lines, strict=True):
        assert written(component.amount) == wanted(line, document["cite"])
    paths = [one.path for one in policy.leaves]
    assert len(paths) == len(set(paths))


LINES = WHOLE.splitlines(keepends=True)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_read_or_refused_with_lines_but_never_breaks(data) -> None:
    """Cut a line, swap two, or put a strange word somewhere: only PolicyErrors may come out."""
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        spot = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["cut", "swap", "word", "char"]))
        if how == "cut" and len(lines) > 1:
            del lines[spot]
        elif how == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[spot], lines[other] = lines[other], lines[spot]
        elif how == "word":
            words = lines[spot].split(" ")
            words[data.draw(st.integers(0, len(words) - 1))] = data.draw(
                st.sampled_from(
                    [
                        "{}",
                        "[]",
                        "null",
                        "true",
                        "-1",
                        "x",
                        "{a: 1}",
                        "[1, 2]",
                        "2024-01-01",
                        "{unset: x}",
                        "{assumed: 1, because: x}",
                        "'x'",
                        "NONE",
                        "else",
                        "{by: post}",
                    ]
                )
            )
            lines[spot] = " ".join(words).rstrip("\n") + "\n"
        else:
            text = lines[spot]
            at = data.draw(st.integers(0, max(len(text) - 2, 0)))
            lines[spot] = text[:at] + data.draw(st.sampled_from(":{}[],#&*!|>'\"%@`-? \t")) + text[at + 1 :]
    text = "".join(lines)
    errors = errors_of(text)
    assert errors is None or errors  # refused: with a reason
    assert all(1 <= error.line <= text.count("\n") + 2 for error in errors or ())


def errors_of(text: str) -> tuple[PolicyError, ...] | None:
    """What is wrong with a file; None if it is a policy."""
    try:
        read(text)
    except PolicyErrors as wrong:
        return wrong.errors
    return None
