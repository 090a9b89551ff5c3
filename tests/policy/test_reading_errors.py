"""Each thing that can be wrong with a policy file, alone: the code, the key, the line, and what would be right."""

from __future__ import annotations

import pytest

from policy.models import PolicyErrorCode
from policy.rules.reading import NOT_BUILT, PolicyError, PolicyErrors, read
from tests.policy.whole import WHOLE

MARK = "§"  # stands on the line that the error must name


def errors_of(text: str, parents=None) -> list[PolicyError]:
    with pytest.raises(PolicyErrors) as caught:
        read(text, name="file.yaml", parents=parents)
    return list(caught.value.errors)


def changed(old: str, new: str) -> tuple[str, int]:
    assert WHOLE.count(old) == 1, f"{WHOLE.count(old)} × {old!r}"
    text = WHOLE.replace(old, new if MARK in new else MARK + new)
    line = text[: text.index(MARK)].count("\n") + 1
    return text.replace(MARK, ""), line


# what stands in the whole file, what stands there instead (§ marks the line; its beginning without one),
# code, key, nearest right spelling
CASES = [
    # sections and keys
    ("schema: 1", "schema: 2", "SCHEMA", "schema", "1"),
    ("probation_ends: exact_day", "probation_end: exact_day", "UNKNOWN_KEY", "pay.probation_end", "probation_ends"),
    ("version: \"2024\"\n", "versoin: \"2024\"\n", "UNKNOWN_KEY", "versoin", "version"),
    ("{code: DOC, title: 某市办法, ", "{code: DOC, ", "MISSING_KEY", "documents.DOC", None),
    ("  owner: street\n", "  owner: street\n  §owner: county\n", "DUPLICATE_KEY", "assessment.owner", None),
    ("place: \"340181\"", "place: 340181", "QUOTES", "place", '"340181"'),
    ("place: \"340181\"", "place: \"34-81\"", "PLACE_CODE", "place", None),
    ("version: \"2024\"", "version: 2024", "QUOTES", "version", '"2024"'),
    ("to: 2026-01-01", "to: 2023-01-01", "EFFECTIVE_ORDER", "effective.to", None),
    ("from: 2024-01-01", "from: 2024年1月1日", "NOT_A_DATE", "effective.from", "2024-01-01"),
    ("from: 2010-01-01", "from: 2010-02-30", "NOT_A_DATE", "service.from", None),
    ("once: true", "once: yes", "NOT_BOOLEAN", "scales.grade.start.credits.2.once", "true"),
    ("paid: false", "paid: 0", "WRONG_TYPE", "pay.components.post.paid", None),
    ("mode: kept", "mode: keep", "WORD", "scales.grade.mode", "kept"),
    ("values: 18\n", "values: 0\n", "WHOLE_NUMBER", "scales.grade.values", None),
    ("posts:\n", "posts: §none\nposts_:\n", "WRONG_TYPE", "posts", None),
    ("{code: general, name: 一般}", "{code: deputy, name: 一般}", "DUPLICATE_CODE", "posts.deputy", None),
    ("{code: general, name: 一般}", "{code: 一般, name: 一般}", "CODE", "posts.一般.code", None),
    # sources
    ("{assumed: 77400, because: not printed yet}", "{assumed: 77400}", "ASSUMED_WITHOUT_BECAUSE", "indices.average_wage.series.2023", None),
    ("{assumed: 1.5, because: not printed}", "{value: 1.5, because: not printed}", "BECAUSE_WITHOUT_ASSUMED", "pay.components.score_pay.times.1", "assumed"),
    ("{unset: not printed}", "{unset: }", "UNSET_WITHOUT_TEXT", "pay.components.post.amount.of.general.unset", None),
    ("{unset: not printed}", "{unset: not printed, but known}", "COMMA_IN_TEXT", "pay.components.2.amount.of.general", None),
    ("mode: recomputed", "mode: {unset: not printed}", "UNSET_NOT_ALLOWED", "scales.rank.mode", None),
    ("choose: [600, 800]", "choose: [800, 600]", "CHOOSE_ORDER", "pay.components.post.amount.of.chief.choose", None),
    ("choose: [600, 800]", "choose: 600", "CHOOSE_FORM", "pay.components.post.amount.of.chief.choose", None),
    # numbers
    ("chief: {choose: [600, 800]}", "chief: 600.005", "MONEY_DECIMALS", "pay.components.post.amount.of.chief", None),
    ("chief: {choose: [600, 800]}", "chief: 600元", "WRONG_TYPE", "pay.components.post.amount.of.chief", "600"),
    ("probation: {percent: 80}", "probation: {percent: 180}", "PERCENT", "pay.components.merit_pay.probation.percent", None),
    ("probation: {percent: 80}", "probation: 80", "PROBATION_FORM", "pay.components.merit_pay.probation", "{percent: 80}"),
    ("EXCELLENT: 25, QUALIFIED: 20", "EXCELLENT: -25, QUALIFIED: 20", "NEGATIVE", "pay.components.merit_pay.percent.of.EXCELLENT", None),
    ("{by: unit_grade, of: {A: 100,", "{by: unit_grade, of: {A: 101,", "SCORE", "assessment.schemes.annual.inputs.team.value.of.A", None),
    ("every: 4, reached: full", "every: 0, reached: full", "NOT_POSITIVE", "scales.grade.start.years.every", None),
    ("person: 800", "person: 8%", "WRONG_TYPE", "pay.deductions.pension.rates.person", "8"),
    ("person: 800", "person: 80000", "BASIS_POINTS", "pay.deductions.pension.rates.person", None),
    ("digits: 2", "digits: 7", "TOO_LARGE", "assessment.schemes.annual.rounding.digits", None),
    # indices
    ("amount: {index: minimum_wage}", "amount: {index: minimal_wage}", "UNKNOWN_INDEX", "pay.components.base.amount.index", "minimum_wage"),
    ("amount: {index: minimum_wage}", "amount: {index: minimum_wage, of_year: same}", "OF_YEAR_OF_DATED", "pay.components.base.amount.of_year", None),
    ("{index: average_wage, of_year: previous}", "{index: average_wage}", "OF_YEAR_MISSING", "pay.limits.1.at_least", None),
    ("{index: average_wage, of_year: previous}", "{index: average_wage, of_year: prevoius}", "WORD", "pay.limits.1.at_least.of_year", "previous"),
    ("{2021-04-01: 1450, 2024-05-01", "{2021: 1450, 2024-05-01", "SERIES_DAY", "indices.minimum_wage.series.2021", "2021-01-01"),
    ("series: {2022: {value: 76200", "series: {2022-01-01: {value: 76200", "SERIES_YEAR", "indices.average_wage.series.2022-01-01", None),
    ('{"340181001": {2023', '{xx: {2023', "UNIT_CODE", "indices.street_wage.series.xx", None),
    ("pending: stop", "pending: wait", "WORD", "indices.average_wage.pending", None),
    # facts and conditions
    ("fact: service_years", "fact: servce_years", "UNKNOWN_FACT", "pay.components.seniority.fact", "service_years"),
    ("fact: service_years", "fact: category", "NOT_A_NUMBER_FACT", "pay.components.seniority.fact", None),
    ("fact: score.month", "fact: score.moth", "UNKNOWN_FACT", "pay.components.score_pay.amount.fact", "score.month"),
    ("{age: {above: 60}}", "{age: {over: 60}}", "UNKNOWN_OPERATOR", "pay.components.score_pay.when.not.age.over", "above"),
    ("{age: {above: 60}}", "{sex: {above: MALE}}", "OPERATOR_KIND", "pay.components.score_pay.when.not.sex.above", None),
    ("{age: {above: 60}}", "{sex: [MALE, FEMALE]}", "LIST_NEEDS_OPERATOR", "pay.components.score_pay.when.not.sex", "any_of"),
    ("{age: {above: 60}}", "{degree: {above: NONE}}", "NONE_HAS_NO_ORDER", "pay.components.score_pay.when.not.degree.above", None),
    ("{age: {above: 60}}", "{birth_date: {within: [1990-01-01, 1980-01-01]}}", "WITHIN_ORDER", "pay.components.score_pay.when.not.birth_date.within", None),
    ("{age: {above: 60}}", "{birth_date: {within: [1990-01-01]}}", "WITHIN_TWO_DAYS", "pay.components.score_pay.when.not.birth_date.within", None),
    ("{age: {above: 60}}", "{age: {}}", "EMPTY_TEST", "pay.components.score_pay.when.not.age", None),
    ("{age: {above: 60}}", "{all: [{age: 60}]}", "ALL_IS_A_MAPPING", "pay.components.score_pay.when.not.all", None),
    ("{age: {above: 60}}", "{any: []}", "EMPTY_LIST", "pay.components.score_pay.when.not.any", None),
    ("any_of: [PARTY_SECRETARY, COMMITTEE_DIRECTOR]", "any_of: [PARTY_SECRETRY, COMMITTEE_DIRECTOR]", "UNKNOWN_CODE", "posts.chief.when.posts_held.any_of.1", "PARTY_SECRETARY"),
    ("{post: {at_least: deputy}}", "{post: {at_least: deputee}}", "UNKNOWN_CODE", "classes.pay_level.upper.when.any.1.post.at_least", "deputy"),
    ("{education: DOCTOR}", "{education: DOKTOR}", "UNKNOWN_CODE", "scales.grade.start.credits.1.rows.1.when.education", "DOCTOR"),
    ("level: {at_least: MUNICIPAL}", "level: {at_least: CITY}", "UNKNOWN_CODE", "scales.grade.start.credits.2.rows.1.when.honours.level.at_least", "COUNTY"),
    ("grade: EXCELLENT, times: 2, in_last: 2", "grade: EXCELENT, times: 2, in_last: 2", "UNKNOWN_CODE", "scales.grade.moves.early.when.annual_grades.grade", "EXCELLENT"),
    ("grade: EXCELLENT, times: 2, in_last: 2", "grade: EXCELLENT, times: 3, in_last: 2", "WINDOW", "scales.grade.moves.early.when.annual_grades", None),
    ("posts_held: {any_of: [DEPUTY_SECRETARY", "service_years: {at_least: 3}, posts_held: {any_of: [DEPUTY_SECRETARY", "FACT_LATER", "posts.deputy.when.service_years", None),
    ("{degree: MASTER, probation: false}]", "{pay_level: upper, probation: false}]", "FACT_LATER", "classes.pay_level.upper.when.any.2.pay_level", None),
    ("credits_later: next_january", "credits_later: next_year", "WORD", "scales.grade.start.credits_later", "next_january"),
    # procedures
    ("exactly: 2", "exactly: 3", "DEPARTMENTS", "procedures.appoint.steps.REVIEW.departments.of", None),
    ("by: DEPARTMENTS", "by: STREET_PARTY_COMMITTEE", "WORD", "procedures.appoint.steps.REVIEW.by", None),
    ("kind: notice, ", "kind: report, ", "KEY_NOT_FOR_KIND", "procedures.appoint.steps.NOTICE.days", None),
    ("days: {at_least: 5, count: natural}, ", "", "MISSING_KEY", "procedures.appoint.steps.NOTICE", None),
    ("count: natural", "count: calender", "WORD", "procedures.appoint.steps.NOTICE.days.count", None),
    ("back: [REPORT]", "back: [REPORTS]", "STEP_NOT_EARLIER", "procedures.appoint.steps.NOTICE.back.1", "REPORT"),
    ("other_than: [REPORT]", "other_than: [ORDER]", "STEP_NOT_EARLIER", "procedures.appoint.steps.ORDER.other_than.1", None),
    ("kind: order, ", "kind: decision, ", "LAST_STEP", "procedures.appoint.steps.ORDER.kind", None),
    ("needs: [document]", "needs: [documents]", "WORD", "procedures.appoint.steps.REPORT.needs.1", "document"),
    # recruitment
    ("except: [ELECTED, ASSIGNED]", "except: [ELECTD, ASSIGNED]", "WORD", "recruitment.entry.except.1", "ELECTED"),
    ("entry: {exam_required: true, ", "entry: {", "MISSING_KEY", "recruitment.entry", None),
    ("as_of: notice_date", "as_of: noticedate", "WORD", "recruitment.as_of", "notice_date"),
    ("experience_years: {at_least: 2}}]", "annual_grade: {at_least: QUALIFIED}}]", "FACT_NOT_OF_APPLICANTS", "recruitment.hard.AGE.when.any.2.annual_grade", None),
    ("{code: ABILITY, name: 能力, part: interview}", "{code: ABILITY, name: 能力, part: interviews}", "WORD", "recruitment.soft.ABILITY.part", "interview"),
    ("{code: written, name: 笔试, weight: 60,", "{code: written, name: 笔试, weight: 61,", "WEIGHTS", "recruitment.exam.parts", None),
    ("subjects: [{code: general, name: 综合, weight: 40}", "subjects: [{code: general, name: 综合, weight: 41}", "WEIGHTS", "recruitment.exam.parts.written.subjects", None),
    ("{code: interview, name: 面试, weight: 40, judges", "{code: interview, name: 面试, weight: 40, subjects: [{code: one, name: 一, weight: 100}], judges", "ONE_OF", "recruitment.exam.parts.interview", None),
    ("{code: interview, name: 面试,", "{code: total, name: 面试,", "NAME_TAKEN", "recruitment.exam.parts.total.code", None),
    ("shortlist: {for: interview,", "shortlist: {for: written,", "WORD", "recruitment.exam.shortlist.for", None),
    ("rounding: {digits: 3, mode: half_up, each: step}", "rounding: {digits: 3, mode: half_up, each: steps}", "WORD", "recruitment.exam.rounding.each", "step"),
    ("bonus: {added_to: written,", "bonus: {added_to: writen,", "WORD", "recruitment.bonus.added_to", "written"),
    ("ties: [certificate, written.general,", "ties: [certificate, written.generl,", "WORD", "recruitment.ties.2", "written.general"),
    ("ties: [certificate, written.general,", "ties: [certificate, sex,", "WORD", "recruitment.ties.2", None),
    ("ties: [certificate, written.general,", "ties: [certificate, certificate,", "LISTED_TWICE", "recruitment.ties.2", None),
    ("reviews: [MEDICAL, {value: POLITICAL", "reviews: [MEDICAL, {value: POLITICS", "WORD", "recruitment.reviews.2", "POLITICAL"),
    ("reviews: [MEDICAL, {value: POLITICAL", "reviews: [MEDICAL, {value: MEDICAL", "LISTED_TWICE", "recruitment.reviews.2", None),
    ("notice: {days: 6, count: working}", "notice: {days: 0, count: working}", "WHOLE_NUMBER", "recruitment.notice.days", None),
    ("posts: [PARTY_SECRETARY], acts: [APPOINT, REMOVE]", "posts: [PARTY_SECRETRY], acts: [APPOINT, REMOVE]", "WORD", "procedures.appoint.applies_to.posts.1", "PARTY_SECRETARY"),
    ("posts: [DEPUTY_SECRETARY]", "posts: [PARTY_SECRETARY]", "PROCEDURE_TWICE", "procedures.change.applies_to", None),
    # tables
    ("deputy: {value: 650.50, cite: D-2}, general: {unset: not printed}", "deputy: 650", "OPEN_CASE", "pay.components.post.amount.of", None),
    ("EXCELLENT: 25, QUALIFIED: 20, else: 0", "EXCELLENT: 25, QUALIFIED: 20, BASICALLY_QUALIFIED: 0, UNQUALIFIED: 0", "OPEN_CASE", "pay.components.merit_pay.percent.of", None),
    ("chief: 3, deputy: {DOCTOR: 3, else: 2}, else: 1", "chief: 3, deputy: {DOCTOR: 3, BACHELOR: 2}, else: 1", "OPEN_CASE", "scales.rank.start.from.of.deputy", None),
    ("chief: 3, deputy: {DOCTOR: 3, else: 2}, else: 1", "cheif: 3, else: 1", "UNKNOWN_CODE", "scales.rank.start.from.of.cheif", "chief"),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years, at: {1: 10, 10: 20}}", "OPEN_BELOW", "pay.components.seniority.amount.at", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years, over: {0: 10, 10: 20}}", "OPEN_BELOW", "pay.components.seniority.amount.over", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years, at: {0: 10, 20: 30, 10: 20}}", "NOT_ASCENDING", "pay.components.seniority.amount.at.10", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years, at: {ten: 20}, else: 1}", "BAND_EDGE", "pay.components.seniority.amount.at.ten", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years, at: {0: 10, else: 20}}", "ELSE_BESIDE", "pay.components.seniority.amount.at.else", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years, of: {0: 10}}", "NUMBER_IN_TABLE", "pay.components.seniority.amount.by", "at"),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: post, at: {0: 10}}", "NOT_BY_NUMBER", "pay.components.seniority.amount.by", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: posts_held, of: {else: 10}}", "NOT_BY_FACT", "pay.components.seniority.amount.by", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: [age, service_years], at: {0: 10}}", "SEVERAL_FACTS", "pay.components.seniority.amount.by", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: [post, post], of: {else: 10}}", "FACT_TWICE", "pay.components.seniority.amount.by.2", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: service_years}", "ONE_OF", "pay.components.seniority.amount", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{at: {0: 10}}", "MISSING_KEY", "pay.components.seniority.amount", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{by: post, of: {chief: 1, else: 2}, else: 3}", "ELSE_TWICE", "pay.components.seniority.amount.of.else", None),
    ("{by: service_years, at: {0: 10, 10: 20}}", "{index: average_wage, of_year: same, by: post}", "ONE_OF", "pay.components.seniority.amount", None),
    ("then: {every: 800, add: 5, part: up}", "then: {every: 0, add: 5}", "NOT_POSITIVE", "pay.components.household.amount.then.every", None),
    ("then: {every: 800, add: 5, part: up}", "then: {every: 800}", "MISSING_KEY", "pay.components.household.amount.then", None),
    ("values: {1: 100, 2: 120, 18: 900}", "values: {1: 100, 19: 120}", "OUTSIDE_SCALE", "pay.components.level.amount.values.19", None),
    # scales
    ("chief: [7, 18], deputy: [4, 15]", "chief: [7, 19], deputy: [4, 15]", "RANGE_OUTSIDE", "scales.grade.range.of.chief", None),
    ("chief: [7, 18], deputy: [4, 15]", "chief: [18, 7], deputy: [4, 15]", "RANGE_ORDER", "scales.grade.range.of.chief", None),
    ("chief: [7, 18], deputy: [4, 15]", "chief: 7, deputy: [4, 15]", "RANGE_FORM", "scales.grade.range.of.chief", None),
    ("    range: {by: post, of: {chief: [7, 18], deputy: [4, 15], general: [1, 12]}}\n    mode: kept\n    review: {when: {probation: false}, each: yearly}\n    start:\n      from: range_floor", "    mode: kept\n    review: {when: {probation: false}, each: yearly}\n    start:\n      §from: range_floor", "FLOOR_WITHOUT_RANGE", "scales.grade.start.from", None),
    ("{name: 其他, manual: true, up: 1}", "{name: 其他, manual: true, up: 1, down: 1}", "ONE_OF", "scales.grade.moves.4", None),
    ("{name: 其他, manual: true, up: 1}", "{name: 其他, up: 1}", "ONE_OF", "scales.grade.moves.4", None),
    ("post_change: {table: {by: post, of: {chief: 3, else: 1}}}", "post_change: {do: table}", "MISSING_KEY", "scales.rank.post_change", None),
    ("  rank:\n    name: 档次", "  age:\n    name: 档次", "NAME_TAKEN", "scales.age", None),
    ("as_of: {month: 1, day: 1}", "as_of: {month: 2, day: 30}", "NO_SUCH_DAY", "service.as_of", None),
    ("interruption: {restarts_after: {months: 6}}", "interruption: restarts_after", "RESTARTS_AFTER", "service.interruption", None),
    # pay
    ("of: [base, fixed], percent", "of: [base, fixd], percent", "UNKNOWN_COMPONENT", "pay.components.merit_pay.of.2", "fixed"),
    ("of: [base, fixed], percent", "of: [base, loyalty], percent", "COMPONENT_LATER", "pay.components.merit_pay.of.2", None),
    ("of: [base, fixed], percent", "of: [base, merit_pay], percent", "COMPONENT_LATER", "pay.components.merit_pay.of.2", None),
    ("of: [base, fixed], percent", "of: [base, base], percent", "LISTED_TWICE", "pay.components.merit_pay.of", None),
    ("payer: {CITY: 60, STREET: 40}", "payer: {CITY: 60, STREET: 30}", "PAYERS", "pay.components.base.payer", None),
    ("{code: fixed, name: 固定, percent: 80}", "{code: fixed, name: 固定, percent: 70}", "SHARES", "pay.components.parts.shares", None),
    ("kind: manual, note", "kind: manual, percent: 3, note", "KEY_NOT_FOR_KIND", "pay.components.old_pay.percent", None),
    ("kind: manual, note", "kind: manuel, note", "WORD", "pay.components.old_pay.kind", "manual"),
    ("at_most: {units: 30}", "at_most: 30", "AT_MOST_FORM", "pay.components.seniority.at_most", None),
    ("paid_in: [6, 12]", "paid_in: [6, 13]", "MONTH", "pay.components.parts.shares.merit.cycle.paid_in", None),
    ("every: half_year, paid_in: [6, 12]", "every: half_year", "MISSING_KEY", "pay.components.parts.shares.merit.cycle", None),
    ("cycle: monthly", "cycle: yearly", "WORD", "pay.components.loyalty.cycle", None),
    ("at: {10: 2000, 20: 5000}", "at: {20: 5000, 10: 2000}", "NOT_ASCENDING", "pay.components.loyalty.at", None),
    ("of: mean_total", "of: mean_totl", "UNKNOWN_COMPONENT", "pay.limits.1.of", "mean_total"),
    ("scope: county, action: report", "scope: county, action: cut", "MEAN_ONLY_REPORTED", "pay.limits.1.action", None),
    ("{kind: PERSONAL, of: [base]", "{kind: PERSONEL, of: [base]", "UNKNOWN_ABSENCE", "pay.absence.1.kind", "PERSONAL"),
    ("mid_month: {joins: from_day", "mid_month: {joins: next_month", "WORD", "pay.mid_month.joins", None),
    # assessment
    ("- {code: daily, name: 平时考核, from: scheme, of: month, take: mean, weight: {assumed: 40, because: no weights printed}}", "§- {code: daily, name: 平时考核, from: scheme, of: month, take: mean, weight: 30}", "WEIGHTS", "assessment.schemes.annual.inputs", None),
    ("of: month, take: mean", "of: moth, take: mean", "UNKNOWN_SCHEME", "assessment.schemes.annual.inputs.daily.of", "month"),
    ("of: month, take: mean", "of: chiefs, take: mean", "SCHEME_LATER", "assessment.schemes.annual.inputs.daily.of", None),
    ("raters: RESIDENTS", "raters: RESIDENT", "UNKNOWN_RATERS", "assessment.schemes.annual.inputs.residents.raters", "RESIDENTS"),
    ("caps: [{grade: EXCELLENT", "caps: [{grade: EXCELENT", "UNKNOWN_GRADE", "assessment.schemes.annual.caps.1.grade", "EXCELLENT"),
    ("at_most: {percent: 30}, of: graded", "at_most: 30, of: graded", "CAP_FORM", "assessment.schemes.annual.caps.1.at_most", "{percent: 30}"),
    ("at_most: {percent: 30}, of: graded", "at_most: {percent: 130}, of: graded", "PERCENT", "assessment.schemes.annual.caps.1.at_most.percent", None),
    ("thresholds: {EXCELLENT: 90, QUALIFIED: 75", "thresholds: {EXCELLENT: 70, QUALIFIED: 75", "THRESHOLD_ORDER", "assessment.schemes.annual.grading.thresholds.QUALIFIED", None),
    ("thresholds: {EXCELLENT: 90, QUALIFIED: 75", "thresholds: {EXCELLENT: 90, QUALIFED: 75", "UNKNOWN_GRADE", "assessment.schemes.annual.grading.thresholds.QUALIFED", "QUALIFIED"),
    ("{EXCELLENT: 20, rest: QUALIFIED, UNQUALIFIED: 10}", "{EXCELLENT: 95, rest: QUALIFIED, UNQUALIFIED: 10}", "SHARES", "assessment.schemes.chiefs.grading.shares", None),
    ("ties: [residents, daily]", "ties: [residents, dayly]", "UNKNOWN_INPUT", "assessment.schemes.annual.ties.2", "daily"),
    ("from: score, weight: 100", "from: score, raters: LEADERS, weight: 100", "KEY_NOT_FOR_KIND", "assessment.schemes.chiefs.inputs.meeting.raters", None),
    ("from: points, to_100: {full: 80}", "from: points, to_100: 80", "WRONG_TYPE", "assessment.schemes.month.inputs.daily.to_100", None),
    ("      missing: spread\n", "      missing: skip\n", "WORD", "assessment.schemes.annual.missing", None),
    ("appeal: {days: 5}", "appeal: {days: 0}", "WHOLE_NUMBER", "assessment.appeal.days", None),
    ("cap: {month: 20}", "cap: {week: 20}", "UNKNOWN_KEY", "assessment.points.catalogue.VISIT.cap.week", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "key", "right"), CASES, ids=[f"{c[2]}-{c[3]}-{n}" for n, c in enumerate(CASES)]
)
def test_one_error(old: str, new: str, code: str, key: str, right: str | None) -> None:
    text, line = changed(old, new)
    errors = errors_of(text)
    found = [error for error in errors if error.code == code and error.key == key]
    assert found, [(e.line, e.key, e.code, dict(e.params)) for e in errors]
    assert (found[0].line, found[0].nearest, found[0].file) == (line, right, "file.yaml")
    assert PolicyErrorCode.in_words(found[0])


