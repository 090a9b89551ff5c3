"""The one vocabulary of facts: what rules may ask about a person, with codes, orders and scales.

A facts frame has one row a person and one column a fact. A coded fact that is null is NONE. Numbers are whole numbers
of 1/scale (`Fact.scale`), so that years in twelfths and scores in ten-thousandths stay exact, and are never null.
Codes are those that the models store; an order is best (or highest) first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from policy.rules.document import Policy

Kind = Literal["coded", "ordered", "number", "date", "yesno", "set", "history", "honours"]

NONE = "NONE"
TWELFTHS, SCORE_SCALE, HUNDREDTHS = 12, 10_000, 100


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `order` lists an ordered fact's codes best first, `codes` a coded or set fact's; empty is "any code"."""

    name: str
    kind: Kind
    group: str
    zh: str
    en: str
    scale: int = 1
    order: tuple[str, ...] | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """The facts of many people.

    people: one row a person, sorted by `person` (Int64); every frame has unit_id, unit, community, street, county,
    unit_path and `day`, the day on which this person's facts are read. spans: person, category, start, end (null: no
    end), the whole history. honours: person, kind, level, day. left_out: person, code, params (JSON): who can't be
    computed, and why.
    """

    day: date
    people: pl.DataFrame
    spans: pl.DataFrame
    honours: pl.DataFrame
    left_out: pl.DataFrame = field(default_factory=lambda: no_one_left_out())


def no_one_left_out() -> pl.DataFrame:
    return pl.DataFrame(schema={"person": pl.Int64, "code": pl.String, "params": pl.String})


SEXES = ("MALE", "FEMALE")
POLITICAL_STATUSES = (
    "PARTY_MEMBER", "PROBATIONARY_MEMBER", "LEAGUE_MEMBER", "DEMOCRATIC_PARTY", "NON_PARTY", "MASSES",
)  # fmt: skip
EDUCATIONS = (
    "DOCTOR", "MASTER", "BACHELOR", "COLLEGE", "SECONDARY", "HIGH", "JUNIOR", "PRIMARY", "OTHER",
)  # fmt: skip
DEGREES = ("DOCTOR", "MASTER", "BACHELOR")
STUDY_MODES = ("FULL_TIME", "IN_SERVICE")
CERTIFICATES = ("SENIOR", "SOCIAL_WORKER", "ASSISTANT")
BACKGROUNDS = ("VETERAN", "MILITARY_FAMILY", "GRADUATE_VOLUNTEER", "DISABLED", "SOCIAL_WORK_MAJOR")
CATEGORIES = ("COMMUNITY_WORKER", "FULL_TIME_STAFF", "GRID_WORKER", "PUBLIC_WELFARE_POST", "ESTABLISHMENT_STAFF")
ENTRY_CHANNELS = ("OPEN_RECRUITMENT", "ELECTED", "ASSIGNED", "SELECTED", "APPOINTED")
ESTABLISHMENTS = ("PUBLIC_INSTITUTION", "CIVIL_SERVICE")
POST_TITLES = (
    "PARTY_SECRETARY", "DEPUTY_SECRETARY", "PARTY_COMMITTEE_MEMBER", "COMMITTEE_DIRECTOR", "DEPUTY_DIRECTOR",
    "COMMITTEE_MEMBER", "STAFF", "GRID_LEADER", "GRID_WORKER", "OWNERS_DIRECTOR", "OWNERS_MEMBER", "LIAISON",
    "AREA_HEAD", "BUILDING_HEAD", "STEWARD", "VOLUNTEER", "REGISTERED_MEMBER", "BRANCH_SECRETARY",
)  # fmt: skip
BODIES = ("PARTY", "COMMITTEE", "STAFF", "GRID", "OWNERS", "RESIDENTS", "BRANCH")
HONOUR_KINDS: tuple[str, ...] = ()  # a regulation names its own; any code may stand
HONOUR_LEVELS = ("NATIONAL", "PROVINCIAL", "MUNICIPAL", "COUNTY", "STREET")
LEAVE_KINDS = (
    "PERSONAL", "SICK", "ANNUAL", "MARRIAGE", "BEREAVEMENT", "MATERNITY", "CARE", "WORK_INJURY", "ABSENT",
)  # fmt: skip
NAMED_LISTS = ("SECRETARY_RESERVE", "COMMITTEE_RESERVE", "TRAINING_POST", "EXCHANGE", "TARGETED_RECRUITMENT")
UNIT_KINDS = ("PROVINCE", "CITY", "COUNTY", "STREET", "COMMUNITY", "GRID", "ESTATE")


