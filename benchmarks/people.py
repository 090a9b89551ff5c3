"""Invented units and people in any number, made by the database itself: the same number gives the same people.

A place of N people is a province of its own: 20 people a community (one chief, one deputy, 18 others), 50 communities a
street, 20 streets a county, 10 counties a city. Attributes come from hashes of the person's number.
"""

from __future__ import annotations

import random
import uuid
from io import StringIO
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from core.crypto import key_ring
from organization.models import Unit
from personnel.models import Person
from personnel.rules.names import name_pinyin
from policy.models import PolicyVersion
from policy.services import policy_load

A_COMMUNITY = 20
POLICY = Path(__file__).with_name("policy.yaml")


def populate(place: str, people: int, *, years: tuple[int, ...] = (2024, 2025)) -> tuple[Unit, PolicyVersion]:
    """Make a province `place` (two digits) with so many people, their records and earlier results, and its policy."""
    communities = people // A_COMMUNITY
    version = policy_load(actor=None, text=POLICY.read_text().replace('place: "99"', f'place: "{place}"'))
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _UNITS.format(place=place, communities=communities).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute("SELECT coalesce(max(id), 0) FROM personnel_person")
        first = cursor.fetchone()[0]
        for table, name in _SLOW:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}"')
        _listing_triggers(cursor, "DISABLE")
        _sealed_numbers(cursor, first, people)
        values = {"place": place, "communities": communities, "first": first, "people": people, **_words()}
        for statement in _PEOPLE.format(**values).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        for year in years:
            cursor.execute(_RESULTS.format(first=first, people=people, year=year))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come can't be altered
        cursor.execute("SELECT setval(pg_get_serial_sequence('personnel_person', 'id'), %s)", [first + people])
        _listing_triggers(cursor, "ENABLE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Unit.objects.get(code=place.ljust(12, "0")), version


def _sealed_numbers(cursor: Any, first: int, people: int) -> None:
    """bench_number: the identity number of each person, sealed to a key of their row; 20 µs a person."""
    cursor.execute(
        """CREATE TEMP TABLE IF NOT EXISTS bench_number (id bigint, key uuid, sealed text, digest text);
           TRUNCATE bench_number"""
    )
    cursor.execute(
        """SELECT id, (100000 + id / 10000)::text
                  || to_char(date '1968-01-01' + (abs(hashint8extended(id - %s - 1, 42)) %% 1000000007 %% 11000)::integer, 'YYYYMMDD')
                  || lpad((id %% 10000)::text, 4, '0')
             FROM generate_series(%s::bigint + 1, %s::bigint) id""",
        [first, first, first + people],
    )
    ring, table = key_ring(), Person._meta.db_table
    chance = random.Random(first)  # the same number gives the same people
    while rows := cursor.fetchmany(100_000):
        lines = []
        for number, text in rows:
            key = uuid.UUID(int=chance.getrandbits(128), version=4)
            sealed = ring.seal(text.encode(), f"{table}.identity_number|{key}")
            lines.append(f"{number}\t{key}\t{sealed}\t{ring.digest(text, f'{table}.identity_number')}\n")
        with connection.connection.cursor() as copying:
            copying.copy_from(StringIO("".join(lines)), "bench_number")


def _listing_triggers(cursor: Any, what: str) -> None:
    """Lists of these people are made afterwards, by the benchmark of lists (`benchmarks.lists.fill`)."""
    for table in ("employment", "tenure", "education", "certificate"):
        cursor.execute(f"ALTER TABLE personnel_{table} {what} TRIGGER personnel_listing_{table}_added")


# A hundred surnames, the frequent ones several times, and the characters of given names: names that many people share.
_SURNAMES = "王王王王王王王李李李李李李李张张张张张张刘刘刘刘刘陈陈陈陈杨杨杨黄黄赵赵吴吴周周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦单解"
_GIVEN = "小芳秀英伟丽敏静强磊军洋勇艳杰娟涛明超霞平刚桂红玉华文梅建国志国春兰海燕晓东雪飞鹏丹萍云龙莉倩宇欣怡佳琪子涵浩然思雨梦瑶俊凯婷玲波宁成林俐慧珍辉亮峰斌"


def _words() -> dict[str, object]:
    """ "王 wang,王 wang,…" for the database, which knows no pinyin."""
    sounds = {word: name_pinyin(word) for word in {*_SURNAMES, *_GIVEN}}
    surnames = (_SURNAMES * 2)[:100]
    return {
        "surnames": ",".join(f"{word} {sounds[word]}" for word in surnames),
        "given": ",".join(f"{word} {sounds[word]}" for word in _GIVEN),
        "given_count": len(_GIVEN),
    }


# Checks of overlap by index are slow to load a million rows through, and nothing here overlaps.
_SLOW = (
    ("personnel_employment", "personnel_employment_one_of_a_category_at_a_time"),
    ("personnel_tenure", "personnel_tenure_one_holder_at_a_time"),
    ("personnel_tenure", "personnel_tenure_once_at_a_time"),
    ("payroll_gradespan", "payroll_gradespan_one_at_a_time"),
)

_UNITS = """
CREATE TEMP TABLE IF NOT EXISTS bench_unit (kind text, short text, parent text, path text);
TRUNCATE bench_unit;
INSERT INTO bench_unit
SELECT 'COMMUNITY', street || lpad((1 + n % 50)::text, 3, '0'), street,
       city_path || county || '/' || street || '/' || street || lpad((1 + n % 50)::text, 3, '0') || '/'
  FROM (SELECT n, '{place}/' || '{place}' || lpad((1 + n / 10000)::text, 2, '0') || '/' AS city_path,
               '{place}' || lpad((1 + n / 10000)::text, 2, '0') || lpad((1 + n / 1000 % 10)::text, 2, '0') AS county,
               '{place}' || lpad((1 + n / 10000)::text, 2, '0') || lpad((1 + n / 1000 % 10)::text, 2, '0')
                         || lpad((1 + n / 50 % 20)::text, 3, '0') AS street
          FROM generate_series(0, {communities} - 1) n) c;
INSERT INTO bench_unit SELECT DISTINCT 'STREET', parent, left(parent, 6), left(path, 15 + 10) FROM bench_unit
 WHERE kind = 'COMMUNITY';
INSERT INTO bench_unit SELECT DISTINCT 'COUNTY', parent, left(parent, 4), left(path, 15) FROM bench_unit
 WHERE kind = 'STREET';
INSERT INTO bench_unit SELECT DISTINCT 'CITY', parent, left(parent, 2), left(path, 8) FROM bench_unit WHERE kind = 'COUNTY';
INSERT INTO bench_unit VALUES ('PROVINCE', '{place}', NULL, '{place}/');
INSERT INTO organization_unit (code, name, name_en, kind, parent_id, path, valid_from)
SELECT rpad(short, 12, '0'), '测算' || short, 'Bench ' || short, kind, NULL, path, date '2000-01-01'
  FROM bench_unit WHERE kind = 'PROVINCE';
INSERT INTO organization_unit (code, name, name_en, kind, parent_id, path, valid_from)
SELECT rpad(b.short, 12, '0'), '测算' || b.short, 'Bench ' || b.short, b.kind, u.id, b.path, date '2000-01-01'
  FROM bench_unit b JOIN organization_unit u ON u.code = rpad(b.parent, 12, '0') WHERE b.kind = 'CITY';
INSERT INTO organization_unit (code, name, name_en, kind, parent_id, path, valid_from)
SELECT rpad(b.short, 12, '0'), '测算' || b.short, 'Bench ' || b.short, b.kind, u.id, b.path, date '2000-01-01'
  FROM bench_unit b JOIN organization_unit u ON u.code = rpad(b.parent, 12, '0') WHERE b.kind = 'COUNTY';
INSERT INTO organization_unit (code, name, name_en, kind, parent_id, path, valid_from)
SELECT rpad(b.short, 12, '0'), '测算' || b.short, 'Bench ' || b.short, b.kind, u.id, b.path, date '2000-01-01'
  FROM bench_unit b JOIN organization_unit u ON u.code = rpad(b.parent, 12, '0') WHERE b.kind = 'STREET';
INSERT INTO organization_unit (code, name, name_en, kind, parent_id, path, valid_from)
SELECT b.short, '测算' || b.short, 'Bench ' || b.short, b.kind, u.id, b.path, date '2000-01-01'
  FROM bench_unit b JOIN organization_unit u ON u.code = rpad(b.parent, 12, '0') WHERE b.kind = 'COMMUNITY'
 ORDER BY b.path;
ANALYZE organization_unit
"""

_PEOPLE = """
CREATE TEMP TABLE IF NOT EXISTS bench_surname (n bigint, word text, sound text);
CREATE TEMP TABLE IF NOT EXISTS bench_given (n bigint, word text, sound text);
CREATE TEMP TABLE IF NOT EXISTS bench_given2 (n bigint, word text, sound text);
TRUNCATE bench_surname, bench_given, bench_given2;
INSERT INTO bench_surname
SELECT row_number() OVER () - 1, split_part(w, ' ', 1), split_part(w, ' ', 2)
  FROM (SELECT string_to_table('{surnames}', ',') AS w) words;
INSERT INTO bench_given SELECT g, (string_to_array('{given}', ','))[1 + g % {given_count}], '' FROM generate_series(0, 119) g;
INSERT INTO bench_given2 SELECT g, CASE WHEN g % 7 = 0 THEN '' ELSE (string_to_array('{given}', ','))[1 + g * 7 % {given_count}] END, ''
  FROM generate_series(0, 129) g;
UPDATE bench_given SET sound = split_part(word, ' ', 2), word = split_part(word, ' ', 1);
UPDATE bench_given2 SET sound = split_part(word, ' ', 2), word = split_part(word, ' ', 1);
CREATE TEMP TABLE IF NOT EXISTS bench_place (n bigint, unit_id bigint, path text);
TRUNCATE bench_place;
INSERT INTO bench_place SELECT row_number() OVER (ORDER BY path) - 1, id, path FROM organization_unit
 WHERE kind = 'COMMUNITY' AND path >= '{place}/' AND path < '{place}0';
INSERT INTO personnel_post (unit_id, body, title, single_holder)
SELECT unit_id, body, title, single FROM bench_place,
       (VALUES ('PARTY', 'PARTY_SECRETARY', true), ('COMMITTEE', 'DEPUTY_DIRECTOR', true), ('STAFF', 'STAFF', false))
       AS posts (body, title, single) ORDER BY n;
CREATE TEMP TABLE IF NOT EXISTS bench_person (id bigint, k integer, h bigint, unit_id bigint, path text, entered date);
TRUNCATE bench_person;
INSERT INTO bench_person
SELECT {first} + 1 + g, g % 20, h, p.unit_id, p.path, date '2008-01-01' + (h / 7 % 6400)::integer
  FROM (SELECT g, abs(hashint8extended(g, 42)) % 1000000007 AS h FROM generate_series(0, {people} - 1) g) s
  JOIN bench_place p ON p.n = g / 20;
INSERT INTO personnel_person (id, name, name_pinyin, key, identity_number, identity_number_index, sex, birth_date, ethnic_group, political_status,
                              registered_residence, lives_in, work_started, certificate_exams_failed, background)
SELECT id, s.word || g.word || g2.word, s.sound || ' ' || g.sound || coalesce(' ' || nullif(g2.sound, ''), ''),
       bench_number.key, bench_number.sealed, bench_number.digest,
       CASE WHEN h % 10 < 7 THEN 'FEMALE' ELSE 'MALE' END,
       date '1968-01-01' + (h % 11000)::integer, '01', CASE WHEN h / 17 % 3 = 0 THEN 'PARTY_MEMBER' ELSE 'MASSES' END, '', '',
       entered, 0, ''
  FROM bench_person JOIN bench_number USING (id) JOIN bench_surname s ON s.n = h / 11 % 100 JOIN bench_given g ON g.n = h / 1300 % 120
  JOIN bench_given2 g2 ON g2.n = h / 170000 % 130 ORDER BY id;
INSERT INTO personnel_employment (person_id, employer_id, unit_id, unit_path, category, entry_channel, start, "end",
                                  probation_end, contract_start, contract_end, establishment, end_reason)
SELECT id, unit_id, unit_id, path, 'COMMUNITY_WORKER', 'OPEN_RECRUITMENT', entered, NULL, entered + 183, NULL, NULL,
       NULL, '' FROM bench_person ORDER BY path, id;
INSERT INTO personnel_tenure (person_id, post_id, body, title, single_holder, start, "end", full_time, appointed_as,
                              document)
SELECT b.id, p.id, p.body, p.title, p.single_holder, b.entered, NULL, true, NULL, ''
  FROM bench_person b
  JOIN personnel_post p ON p.unit_id = b.unit_id
   AND p.title = CASE b.k WHEN 0 THEN 'PARTY_SECRETARY' WHEN 1 THEN 'DEPUTY_DIRECTOR' ELSE 'STAFF' END ORDER BY b.id;
INSERT INTO personnel_education (person_id, level, degree, study_mode, school, major, graduated)
SELECT id, CASE WHEN h % 5 = 0 THEN 'BACHELOR' ELSE 'COLLEGE' END, CASE WHEN h % 5 = 0 THEN 'BACHELOR' END, 'FULL_TIME',
       '', NULL, date '2005-07-01' FROM bench_person ORDER BY id;
INSERT INTO personnel_certificate (person_id, level, number, issued, appointed_from)
SELECT id, CASE WHEN h % 30 = 0 THEN 'SOCIAL_WORKER' ELSE 'ASSISTANT' END, 'B' || id, date '2020-11-01', NULL
  FROM bench_person WHERE h % 3 = 0 ORDER BY id;
INSERT INTO payroll_gradespan (person_id, scale, value, start, "end", code, params, run_id)
SELECT id, 'grade', CASE WHEN k = 0 THEN 7 WHEN k = 1 THEN 4 ELSE 1 END + (h % 5)::integer, date '2024-01-01', NULL,
       'IMPORTED', '{{}}', NULL FROM bench_person ORDER BY id;
INSERT INTO training_trainingrecord (person_id, title, organiser, mode, started, days)
SELECT id, '全员轮训', '组织部', 'CENTRAL', make_date(year, 1 + k % 12, 1 + (h % 28)::integer), 5
  FROM bench_person, generate_series(date_part('year', now())::integer - 2, date_part('year', now())::integer) year
 WHERE (h + year) % 5 <> 0 ORDER BY id, year
"""

_RESULTS = """
INSERT INTO assessment_annualresult (person_id, year, unit_id, evaluation_id, pool_id, scheme, grade, merit, score, rank,
                                     inputs, reasons, assumed, source, state)
SELECT b.id, {year}, b.unit_id, NULL, NULL, NULL,
       CASE WHEN (b.h + {year}) % 4 = 0 THEN 'EXCELLENT' WHEN (b.h + {year}) % 50 = 1 THEN 'UNQUALIFIED' ELSE 'QUALIFIED' END,
       NULL, NULL, NULL, '{{}}', '[]', false, 'IMPORTED', 'CLOSED'
  FROM bench_person b ORDER BY b.id
"""