def test_the_file_that_the_cases_change_is_in_order() -> None:
    assert read(WHOLE).place == "340181"


@pytest.mark.parametrize("section", NOT_BUILT)
def test_a_section_that_is_not_built_is_refused_by_name(section: str) -> None:
    errors = errors_of(WHOLE + f"{section}: {{anything: 1}}\n")
    assert [(e.code, e.key, e.line) for e in errors] == [("SECTION_NOT_BUILT", section, WHOLE.count("\n") + 1)]
    assert section in PolicyErrorCode.in_words(errors[0])


def test_all_that_are_refused_are_the_sections_of_later_issues() -> None:
    assert set(NOT_BUILT) == {
        "duties", "time", "benefits",
    }  # fmt: skip


def test_every_error_of_a_file_comes_at_once_with_its_line() -> None:
    text = WHOLE
    wanted = []
    for old, code in [
        ("mode: kept", "WORD"),
        ("fact: service_years", "UNKNOWN_FACT"),
        ("payer: {CITY: 60, STREET: 40}", "PAYERS"),
        ("raters: RESIDENTS", "UNKNOWN_RATERS"),
        ("once: true", "NOT_BOOLEAN"),
        ("amount: {index: minimum_wage}", "UNKNOWN_INDEX"),
    ]:
        new = {
            "WORD": "mode: keep",
            "UNKNOWN_FACT": "fact: years_of_service",
            "PAYERS": "payer: {CITY: 60}",
            "UNKNOWN_RATERS": "raters: NEIGHBOURS",
            "NOT_BOOLEAN": "once: yes",
            "UNKNOWN_INDEX": "amount: {index: gold}",
        }[code]
        assert text.count(old) == 1
        wanted.append((text[: text.index(old)].count("\n") + 1, code))
        text = text.replace(old, new)
    text += "benefits: {}\n"
    wanted.append((text.count("\n"), "SECTION_NOT_BUILT"))
    found = errors_of(text)
    assert sorted((error.line, error.code) for error in found) == sorted(wanted)
    assert [error.line for error in found] == sorted(line for line, _code in wanted)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "EMPTY_FILE", 1),
        ("# only a comment\n", "EMPTY_FILE", 1),
        ("- a\n- b\n", "WRONG_TYPE", 1),
        ("a: 1\n b: 2\n", "YAML_SYNTAX", 2),
        ("a: [1, 2\nb: 3\n", "YAML_SYNTAX", 2),
        ("a: 'open\n", "YAML_SYNTAX", 2),
        (WHOLE + "---\nplace: x\n", "SEVERAL_DOCUMENTS", WHOLE.count("\n") + 2),
        (WHOLE.replace('place: "340181"', "place: !secret x"), "TAG", 2),
        (WHOLE.replace("  owner: street\n", "  owner: street\n  [a, b]: 1\n"), "KEY_NOT_PLAIN", 89),
        (WHOLE.replace("  owner: street\n", "  owner: street\n  <<: 3\n"), "MERGE", 89),
    ],
)
def test_what_is_no_policy_at_all(text: str, code: str, line: int) -> None:
    assert (code, line) in [(error.code, error.line) for error in errors_of(text)]