def _facts() -> dict[str, Fact]:
    found: dict[str, Fact] = {}

    def add(name: str, kind: Kind, group: str, zh: str, en: str, **more: object) -> None:
        found[name] = Fact(name, kind, group, zh, en, **more)  # type: ignore[arg-type]

    add("sex", "coded", "person", "性别", "sex", codes=SEXES)
    add("birth_date", "date", "person", "出生日期", "date of birth")
    add("age", "number", "person", "年龄（周岁）", "age in whole years")
    add("political_status", "coded", "person", "政治面貌", "political status", codes=POLITICAL_STATUSES)
    add("education", "ordered", "person", "学历", "education", order=EDUCATIONS)
    add("degree", "ordered", "person", "学位", "degree", order=DEGREES)
    add("study_mode", "coded", "person", "学习形式", "mode of study", codes=STUDY_MODES)
    add("major", "coded", "person", "专业", "major")
    add("certificates", "set", "person", "持有证书", "certificates held", codes=CERTIFICATES)
    add("certificate", "ordered", "person", "最高证书", "highest certificate", order=CERTIFICATES)
    add("appointed_certificate", "ordered", "person", "聘用证书等级", "level appointed to", order=CERTIFICATES)
    add("certificate_exams_failed", "number", "person", "证书考试未通过次数", "certificate examinations failed")
    add("background", "set", "person", "身份背景", "background", codes=BACKGROUNDS)
    add("honours", "honours", "person", "表彰", "honours")
    add("registered_residence", "coded", "person", "户籍地", "registered residence")
    add("lives_in_unit", "yesno", "person", "居住在本社区", "lives in the community")

    add("category", "coded", "employment", "人员类别", "category", codes=CATEGORIES)
    add("entry_channel", "coded", "employment", "进入渠道", "entry channel", codes=ENTRY_CHANNELS)
    add("entry_date", "date", "employment", "入职日期", "day of entry")
    add("probation", "yesno", "employment", "试用期内", "on probation")
    add("probation_end", "date", "employment", "试用期满", "end of probation")
    add("contract_start", "date", "employment", "合同开始", "contract from")
    add("contract_end", "date", "employment", "合同期满", "contract until")
    add("establishment", "coded", "employment", "编制", "establishment", codes=ESTABLISHMENTS)
    add("experience_years", "number", "employment", "入职前社区工作年限", "earlier community service", scale=TWELFTHS)
    add("special_treatment", "coded", "employment", "享受待遇", "special treatment")

    add("posts_held", "set", "posts", "所任职务", "posts held", codes=POST_TITLES)
    add("bodies", "set", "posts", "所在组织", "bodies", codes=BODIES)
    add("full_time", "yesno", "posts", "专职", "full time")
    add("appointed_as", "coded", "posts", "任命岗位", "category entered by an appointment")
    add("post_since", "date", "posts", "任现职日期", "in the post since")

    add("service_years", "number", "time", "社区工作年限", "years of service", scale=TWELFTHS)
    add("continuous_years", "number", "time", "连续工作年限", "continuous years", scale=TWELFTHS)
    add("working_years", "number", "time", "工龄", "years of all work", scale=TWELFTHS)
    add("post_years", "number", "time", "任现职年限", "years in the post", scale=TWELFTHS)
    add("months_in_year", "number", "time", "本年工作月数", "months of service in the year")

    add("annual_grade", "ordered", "results", "年度考核等次", "yearly grade")
    add("annual_grades", "history", "results", "历年考核等次", "yearly grades by year")
    add("points", "number", "results", "积分", "points", scale=SCORE_SCALE)
    add("discipline_in_effect", "yesno", "results", "处分影响期内", "discipline in effect")
    add("review_decision", "coded", "results", "述职评议决定", "decision of the annual review meeting")

    add("days_worked", "number", "work", "出勤天数", "days worked", scale=HUNDREDTHS)
    add("days_due", "number", "work", "应出勤天数", "days due", scale=HUNDREDTHS)
    add("holiday_days", "number", "work", "法定节假日加班天数", "holiday days", scale=HUNDREDTHS)
    for kind in LEAVE_KINDS:
        add(f"absence_days.{kind}", "number", "work", f"本月缺勤天数·{kind}", f"days absent ({kind})", scale=HUNDREDTHS)
        add(
            f"absence_days_year.{kind}",
            "number",
            "work",
            f"本年缺勤天数·{kind}",
            f"days absent this year ({kind})",
            scale=HUNDREDTHS,
        )
        add(
            f"absence_months_year.{kind}",
            "number",
            "work",
            f"本年缺勤月数·{kind}",
            f"months absent this year ({kind})",
            scale=HUNDREDTHS,
        )
        add(
            f"longest_absence.{kind}",
            "number",
            "work",
            f"最长连续缺勤天数·{kind}",
            f"longest absence in days ({kind})",
            scale=HUNDREDTHS,
        )
    add("visit_share", "number", "work", "走访服务时间占比", "share of time spent on visits, percent", scale=HUNDREDTHS)

    add("unit", "coded", "unit", "单位", "unit")
    add("community", "coded", "unit", "社区", "community")
    add("street", "coded", "unit", "街道", "street")
    add("county", "coded", "unit", "县（市、区）", "county")
    add("unit_kind", "coded", "unit", "单位类型", "kind of unit", codes=UNIT_KINDS)
    add("urban_residents", "number", "unit", "城镇常住人口", "urban residents")
    add("households", "number", "unit", "户数", "households")
    add("grids", "number", "unit", "网格数", "grids")
    add("area_kind", "coded", "unit", "地区类别", "kind of area")
    add("branch_star", "coded", "unit", "党支部星级", "stars of the party branch")
    add("unit_grade", "coded", "unit", "单位考核等次", "the unit's own grade of the year")
    return found


