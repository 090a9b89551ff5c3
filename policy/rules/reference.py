"""The reference of policy files as Markdown, made from the classes of the document, so that it can't say anything else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from policy.rules import document as d
from policy.rules import facts
from policy.rules.document import Block, Measure, Name
from policy.rules.reading import NOT_BUILT
from policy.rules.reading.blocks import SHAPES, keys, literal_words, plain_hint
from policy.rules.reading.checks import INPUT_FIELDS, KIND_FIELDS
from policy.rules.reading.conditions import OPERATORS
from policy.rules.reading.merging import BY_CODE, INSIDE

MEASURES = {
    Measure.MONEY: "yuan, at most two decimals",
    Measure.PERCENT: "percent, 0 to 100",
    Measure.SHARE: "percent, 0 or more",
    Measure.FACTOR: "exact number",
    Measure.COUNT: "whole number from 0",
    Measure.STEP: "whole number from 1",
    Measure.VALUE: "value of the scale",
    Measure.SCORE: "0 to 100",
    Measure.YEARS: "years, 0 or more",
}
SECTIONS: tuple[tuple[str, type[Block]], ...] = (
    ("The file", d.Policy),
    ("effective", d.Effective),
    ("documents", d.SourceDocument),
    ("indices", d.Index),
    ("workers", d.Workers),
    ("service", d.Service),
    ("posts, classes", d.PostClass),
    ("scales", d.Scale),
    ("pay", d.Pay),
    ("assessment", d.Assessment),
    ("quota", d.Quota),
    ("checks", d.Check),
    ("employment", d.Employing),
    ("exits", d.Exit),
    ("archives", d.Archives),
    ("procedures", d.Procedure),
    ("recruitment", d.Recruitment),
)

INTRODUCTION = """\
# Policy files

This page is written by `manage.py policy docs` from the classes that read the files; a test says that it is current.

A policy file holds the rules of one place in one version: `policies/<place>/<version>.yaml`. Check it with
`manage.py policy check FILE` (every error at once, with line, key, what is allowed and the nearest right spelling),
compare two with `manage.py policy compare A B`, load it with `manage.py policy load FILE`. A loaded version never
changes; a correction is a new version with a reason. The version before ends where the next one begins.

## Sources of values

| written | means |
|---|---|
| `700` | the value, under the nearest `cite:` around it |
| `{value: 700, cite: SL-30}` | the value with a source of its own |
| `{assumed: 700, because: the article prints no amount}` | not in the source; every figure that rests on it is marked |
| `{unset: the article prints no amount}` | left open: whoever needs it is told so, it never becomes zero |
| `{choose: [600, 800]}` | left to lower units, open until one of them gives a value within the bounds |

`{value, cite}` and `{assumed, because}` may also stand around a whole block, list or figure. `{unset: …}` may stand in
place of a block, or of a single entry of a list. Lists of entries with a `code` may also be written as a mapping from
code to entry. Texts with a comma or a colon stand in quotes. Numbers are exact; days are written 2024-01-31; yes and no
are `true` and `false`. Anchors and `<<` may be used.
"""

FIGURES = """\
## Figures

Wherever a number may stand, any of these may stand.

| written | means |
|---|---|
| `700` | the number |
| `{by: post, of: {chief: 900, deputy: 700}, else: 0}` | by a coded fact; every code and, where the fact can be NONE, `NONE` has a row, or there is `else` |
| `{by: [post, education], of: {chief: {BACHELOR: 9, else: 8}, else: 1}}` | by several facts, nested in that order |
| `{by: service_years, at: {0: 40, 7: 90}}` | bands of a number: from 7 on it is 90 |
| `{by: service_years, over: {7: 90}, else: 40}` | the same with the bound in the lower band: 7 itself is still 40 |
| `{by: households, at: {0: 4, 1500: 5}, then: {every: 800, add: 1, part: down}}` | and on past the last band; a started step counts (`up`) or does not (`down`) |
| `{by: grade, first: 1.00, each: 0.05}` | first + (n − 1) × each |
| `{by: grade, values: [300, 320]}` or `values: {1: 300, 4: 360}` | listed by whole number; those not listed are left open |
| `{index: average_wage, of_year: previous}` | an index: `previous`, `same` or a year; one listed by day takes the day, without `of_year`; of one that is split by units, whoever stands in none of them has no value |
| `{fact: score.month}` | the fact itself |

Figures may stand inside figures. There are no other operations: a sum is several rows, a product is `times`.
"""

CONDITIONS = """\
## Conditions

A mapping, all of whose lines must hold: `when: {sex: FEMALE, annual_grade: {at_least: QUALIFIED}}`. `any: [mapping, …]`
holds if one of them does, `not: mapping` if it does not. A fact that is NONE fulfils no test but `is: NONE` (or
`any_of` with NONE among the codes); a set without members is NONE, and fulfils `none_of` as well. A yes or no that
nobody entered is no, and a number is never missing. Both days of `within` are inside.

