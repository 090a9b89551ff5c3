"""What is closed stays closed, points only grow, and no transaction ends with more people in a grade than its cap allows.

Caps: a statement that touches results recounts `used` of the caps of the pools it touched (one row a pool and grade, whose
lock makes concurrent transactions wait for each other); a deferred constraint trigger on the cap compares at commit, so
that rows may be exchanged inside a transaction. It counts the people anew as well: a cap can't be widened by claiming more
people than there are results. ENABLE ALWAYS keeps all guards up for sessions in replica mode.
"""

from django.db import migrations

POINTS = """
CREATE TRIGGER assessment_pointentry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON assessment_pointentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE assessment_pointentry ENABLE ALWAYS TRIGGER assessment_pointentry_append_only;
"""

CLOSED = """
CREATE FUNCTION assessment_guard_annual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' THEN
        RAISE EXCEPTION '% on assessment_annualresult refused: the result of person % for % is closed',
            TG_OP, OLD.person_id, OLD.year USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.person_id, NEW.year) IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.year)
       OR NEW.pool_id IS DISTINCT FROM OLD.pool_id OR NEW.evaluation_id IS DISTINCT FROM OLD.evaluation_id THEN
        RAISE EXCEPTION 'UPDATE on assessment_annualresult refused: a result stays that of its person, year and pool'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessment_annualresult_closed BEFORE UPDATE OR DELETE ON assessment_annualresult
    FOR EACH ROW EXECUTE FUNCTION assessment_guard_annual();
ALTER TABLE assessment_annualresult ENABLE ALWAYS TRIGGER assessment_annualresult_closed;

CREATE FUNCTION assessment_guard_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed THEN
        RAISE EXCEPTION '% on assessment_schemeresult refused: the result of person % for % is closed',
            TG_OP, OLD.person_id, OLD.period USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.pool_id IS DISTINCT FROM OLD.pool_id OR NEW.evaluation_id IS DISTINCT FROM OLD.evaluation_id THEN
        RAISE EXCEPTION 'UPDATE on assessment_schemeresult refused: a result stays that of its pool'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessment_schemeresult_closed BEFORE UPDATE OR DELETE ON assessment_schemeresult
    FOR EACH ROW EXECUTE FUNCTION assessment_guard_scheme();
ALTER TABLE assessment_schemeresult ENABLE ALWAYS TRIGGER assessment_schemeresult_closed;

CREATE FUNCTION assessment_guard_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM assessment_annualresult WHERE state = 'CLOSED')
       OR EXISTS (SELECT FROM assessment_schemeresult WHERE closed) THEN
        RAISE EXCEPTION 'TRUNCATE on % refused: there are closed results', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION assessment_guard_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' THEN
        RAISE EXCEPTION '% on assessment_evaluation refused: evaluation % is closed', TG_OP, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM assessment_annualresult r JOIN assessment_poolresult p ON p.id = r.pool_id
                    WHERE p.evaluation_id = OLD.id)
           OR EXISTS (SELECT FROM assessment_schemeresult r JOIN assessment_poolresult p ON p.id = r.pool_id
                       WHERE p.evaluation_id = OLD.id) THEN
            RAISE EXCEPTION 'DELETE on assessment_evaluation refused: evaluation % has results', OLD.id
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessment_evaluation_closed BEFORE UPDATE OR DELETE ON assessment_evaluation
    FOR EACH ROW EXECUTE FUNCTION assessment_guard_evaluation();
ALTER TABLE assessment_evaluation ENABLE ALWAYS TRIGGER assessment_evaluation_closed;

CREATE FUNCTION assessment_guard_pool() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint;
    run_state text;
BEGIN
    IF TG_TABLE_NAME = 'assessment_poolresult' THEN
        wanted := CASE WHEN TG_OP = 'INSERT' THEN NEW.evaluation_id ELSE OLD.evaluation_id END;
    ELSE
        SELECT evaluation_id INTO wanted FROM assessment_poolresult
         WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.pool_id ELSE OLD.pool_id END;
    END IF;
    SELECT state INTO run_state FROM assessment_evaluation WHERE id = wanted;
    IF run_state = 'CLOSED' THEN
        RAISE EXCEPTION '% on % refused: evaluation % is closed', TG_OP, TG_TABLE_NAME, wanted
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF TG_TABLE_NAME = 'assessment_poolresult' THEN
            IF EXISTS (SELECT FROM assessment_annualresult WHERE pool_id = OLD.id)
               OR EXISTS (SELECT FROM assessment_schemeresult WHERE pool_id = OLD.id) THEN
                RAISE EXCEPTION 'DELETE on assessment_poolresult refused: pool % has results', OLD.id
                    USING ERRCODE = 'foreign_key_violation';
            END IF;
        -- a cap goes only with its pool, which has no results then
        ELSIF EXISTS (SELECT FROM assessment_poolresult o
                        JOIN assessment_poolresult p ON p.evaluation_id = o.evaluation_id AND p.scheme = o.scheme
                             AND starts_with(p.unit_path, o.unit_path)
                       WHERE o.id = OLD.pool_id
                         AND (EXISTS (SELECT FROM assessment_annualresult r WHERE r.pool_id = p.id)
                              OR EXISTS (SELECT FROM assessment_schemeresult r WHERE r.pool_id = p.id))) THEN
            RAISE EXCEPTION 'DELETE on assessment_poolcap refused: its pool has results'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'assessment_poolcap' THEN
        IF (NEW.pool_id, NEW.grade, NEW.percent, NEW.counted, NEW.counted_of, NEW.rounding)
           IS DISTINCT FROM (OLD.pool_id, OLD.grade, OLD.percent, OLD.counted, OLD.counted_of, OLD.rounding) THEN
            RAISE EXCEPTION 'UPDATE on assessment_poolcap refused: a cap does not change' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

CAPS = """
CREATE FUNCTION assessment_recount(pools bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE assessment_poolcap c
       SET used = (SELECT count(*) FROM assessment_poolresult inner_pool
                     JOIN assessment_annualresult r ON r.pool_id = inner_pool.id AND r.grade = c.grade
                    WHERE inner_pool.evaluation_id = o.evaluation_id AND inner_pool.scheme = o.scheme
                      AND starts_with(inner_pool.unit_path, o.unit_path))
                + (SELECT count(*) FROM assessment_poolresult inner_pool
                     JOIN assessment_schemeresult r ON r.pool_id = inner_pool.id AND r.grade = c.grade
                    WHERE inner_pool.evaluation_id = o.evaluation_id AND inner_pool.scheme = o.scheme
                      AND starts_with(inner_pool.unit_path, o.unit_path))
      FROM assessment_poolresult o
     WHERE o.id = c.pool_id
       AND c.id IN (SELECT cap.id FROM assessment_poolcap cap
                      JOIN assessment_poolresult outer_pool ON outer_pool.id = cap.pool_id
                      JOIN assessment_poolresult touched ON touched.evaluation_id = outer_pool.evaluation_id
                           AND touched.scheme = outer_pool.scheme
                           AND starts_with(touched.unit_path, outer_pool.unit_path)
                     WHERE touched.id = ANY (pools));
$$;

CREATE FUNCTION assessment_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE pools bigint[];
BEGIN
    SELECT array_agg(DISTINCT pool_id) INTO pools FROM new_rows WHERE pool_id IS NOT NULL;
    IF pools IS NOT NULL THEN
        IF (SELECT count(*) FROM assessment_poolresult WHERE id = ANY (pools)) < cardinality(pools) THEN
            RAISE EXCEPTION 'INSERT on % refused: there is no such pool', TG_TABLE_NAME
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        IF EXISTS (SELECT FROM assessment_evaluation e JOIN assessment_poolresult p ON p.evaluation_id = e.id
                    WHERE p.id = ANY (pools) AND e.state = 'CLOSED') THEN
            RAISE EXCEPTION 'INSERT on % refused: the evaluation is closed', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM assessment_recount(pools);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION assessment_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE pools bigint[];
BEGIN
    SELECT array_agg(DISTINCT n.pool_id) INTO pools
      FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE n.pool_id IS NOT NULL AND n.grade IS DISTINCT FROM o.grade;
    IF pools IS NOT NULL THEN
        PERFORM assessment_recount(pools);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION assessment_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE pools bigint[];
BEGIN
    SELECT array_agg(DISTINCT pool_id) INTO pools FROM old_rows WHERE pool_id IS NOT NULL;
    IF pools IS NOT NULL THEN
        PERFORM assessment_recount(pools);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION assessment_check_cap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cap assessment_poolcap;
    pool assessment_poolresult;
    people bigint;
    holders bigint;
BEGIN
    SELECT * INTO cap FROM assessment_poolcap WHERE id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO pool FROM assessment_poolresult WHERE id = cap.pool_id;
    SELECT count(*) FILTER (WHERE cap.counted_of = 'all' OR r.grade IS NOT NULL), count(*) FILTER (WHERE r.grade = cap.grade)
      INTO people, holders
      FROM assessment_poolresult inner_pool
      JOIN (SELECT pool_id, grade FROM assessment_annualresult
            UNION ALL SELECT pool_id, grade FROM assessment_schemeresult) r ON r.pool_id = inner_pool.id
     WHERE inner_pool.evaluation_id = pool.evaluation_id AND inner_pool.scheme = pool.scheme
       AND starts_with(inner_pool.unit_path, pool.unit_path);
    IF holders > cap.at_most THEN
        RAISE EXCEPTION 'cap exceeded: % people have % in pool % (%), at most % of % may',
            holders, cap.grade, pool.id, pool.unit_path, cap.at_most, cap.counted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assessment_cap';
    END IF;
    IF holders > 0 AND cap.counted > people + (CASE WHEN cap.counted_of = 'all' THEN pool.missing ELSE 0 END) THEN
        RAISE EXCEPTION 'cap refused: % people are said to count in pool %, and there are %', cap.counted, pool.id, people
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assessment_cap_counted';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER assessment_poolcap_kept AFTER INSERT OR UPDATE ON assessment_poolcap
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION assessment_check_cap();
ALTER TABLE assessment_poolcap ENABLE ALWAYS TRIGGER assessment_poolcap_kept;
"""

RESULTS = """
CREATE TRIGGER {table}_counted_insert AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION assessment_count_inserted();
CREATE TRIGGER {table}_counted_update AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION assessment_count_updated();
CREATE TRIGGER {table}_counted_delete AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION assessment_count_deleted();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_counted_insert;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_counted_update;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_counted_delete;
"""
DROP_RESULTS = """
DROP TRIGGER {table}_counted_insert ON {table};
DROP TRIGGER {table}_counted_update ON {table};
DROP TRIGGER {table}_counted_delete ON {table};
"""

POOLS = """
CREATE TRIGGER {table}_closed BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION assessment_guard_pool();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_closed;
"""
DROP_POOLS = "DROP TRIGGER {table}_closed ON {table};"

TRUNCATE = """
CREATE TRIGGER {table}_closed_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION assessment_guard_truncate();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_closed_truncate;
"""
DROP_TRUNCATE = "DROP TRIGGER {table}_closed_truncate ON {table};"

DROP_CLOSED = """
DROP TRIGGER assessment_annualresult_closed ON assessment_annualresult;
DROP TRIGGER assessment_schemeresult_closed ON assessment_schemeresult;
DROP TRIGGER assessment_evaluation_closed ON assessment_evaluation;
DROP FUNCTION assessment_guard_annual, assessment_guard_scheme, assessment_guard_truncate, assessment_guard_evaluation,
    assessment_guard_pool;
"""
DROP_CAPS = """
DROP TRIGGER assessment_poolcap_kept ON assessment_poolcap;
DROP FUNCTION assessment_check_cap, assessment_count_deleted, assessment_count_updated, assessment_count_inserted,
    assessment_recount;
"""

COUNTED = ("assessment_annualresult", "assessment_schemeresult")
OF_POOLS = ("assessment_poolresult", "assessment_poolcap")
TABLES = (*COUNTED, *OF_POOLS, "assessment_evaluation")


class Migration(migrations.Migration):
    dependencies = [("assessment", "0001_initial"), ("core", "0002_append_only")]

    operations = [
        migrations.RunSQL(POINTS, "DROP TRIGGER assessment_pointentry_append_only ON assessment_pointentry;"),
        migrations.RunSQL(CLOSED, DROP_CLOSED),
        migrations.RunSQL(CAPS, DROP_CAPS),
        *[migrations.RunSQL(RESULTS.format(table=t), DROP_RESULTS.format(table=t)) for t in COUNTED],
        *[migrations.RunSQL(POOLS.format(table=t), DROP_POOLS.format(table=t)) for t in OF_POOLS],
        *[migrations.RunSQL(TRUNCATE.format(table=t), DROP_TRUNCATE.format(table=t)) for t in TABLES],
    ]
