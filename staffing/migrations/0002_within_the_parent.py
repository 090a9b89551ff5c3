"""What is shared out below stays within what it was shared out from, however it is written.

The trigger is deferred, so that all shares of a unit may be written one after the other, and compares at commit. It
locks the plan first: of two transactions that share out the same seats, neither sees the other's rows, and the second
has to wait and look again.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION staffing_within_parent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plans bigint[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.plan_id] ELSE ARRAY[OLD.plan_id, NEW.plan_id] END;
BEGIN
    PERFORM FROM staffing_quotaplan WHERE id = ANY (plans) ORDER BY id FOR NO KEY UPDATE;  -- one at a time
    PERFORM FROM staffing_quotaallocation c JOIN staffing_quotaallocation p ON p.id = c.parent_id
      WHERE p.id IN (NEW.id, NEW.parent_id) AND c.plan_id <> p.plan_id;
    IF FOUND THEN
        RAISE EXCEPTION 'seats of one plan shared out in another'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staffing_allocation_one_plan';
    END IF;
    PERFORM FROM staffing_quotaallocation c JOIN staffing_quotaallocation p ON p.id = c.parent_id
      WHERE p.id IN (NEW.id, NEW.parent_id) GROUP BY p.id, p.number HAVING sum(c.number) > p.number;
    IF FOUND THEN
        RAISE EXCEPTION 'more seats shared out than there are'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staffing_allocation_within_parent';
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE CONSTRAINT TRIGGER staffing_within_parent AFTER INSERT OR UPDATE ON staffing_quotaallocation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION staffing_within_parent();
"""
BACKWARD = """
DROP TRIGGER staffing_within_parent ON staffing_quotaallocation;
DROP FUNCTION staffing_within_parent();
"""


class Migration(migrations.Migration):
    dependencies = [("staffing", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTION + TRIGGER, BACKWARD)]
