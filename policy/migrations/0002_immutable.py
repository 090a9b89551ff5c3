"""A policy version stays what it was when loaded, whichever role asks.

Two changes are possible, both needed when a next version comes: closing an end that was open, and withdrawing a
version that a correction replaces. Index values are facts that were published: they are never changed either.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION policy_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'DELETE on policy_policyversion refused: % / % is loaded and stays', OLD.place, OLD.version
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF ROW(NEW.id, NEW.place, NEW.version, NEW.name, NEW.name_en, NEW.published, NEW.sha256, NEW.text, NEW.parent_id,
           NEW.loaded_at, NEW.reason)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.place, OLD.version, OLD.name, OLD.name_en, OLD.published, OLD.sha256, OLD.text, OLD.parent_id,
           OLD.loaded_at, OLD.reason) THEN
        RAISE EXCEPTION 'UPDATE on policy_policyversion refused: % / % never changes; load a new version',
            OLD.place, OLD.version USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.effective <> OLD.effective
       AND NOT (upper_inf(OLD.effective) AND lower(NEW.effective) = lower(OLD.effective) AND NOT upper_inf(NEW.effective)) THEN
        RAISE EXCEPTION 'UPDATE on policy_policyversion refused: only the open end of % / % can be closed',
            OLD.place, OLD.version USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND NEW.status <> 'WITHDRAWN' THEN
        RAISE EXCEPTION 'UPDATE on policy_policyversion refused: % / % was withdrawn for good', OLD.place, OLD.version
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_policyversion_stays BEFORE UPDATE OR DELETE ON policy_policyversion
    FOR EACH ROW EXECUTE FUNCTION policy_guard_version();
ALTER TABLE policy_policyversion ENABLE ALWAYS TRIGGER policy_policyversion_stays;

CREATE FUNCTION policy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: what was loaded stays', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER policy_policyversion_stays_truncate BEFORE TRUNCATE ON policy_policyversion
    FOR EACH STATEMENT EXECUTE FUNCTION policy_refuse_change();
ALTER TABLE policy_policyversion ENABLE ALWAYS TRIGGER policy_policyversion_stays_truncate;
CREATE TRIGGER policy_indexvalue_stays BEFORE UPDATE OR DELETE ON policy_indexvalue
    FOR EACH ROW EXECUTE FUNCTION policy_refuse_change();
ALTER TABLE policy_indexvalue ENABLE ALWAYS TRIGGER policy_indexvalue_stays;
CREATE TRIGGER policy_indexvalue_stays_truncate BEFORE TRUNCATE ON policy_indexvalue
    FOR EACH STATEMENT EXECUTE FUNCTION policy_refuse_change();
ALTER TABLE policy_indexvalue ENABLE ALWAYS TRIGGER policy_indexvalue_stays_truncate;
"""
BACKWARD = """
DROP TRIGGER policy_policyversion_stays ON policy_policyversion;
DROP TRIGGER policy_policyversion_stays_truncate ON policy_policyversion;
DROP TRIGGER policy_indexvalue_stays ON policy_indexvalue;
DROP TRIGGER policy_indexvalue_stays_truncate ON policy_indexvalue;
DROP FUNCTION policy_guard_version();
DROP FUNCTION policy_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