def test_both_places_of_a_duplicate_key_are_named() -> None:
    errors = errors_of(WHOLE.replace("  owner: street\n", "  owner: street\n  owner: county\n  owner: city\n"))
    assert [(error.line, error.params["first"]) for error in errors] == [(89, 88), (90, 88)]


def test_every_code_has_its_words_and_every_words_a_code() -> None:
    """The words of a code take exactly the parameters that the reader gives: read from the source of the reader."""
    import re
    from pathlib import Path

    import policy.rules.reading as package

    source = "\n".join(path.read_text() for path in Path(package.__path__[0]).rglob("*.py"))
    used = set(re.findall(r'"([A-Z][A-Z0-9_]+)"', source)) & set(PolicyErrorCode.values)
    assert used == set(PolicyErrorCode.values)


def test_what_stands_there_is_said_in_words() -> None:
    found = {
        "age: 7": "expected a mapping (key: value), found the number 7",
        "age: 'x'": "expected a mapping (key: value), found the text “x”",
        "age: [1, 2]": "expected a mapping (key: value), found a list of 2",
        "age: true": "expected a mapping (key: value), found the yes/no value true",
        "age:": "expected a mapping (key: value), found nothing",
        "age: 2024-01-01": "expected a mapping (key: value), found the date 2024-01-01",
    }
    for written, words in found.items():
        text = WHOLE.replace("  annual_grade_from: january\n", f"  mid_month{written.removeprefix('age')}\n").replace(
            "  mid_month: {joins: from_day, leaves: to_day, changes: next_month}\n", ""
        )
        (error,) = errors_of(text)
        assert PolicyErrorCode.in_words(error) == words


def test_all_expectations_can_be_translated() -> None:
    import re
    from pathlib import Path

    import policy.rules.reading as package
    from policy.models import EXPECTED

    source = "\n".join(path.read_text() for path in Path(package.__path__[0]).rglob("*.py"))
    words = set(re.findall(r'expected="([^"]+)"', source)) | set(
        re.findall(r'r\.(?:mapped|listing)\([^"\n]*"([^"]+)"\)', source)
    )
    assert {word for word in words if not word.startswith("{")} <= set(EXPECTED)
