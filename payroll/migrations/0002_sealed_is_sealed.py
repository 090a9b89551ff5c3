"""A sealed pay run, its slips and all that belongs to it refuse every change, whichever role asks.

Statement triggers look at the distinct runs of the rows that a statement touches, so that COPY stays cheap. The lock
on the run keeps a seal from passing rows that are still being written. Rows of a run that does not exist are refused
as well: slips have no foreign-key triggers. ENABLE ALWAYS keeps the guards up for sessions in replica mode.
"""

from django.db import migrations

TABLES = ("payroll_payslip", "payroll_payleftout", "payroll_paydifference", "payroll_arrearsline", "payroll_paybatch")

FUNCTIONS = """
CREATE FUNCTION payroll_refuse_sealed_runs(runs bigint[], what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known integer;
    closed bigint;
BEGIN
    SELECT count(*), min(id) FILTER (WHERE state = 'SEALED') INTO known, closed
      FROM (SELECT id, state FROM payroll_payrun WHERE id = ANY (runs) ORDER BY id FOR SHARE) AS locked;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION '% refused: pay run % is sealed', what, closed USING ERRCODE = 'restrict_violation';
    END IF;
    IF known < cardinality(runs) AND what NOT LIKE 'DELETE%' THEN
        RAISE EXCEPTION '% refused: there is no such pay run', what USING ERRCODE = 'foreign_key_violation';
    END IF;
END $$;

CREATE FUNCTION payroll_guard_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE runs bigint[];
BEGIN
    SELECT array_agg(DISTINCT run_id) INTO runs FROM new_rows;
    IF runs IS NOT NULL THEN
        PERFORM payroll_refuse_sealed_runs(runs, TG_OP || ' on ' || TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION payroll_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE runs bigint[];
BEGIN
    SELECT array_agg(DISTINCT run_id) INTO runs
      FROM (SELECT run_id FROM new_rows UNION SELECT run_id FROM old_rows) AS both_rows;
    IF runs IS NOT NULL THEN
        PERFORM payroll_refuse_sealed_runs(runs, TG_OP || ' on ' || TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION payroll_guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE runs bigint[];
BEGIN
    SELECT array_agg(DISTINCT run_id) INTO runs FROM old_rows;
    IF runs IS NOT NULL THEN
        PERFORM payroll_refuse_sealed_runs(runs, TG_OP || ' on ' || TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION payroll_guard_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payroll_payrun WHERE state = 'SEALED') THEN
        RAISE EXCEPTION 'TRUNCATE on % refused: there are sealed pay runs', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION payroll_guard_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'SEALED' THEN
        RAISE EXCEPTION '% on payroll_payrun refused: pay run % is sealed', TG_OP, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM payroll_payslip WHERE run_id = OLD.id) THEN
            RAISE EXCEPTION 'DELETE on payroll_payrun refused: pay run % has slips', OLD.id
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'UPDATE on payroll_payrun refused: the number of a run never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.lines <> '[]'::jsonb AND (NEW.lines <> OLD.lines OR NEW.inputs <> OLD.inputs) THEN
        RAISE EXCEPTION 'UPDATE on payroll_payrun refused: the order of lines and inputs of run % never changes', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payroll_payrun_sealed BEFORE UPDATE OR DELETE ON payroll_payrun
    FOR EACH ROW EXECUTE FUNCTION payroll_guard_run();
ALTER TABLE payroll_payrun ENABLE ALWAYS TRIGGER payroll_payrun_sealed;
CREATE TRIGGER payroll_payrun_sealed_truncate BEFORE TRUNCATE ON payroll_payrun
    FOR EACH STATEMENT EXECUTE FUNCTION payroll_guard_truncate();
ALTER TABLE payroll_payrun ENABLE ALWAYS TRIGGER payroll_payrun_sealed_truncate;
"""

TABLE = """
CREATE TRIGGER {table}_sealed_insert AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION payroll_guard_insert();
CREATE TRIGGER {table}_sealed_update AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION payroll_guard_update();
CREATE TRIGGER {table}_sealed_delete AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION payroll_guard_delete();
CREATE TRIGGER {table}_sealed_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION payroll_guard_truncate();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_sealed_insert;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_sealed_update;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_sealed_delete;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_sealed_truncate;
"""

DROP_TABLE = """
DROP TRIGGER {table}_sealed_insert ON {table};
DROP TRIGGER {table}_sealed_update ON {table};
DROP TRIGGER {table}_sealed_delete ON {table};
DROP TRIGGER {table}_sealed_truncate ON {table};
"""

DROP_FUNCTIONS = """
DROP TRIGGER payroll_payrun_sealed ON payroll_payrun;
DROP TRIGGER payroll_payrun_sealed_truncate ON payroll_payrun;
DROP FUNCTION payroll_guard_insert, payroll_guard_update, payroll_guard_delete, payroll_guard_truncate,
    payroll_guard_run, payroll_refuse_sealed_runs;
"""


class Migration(migrations.Migration):
    dependencies = [("payroll", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *[migrations.RunSQL(TABLE.format(table=t), DROP_TABLE.format(table=t)) for t in TABLES],
    ]
