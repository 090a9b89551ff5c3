"""What the planner must not overrate: looks at other rows that hardly any row of a list needs.

An EXISTS beside an index condition is charged for every row, and the planner then reads whole indexes to spare itself
rows. As functions with a small cost the same looks are taken for what they are. And a post that has begun and has no end
gets a word of its own (O/), so that the holders of a post today are found by the index alone.
"""

from django.db import migrations

FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION personnel_listing_fill(people bigint[]) RETURNS void LANGUAGE sql AS $$
  WITH held AS (
    SELECT e.person_id, e.id AS employment_id, NULL::bigint AS tenure_id, e.unit_path, e.category, e.entry_channel, e.start,
           coalesce(e."end", date '9999-12-31') AS "end", e.probation_end, e.contract_end
      FROM personnel_employment e WHERE people IS NULL OR e.person_id = ANY (people)
    UNION ALL
    SELECT t.person_id, NULL, t.id, u.path, 'NONE', NULL, t.start, coalesce(t."end", date '9999-12-31'), NULL, NULL
      FROM personnel_tenure t JOIN personnel_post s ON s.id = t.post_id JOIN organization_unit u ON u.id = s.unit_id
     WHERE (people IS NULL OR t.person_id = ANY (people))
       AND NOT EXISTS (SELECT FROM personnel_employment e WHERE e.person_id = t.person_id
                          AND e.start < coalesce(t."end", date '9999-12-31')
                          AND coalesce(e."end", date '9999-12-31') > t.start)),
  spaced AS (
    SELECT *, coalesce(lag("end") OVER w <= start, true) AND coalesce(lead(start) OVER w >= "end", true) AS alone
      FROM held WINDOW w AS (PARTITION BY person_id ORDER BY start, "end"))
  INSERT INTO personnel_listing (person_id, employment_id, tenure_id, unit_path, sort_name, first, start, "end", probation_end,
                                 contract_end, born, alone, words)
  SELECT p.id, r.employment_id, r.tenure_id, r.unit_path, p.name_pinyin, left(p.name, 1), r.start, r."end",
         coalesce(r.probation_end, date '9999-12-31'), coalesce(r.contract_end, date '9999-12-31'),
         coalesce(p.birth_date, date '0001-01-01'), r.alone,
         array_to_tsvector(array_remove(
           personnel_search_words(p.name, p.name_pinyin, p.name_readings)
           || ARRAY['S/' || p.sex, 'P/' || p.political_status, 'Q/' || p.political_status, 'K/' || r.category,
                    'N/' || r.entry_channel]
           || coalesce(x.past, '{}') || coalesce(x.educations, '{}') || x.highest || coalesce(x.certificates, '{}') || coalesce(x.titles, '{}'), NULL))
    FROM spaced r
    JOIN personnel_person p ON p.id = r.person_id
   CROSS JOIN LATERAL (
    SELECT (SELECT array_agg(DISTINCT 'E/' || level) FROM personnel_education WHERE person_id = p.id) AS educations,
           (SELECT 'H/' || level FROM personnel_education WHERE person_id = p.id
             ORDER BY array_position(ARRAY['DOCTOR', 'MASTER', 'BACHELOR', 'COLLEGE', 'SECONDARY', 'HIGH', 'JUNIOR',
                                           'PRIMARY', 'OTHER'], level::text) LIMIT 1) AS highest,
           (SELECT array_agg(word) FROM personnel_personpast o CROSS JOIN LATERAL unnest(
                     CASE o.field WHEN 'name' THEN array(SELECT ltrim(former, '<')
                                                                 FROM unnest(personnel_search_words(o.value, '', '')) AS former)
                                  ELSE ARRAY['Q/' || o.value] END) AS word
             WHERE o.person_id = p.id AND o.field IN ('name', 'political_status') AND o.value <> '') AS past,
           (SELECT array_agg(DISTINCT 'C/' || level) FROM personnel_certificate WHERE person_id = p.id) AS certificates,
           (SELECT array_agg(DISTINCT word) FROM personnel_tenure h CROSS JOIN LATERAL unnest(ARRAY[
                     'T/' || h.title, CASE WHEN h."end" IS NULL AND h.start <= current_date THEN 'O/' || h.title END]) AS word
             WHERE h.person_id = p.id) AS titles) x
$$;

-- No other row of a person holds on a day, within ranges of paths, and began later.
CREATE FUNCTION personnel_listing_newest(whose bigint, own bigint, began date, day date, low text[], high text[])
RETURNS boolean LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM personnel_listing o
     WHERE o.person_id = whose AND o.start <= day AND o."end" > day AND (o.start, o.id) > (began, own)
       AND EXISTS (SELECT FROM unnest(low, high) AS scope (l, h) WHERE o.unit_path >= l AND o.unit_path < h));
END $$;

-- A person holds one of some posts on a day.
CREATE FUNCTION personnel_holds_post(whose bigint, titles text[], day date)
RETURNS boolean LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM personnel_tenure t
     WHERE t.person_id = whose AND t.title = ANY (titles) AND t.start <= day AND (t."end" IS NULL OR t."end" > day));
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("personnel", "0005_drafts")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS,
            """DROP FUNCTION personnel_holds_post(bigint, text[], date);
               DROP FUNCTION personnel_listing_newest(bigint, bigint, date, date, text[], text[])""",
        ),
        migrations.RunSQL("SELECT personnel_listing_renew(NULL)", migrations.RunSQL.noop),
    ]
