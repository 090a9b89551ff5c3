"""A policy that uses every section, every kind of component and every form of figure; its numbers are invented."""

WHOLE = """\
schema: 1
place: "340181"
name: {zh: 某市, en: Some City}
version: "2024"
cite: DOC
effective: {from: 2024-01-01, to: 2026-01-01, published: 2024-03-01}
documents:
  - {code: DOC, title: 某市办法, number: 某字〔2024〕1号, level: city, issued: 2024-02-20}
indices:
  minimum_wage: {per: month, keyed: date, region: 某市, series: {2021-04-01: 1450, 2024-05-01: {value: 1750, published: 2024-04-20}}}
  average_wage:
    per: year
    keyed: year
    series: {2022: {value: 76200, published: 2023-06-10}, 2023: {assumed: 77400, because: not printed yet}}
    applies: {from_month: 7}
    pending: stop
  street_wage: {per: month, keyed: year, by: street, series: {"340181001": {2023: 3000}, "340181002": {2023: 3100}}}
  own: {per: month, keyed: year, own_mean: {of: [base, post], who: {category: COMMUNITY_WORKER}, of_year: previous}}
service:
  counts: {category: {any_of: [COMMUNITY_WORKER, GRID_WORKER]}}
  from: 2010-01-01
  leave_out: {annual_grade: {any_of: [UNQUALIFIED]}}
  year_open: count
  interruption: {restarts_after: {months: 6}}
  part_year: down
  as_of: {month: 1, day: 1}
posts:
  - {code: chief, name: 正职, when: {posts_held: {any_of: [PARTY_SECRETARY, COMMITTEE_DIRECTOR]}}}
  - {code: deputy, name: 副职, when: {posts_held: {any_of: [DEPUTY_SECRETARY, DEPUTY_DIRECTOR]}}}
  - {code: general, name: 一般}
classes:
  pay_level:
    - {code: upper, when: {any: [{post: {at_least: deputy}}, {degree: MASTER, probation: false}]}}
    - {code: lower}
scales:
  grade:
    name: 岗位等级
    values: 18
    range: {by: post, of: {chief: [7, 18], deputy: [4, 15], general: [1, 12]}}
    mode: kept
    review: {when: {probation: false}, each: yearly}
    start:
      from: range_floor
      years: {every: 4, reached: full, deemed: [{when: {degree: MASTER, education: {below: MASTER}}, years: 2}]}
      credits:
        - {name: 学历, rows: [{when: {education: DOCTOR}, up: 2}, {when: {education: BACHELOR}, up: 1}]}
        - {name: 表彰, rows: [{when: {honours: {kind: COMMENDATION, level: {at_least: MUNICIPAL}}}, up: 1}], once: true, take: first}
      credits_later: next_january
      left_over: lapses
    moves:
      - {name: 正常晋级, up: 1, every: {years: 4, counting: {annual_grade: {at_least: QUALIFIED}}, otherwise: restart}}
      - {code: early, name: 提前晋级, up: 1, when: {annual_grades: {grade: EXCELLENT, times: 2, in_last: 2}}, at_most: 2, uses_years: true}
      - {name: 降级, down: 1, when: {annual_grade: UNQUALIFIED}}
      - {name: 其他, manual: true, up: 1}
    one_review: sum
    after_move: carry
    post_change: {do: keep_offset, effective: next_month}
    probation: {down: 1, not_below: 1}
    service: {part_year: exact}
  rank:
    name: 档次
    values: 3
    mode: recomputed
    start: {from: {by: [post, education], of: {chief: 3, deputy: {DOCTOR: 3, else: 2}, else: 1}}}
    post_change: {table: {by: post, of: {chief: 3, else: 1}}}
pay:
  components:
    - {code: base, name: 基础, kind: amount, amount: {index: minimum_wage}, times: [2, {by: grade, first: 1.00, each: 0.05}], payer: {CITY: 60, STREET: 40}}
    - {code: post, name: 岗位, kind: amount, paid: false, amount: {by: post, of: {chief: {choose: [600, 800]}, deputy: {value: 650.50, cite: D-2}, general: {unset: not printed}}}, rounding: {to: jiao, mode: down}}
    - {code: parts, name: 拆分, kind: split, of: post, shares: [{code: fixed, name: 固定, percent: 80}, {code: merit, name: 绩效, percent: 20, cycle: {every: half_year, paid_in: [6, 12], accrues: true}}]}
    - {code: seniority, name: 年限, kind: per_unit, fact: service_years, amount: {by: service_years, at: {0: 10, 10: 20}}, at_most: {units: 30}}
    - {code: household, name: 户数, kind: amount, amount: {by: households, over: {1500: 50, 3000: 80}, else: 20, then: {every: 800, add: 5, part: up}}}
    - {code: level, name: 级别, kind: amount, amount: {by: grade, values: {1: 100, 2: 120, 18: 900}}}
    - {code: merit_pay, name: 绩效, kind: percent_of, of: [base, fixed], percent: {by: annual_grade, of: {EXCELLENT: 25, QUALIFIED: 20, else: 0}}, probation: {percent: 80}, proration: workdays_21_75}
    - {code: loyalty, name: 长期服务, kind: once, fact: continuous_years, at: {10: 2000, 20: 5000}, passed_before: paid, cycle: monthly, probation: none}
    - {code: old_pay, name: 保留工资, kind: manual, note: "kept, entered with its document", at_most: {yuan: 500}, repeats: true}
    - {code: score_pay, name: 积分, kind: amount, amount: {fact: score.month}, times: [{assumed: 1.5, because: not printed}], when: {not: {age: {above: 60}}}, service: {interruption: restarts}}
  limits:
    - {name: 平均不低于, of: mean_total, at_least: {index: average_wage, of_year: previous}, over: year, scope: county, action: report}
    - {code: floor, name: 兜底, of: total, at_least: 3000, at_most: 9000, times: 1, action: top_up, who: {probation: false}}
  mid_month: {joins: from_day, leaves: to_day, changes: next_month}
  probation_ends: exact_day
  absence: [{kind: PERSONAL, of: [base], take: calendar_days}]
  deductions:
    pension: {name: 养老保险, base: {of: [base, post], at_least: 4000, at_most: 20000}, rates: {person: 800, employer: 1600}}
  annual_grade_from: january
assessment:
  owner: street
  grades: [{code: EXCELLENT, name: 优秀}, {code: QUALIFIED, name: 合格}, {code: BASICALLY_QUALIFIED, name: 基本合格}, {code: UNQUALIFIED, name: 不合格}]
  not_graded: {code: NOT_GRADED, name: 不定等次, when: {months_in_year: {below: 6}}}
  points: {catalogue: [{code: VISIT, name: 入户, aspect: 服务, points: 1, per: visit, cap: {month: 20}}]}
  schemes:
    - code: month
      cycle: month
      inputs: [{code: daily, name: 平时考核, from: points, to_100: {full: 80}, weight: 100}]
    - code: annual
      cycle: year
      who: {post: general}
      inputs:
        - {code: daily, name: 平时考核, from: scheme, of: month, take: mean, weight: {assumed: 40, because: no weights printed}}
        - {code: residents, name: 群众评价, from: ratings, raters: RESIDENTS, at_least: {raters: 40}, mix: {ORDINARY_RESIDENT: {at_least: 60}}, weight: 30}
        - {code: leaders, name: 领导评价, from: ratings, raters: LEADERS, drop: {highest: 1, lowest: 1}, weight: 20}
        - {code: team, name: 社区考核, from: figure, value: {by: unit_grade, of: {A: 100, B: 85, else: 70}}, weight: 10}
      missing: spread
      rounding: {digits: 2, mode: half_up, each: input}
      grading: {thresholds: {EXCELLENT: 90, QUALIFIED: 75, BASICALLY_QUALIFIED: 60}}
      rank_in: street
      caps: [{grade: EXCELLENT, at_most: {percent: 30}, of: graded, pool: street, rounding: down}]
      best: [{grade: QUALIFIED, when: {discipline_in_effect: true}}]
      ties: [residents, daily]
    - code: chiefs
      cycle: year
      inputs: [{code: meeting, name: 述职, from: score, weight: 100}]
      grading: {shares: {EXCELLENT: 20, rest: QUALIFIED, UNQUALIFIED: 10}}
  decisions: [RETAIN, BASE_PAY, COMMITMENTS]
  consequences:
    - {when: {rank.annual: last}, in: street, do: REMINDER_TALK}
    - {when: {annual_grades: {grade: {any_of: [UNQUALIFIED]}, times: 2, in_last: contract_term}}, do: OPEN_EXIT_CASE}
    - {when: {age: {at_most: 38}, certificate_exams_failed: {at_least: 4}}, do: NOT_RENEWED, on: contract_end}
  appeal: {days: 5}
procedures:
  appoint:
    name: 任免书记
    cite: D-7
    applies_to: {posts: [PARTY_SECRETARY], acts: [APPOINT, REMOVE]}
    steps:
      - {code: REPORT, name: 报告, kind: report, by: STREET_PARTY_COMMITTEE, needs: [document]}
      - {code: REVIEW, name: 联审, kind: opinions, by: DEPARTMENTS, departments: {exactly: 2, of: {POLICE: 公安局, COURT: {assumed: 法院, because: not printed}}}}
      - {code: NOTICE, name: 公示, kind: notice, by: ORGANISATION_DEPARTMENT, days: {at_least: 5, count: natural}, back: [REPORT]}
      - {code: ORDER, name: 任免, kind: order, by: STREET_PARTY_COMMITTEE, needs: [order_number, effective_date], other_than: [REPORT]}
  change:
    name: 届中调整
    applies_to: {posts: [DEPUTY_SECRETARY], acts: [APPOINT], during: mid_term}
    steps: {GO: {name: 批准, kind: approve, by: ORGANISATION_DEPARTMENT}}
recruitment:
  cite: D-8
  entry: {exam_required: true, except: [ELECTED, ASSIGNED]}
  organisers: {OD: 组织部, CA: {unset: 原文没有写明}}
  planning: {proposes: community, consolidates: county, frame: city, every: year}
  as_of: notice_date
  hard:
    - {code: AGE, name: 年龄, when: {any: [{age: {at_most: 35}}, {age: {at_most: 38}, experience_years: {at_least: 2}}]}}
    - {code: CONDUCT, name: 表现, when: {unset: 标准没有公布}}
  soft: [{code: ABILITY, name: 能力, part: interview}]
  open_at: {applicants_per_post: 2}
  exam:
    parts:
      - {code: written, name: 笔试, weight: 60, pass: 60, subjects: [{code: general, name: 综合, weight: 40}, {code: essay, name: 写作, weight: {assumed: 60, because: not printed}}]}
      - {code: interview, name: 面试, weight: 40, judges: {drop: {highest: 1, lowest: 1}, at_least: 5}}
    pass: 61
    shortlist: {for: interview, per_post: 3, ties: all}
    rounding: {digits: 3, mode: half_up, each: step}
  bonus: {added_to: written, before_weight: true, take: highest, at_most: 4, rows: [{name: 助理, when: {certificate: ASSISTANT}, points: 2}]}
  ties: [certificate, written.general, {assumed: age, because: not printed}]
  reviews: [MEDICAL, {value: POLITICAL, cite: D-9}]
  notice: {days: 6, count: working}
"""
