"""Closed results stay closed for everybody but a confirmed deletion, which takes a person's away and leaves counts alone."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION assessment_guard_annual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' AND NOT ({deleting}) THEN
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

CREATE OR REPLACE FUNCTION assessment_guard_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed AND NOT ({deleting}) THEN
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

CREATE OR REPLACE FUNCTION assessment_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE pools bigint[];
BEGIN
    SELECT array_agg(DISTINCT pool_id) INTO pools FROM old_rows WHERE pool_id IS NOT NULL;
    IF pools IS NOT NULL AND NOT ({deleting}) THEN
        PERFORM assessment_recount(pools);
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("assessment", "0004_results_by_year"), ("core", "0008_redaction")]

    operations = [
        migrations.RunSQL(
            FORWARD.format(deleting="TG_OP = 'DELETE' AND core_deleting()"), FORWARD.format(deleting="false")
        )
    ]