VOCABULARY: Mapping[str, Fact] = _facts()
LEVEL = Fact("level", "ordered", "person", "表彰层级", "level of an honour", order=HONOUR_LEVELS)


def vocabulary(policy: Policy) -> dict[str, Fact]:
    """The facts that a policy may use: the fixed ones and those that its posts, classes, scales and schemes make."""
    found = dict(VOCABULARY)
    grades = tuple(grade.code for grade in policy.assessment.grades) if policy.assessment else ()
    found["annual_grade"] = Fact("annual_grade", "ordered", "results", "年度考核等次", "yearly grade", order=grades)
    found["annual_grades"] = Fact("annual_grades", "history", "results", "历年考核等次", "yearly grades", order=grades)
    found["post"] = Fact("post", "ordered", "posts", "岗位", "post", order=tuple(post.code for post in policy.posts))
    for name, rows in policy.classes.items():
        found[name] = Fact(name, "ordered", "posts", name, name, order=tuple(row.code for row in rows))
    for code, scale in policy.scales.items():
        found[code] = Fact(code, "number", "ladder", scale.name.zh, scale.name.en)
        found[f"{code}_years"] = Fact(
            f"{code}_years",
            "number",
            "ladder",
            f"{scale.name.zh}年限",
            f"years at this {scale.name.en}",
            scale=TWELFTHS,
        )
    for scheme in policy.assessment.schemes if policy.assessment else ():
        label = scheme.name.zh if scheme.name else scheme.code
        english = scheme.name.en if scheme.name else scheme.code
        code = scheme.code
        found[f"score.{code}"] = Fact(
            f"score.{code}", "number", "results", f"{label}得分", f"{english}: score", scale=SCORE_SCALE
        )
        found[f"grade.{code}"] = Fact(
            f"grade.{code}", "ordered", "results", f"{label}等次", f"{english}: grade", order=grades
        )
        found[f"rank.{code}"] = Fact(f"rank.{code}", "number", "results", f"{label}名次", f"{english}: rank")
    return found