| kind of fact | tests |
|---|---|
"""

HISTORY = """\
| history | `annual_grades: {grade: G, times: n, in_last: m}`, m years up to the newest that counts, or `contract_term`: from the year in which the contract began (without one, the employment), ten years at most; a year that is NONE matches nothing |
| honours | `honours: {kind: K, level: test, within_years: n}`: at least one, of that day or before, that fulfils all lines; n years end with the anniversary |

At-least and at-most use the order of the list, best first: `at_least: QUALIFIED` means that or better. `above` and
`below` leave the bound out. `rank.<scheme>: last` is the lowest score of the pool; all who share it.
"""


def reference() -> str:
    """The whole page."""
    parts = [INTRODUCTION, not_built(), FIGURES, conditions(), vocabulary()]
    done: set[type[Block]] = set()
    for title, model in SECTIONS:
        parts.append(f"## {title}\n")
        parts.extend(describe(model, done, title))
    parts.append(extending())
    parts.append(EXAMPLE)
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def not_built() -> str:
    names = ", ".join(f"`{name}`" for name in NOT_BUILT)
    return f"## Sections\n\n`schema` is 1. Not built yet, and refused by name rather than ignored: {names}.\n"


def conditions() -> str:
    rows = [f"| {kind} | {', '.join(f'`{op}`' for op in ops)} |" for kind, ops in OPERATORS.items()]
    return CONDITIONS + "\n".join(rows) + "\n" + HISTORY


def vocabulary() -> str:
    lines = [
        "## Facts",
        "",
        "| fact | Chinese | what it is | kind | codes, best or highest first |",
        "|---|---|---|---|---|",
    ]
    shown: set[str] = set()
    for fact in facts.VOCABULARY.values():
        stem, dot, _kind = fact.name.partition(".")
        name = f"{stem}.<kind>" if dot else fact.name
        if name in shown:
            continue
        shown.add(name)
        zh, en = (fact.zh.split("·")[0], fact.en.split(" (")[0]) if dot else (fact.zh, fact.en)
        codes = ", ".join(facts.LEAVE_KINDS) if dot else ", ".join(fact.order or fact.codes)
        lines.append(f"| `{name}` | {zh} | {en} | {fact.kind} | {codes} |")
    lines += [
        "| `post` | 岗位 | the post by `posts` | ordered | the place's own |",
        "| `<class>` | | each list of `classes` | ordered | the place's own |",
        "| `<scale>`, `<scale>_years` | | the value on a scale, and the counted years since the last move | number | |",
        "| `score.<scheme>`, `rank.<scheme>` | | score (0 to 100) and rank of a scheme | number | |",
        "| `grade.<scheme>` | | grade of a scheme | ordered | the place's own |",
        "",
        "Levels of honours: " + ", ".join(facts.HONOUR_LEVELS) + ".",
        "",
        "Facts are worked out in one order: posts and classes (each may use earlier ones), service, scales, results, pay;",
        "nothing refers to something later. A table by a fact needs a row for NONE unless everybody has the fact.",
        "",
    ]
    return "\n".join(lines)


def describe(model: type[Block], done: set[type[Block]], title: str) -> list[str]:
    """A table of the keys of a block, and after it those of the blocks inside it."""
    if model in done:
        return []
    done.add(model)
    lines = [(model.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip(), ""]
    lines += ["| key | what may stand there | default | meaning |", "|---|---|---|---|"]
    inner: list[tuple[str, type[Block]]] = []
    for key, plan in keys(model).items():
        if key == "cite":
            continue
        measure = f" ({MEASURES[plan.measure]})" if plan.measure else ""
        default = (
            "**needed**"
            if plan.info.is_required()
            else shown(plan.info.get_default(call_default_factory=True, validated_data={}))
        )
        lines.append(
            f"| `{key}` | {escaped(kind(plan.hint))}{measure} | {default} | {escaped(plan.info.description or '')} |"
        )
        inner.extend((f"{title} › {key}" if title != "The file" else key, block) for block in blocks(plan.hint))
    for key, spelling in SHAPES.get(model, {}).items():
        default = "**needed**" if spelling.required else ""
        lines.append(f"| `{key}` | {escaped(spelling.kind)} | {default} | {escaped(spelling.description)} |")
        for field in spelling.fields:
            inner.extend((f"{title} › {key}", block) for block in blocks(field_hint(model, field)))
    if model is d.Component:
        lines += ["", "| kind | needs | may have |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {listed(needed)} | {listed(possible)} |" for name, (needed, possible) in KIND_FIELDS.items()
        ]
    if model is d.Input:
        lines += ["", "| from | needs | may have |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {listed(needed)} | {listed(possible)} |" for name, (needed, possible) in INPUT_FIELDS.items()
        ]
    text = ["\n".join(lines) + "\n"]
    top = {block for _, block in SECTIONS}
    for name, block in inner:
        if block not in done and not (model is d.Policy and block in top):
            text.append(f"### {name}\n")
            text.extend(describe(block, done, name))
    return text


def field_hint(model: type[Block], field: str) -> Any:
    from typing import get_type_hints

    return get_type_hints(model, include_extras=True)[field]


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "—"


def kind(hint: Any) -> str:
    hint, term = plain_hint(hint)
    if term is not None:
        return {"leaf": "number", "figure": "figure", "condition": "condition"}[term]
    words = literal_words(hint)
    if words is not None:
        return " | ".join((*words.words, "figure") if words.figure else words.words)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " | ".join(kind(part) for part in arguments if part is not NoneType)
    if origin is tuple:
        return f"list of {plural(arguments[0])}"
    if origin is Mapping or hint is Mapping:
        return f"{{{kind(arguments[0])}: {kind(arguments[1])}}}"
    if hint is Name:
        return "name, or {zh: …, en: …}"
    if isinstance(hint, type) and issubclass(hint, Block):
        return "block"
    return {str: "text", int: "whole number", bool: "true | false", date: "day"}.get(hint, str(hint))


def plural(hint: Any) -> str:
    plain, term = plain_hint(hint)
    if term is not None:
        return {"leaf": "numbers", "figure": "figures", "condition": "conditions"}[term]
    if isinstance(plain, type) and issubclass(plain, Block):
        return "entries"
    return {str: "codes", int: "whole numbers"}.get(plain, kind(hint))


def blocks(hint: Any) -> list[type[Block]]:
    """The blocks inside a type."""
    hint, term = plain_hint(hint)
    if term is not None:
        return []
    if isinstance(hint, type) and issubclass(hint, Block):
        return [hint]
    return [block for part in get_args(hint) if part is not Ellipsis for block in blocks(part)]


def shown(default: Any) -> str:
    if default is None or default == () or default == {}:
        return "—"
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    if isinstance(default, str | int):
        return f"`{default}`" if default != "" else "—"
    if isinstance(default, Name):
        return f"{default.zh}"
    if isinstance(default, Block):
        return "as below"
    return "everybody"


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


def extending() -> str:
    coded = [f"`{name}`" for name in BY_CODE] + [
        f"`{section}.{name}`" for section, names in INSIDE.items() for name in names
    ]
    return (
        "## A lower unit's file\n\n"
        "A file with `extends: place/version` changes the upper unit's rules section by section: a section that it writes "
        f"takes the place of the upper one's, except that in {', '.join(coded)} single entries are replaced by their code "
        "(an entry is replaced whole; a new one comes after the others), and that the other keys of `pay` and `assessment` "
        "are replaced one by one. Every value keeps the file that it came from. A `choose` of the upper file is filled by "
        "writing the entry anew with a value within the bounds.\n"
    )


EXAMPLE = """\
## A whole example

```yaml
place: "232762"
name: {zh: 松岭区, en: Songling}
version: "2022"
effective: {from: 2022-01-01}
posts:
  - {code: chief, name: 正职, when: {posts_held: {any_of: [PARTY_SECRETARY, COMMITTEE_DIRECTOR]}}}
  - {code: deputy, name: 副职, when: {posts_held: {any_of: [DEPUTY_SECRETARY, DEPUTY_DIRECTOR]}}}
  - {code: general, name: 一般工作岗位}
service: {counts: {category: COMMUNITY_WORKER}, part_year: down, as_of: {assumed: month, because: the article does not say}}
indices: {minimum_wage: {per: month, keyed: date, region: 大兴安岭地区, series: {2021-04-01: 1450}}}
pay:
  components:
    - {code: base, name: 基础补贴, kind: amount, amount: {index: minimum_wage}, times: [2], cite: SL-31}
    - {code: post, name: 岗位补贴, kind: amount, amount: {by: post, of: {chief: {assumed: 700, because: no amounts printed}, deputy: {assumed: 650, because: as above}, general: {assumed: 600, because: as above}}}, cite: SL-30}
    - {code: certificate, name: 职业津贴, kind: amount, amount: {by: certificate, of: {ASSISTANT: 150, SOCIAL_WORKER: 300, SENIOR: 500, NONE: 0}}, cite: SL-19}
    - {code: seniority, name: 年限补贴, kind: per_unit, fact: service_years, amount: {assumed: 10, because: amount not printed}, cite: SL-34}
    - {code: performance, name: 绩效补贴, kind: percent_of, of: [post], percent: {by: annual_grade, of: {EXCELLENT: 25, GOOD: 20, FAIR: 15, NONE: {assumed: 15, because: a newcomer has no result yet and the article is silent}}}, cite: SL-32}
    - {code: hygiene, name: 卫生费, kind: amount, when: {sex: FEMALE}, amount: 35, cite: SL-33}
```

A general worker, male, 一般, five years: 2,900 + 600 + 0 + 50 + 90 + 0 = 3,640.00 yuan. A chief, female, 优秀,
社会工作师, five years: 2,900 + 700 + 300 + 50 + 175 + 35 = 4,160.00 yuan.
"""
