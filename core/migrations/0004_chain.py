"""Every entry of the trail hangs on the one before it, so that what an owner of the database changes is found."""

from django.db import migrations, models

FORWARD = """
-- All that an entry says, as one text; jsonb writes keys in an order of its own, whatever the order of writing was.
CREATE FUNCTION core_audit_text(e core_auditentry) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor_id,
                             e.actor_name, e.action, e.object_type, e.object_id, e.unit_code, e.before, e.after)::text
$$;

CREATE FUNCTION core_audit_digest(earlier text, link bigint, e core_auditentry) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(earlier || link::text || core_audit_text(e), 'UTF8')), 'hex')
$$;

-- Hang the committed entries that hang nowhere yet on the end of the chain, in the order of their numbers. depth: how
-- many links back to look for entries whose transactions took longer than others; NULL looks everywhere. An entry older
-- than `oldest` stays out: no transaction takes that long, so that it was put there by hand, and the check says so.
CREATE FUNCTION core_audit_chain(depth bigint, oldest interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    number bigint; earlier text; low bigint := 0; hung bigint := 0; e core_auditentry;
BEGIN
    PERFORM pg_advisory_xact_lock(7310201);  -- one at a time; what others committed before is seen from here on
    SELECT l.seq, l.digest INTO number, earlier FROM core_auditlink l ORDER BY l.seq DESC LIMIT 1;
    number := coalesce(number, 0);
    earlier := coalesce(earlier, '');
    IF depth IS NOT NULL THEN
        SELECT coalesce(min(l.entry_id), 0) INTO low FROM core_auditlink l WHERE l.seq = number - depth;
    END IF;
    FOR e IN SELECT a.* FROM core_auditentry a
              WHERE a.id > low AND (oldest IS NULL OR a.at > now() - oldest)
                AND NOT EXISTS (SELECT FROM core_auditlink l WHERE l.entry_id = a.id)
              ORDER BY a.id
    LOOP
        number := number + 1;
        earlier := core_audit_digest(earlier, number, e);
        INSERT INTO core_auditlink (seq, entry_id, digest) VALUES (number, e.id, earlier);
        hung := hung + 1;
    END LOOP;
    RETURN hung;
END $$;

-- What is wrong with the chain: a row a fault. `grace`: how young an entry may be that hangs nowhere yet.
CREATE FUNCTION core_audit_faults(grace interval) RETURNS TABLE (seq bigint, entry_id bigint, fault text)
LANGUAGE plpgsql AS $$
DECLARE
    expected bigint := 1; earlier text := ''; l core_auditlink; e core_auditentry;
BEGIN
    FOR l IN SELECT k.* FROM core_auditlink k ORDER BY k.seq LOOP
        IF l.seq <> expected THEN
            seq := expected; entry_id := NULL; fault := 'LINK_MISSING'; RETURN NEXT;
        END IF;
        SELECT a.* INTO e FROM core_auditentry a WHERE a.id = l.entry_id;
        IF NOT FOUND THEN
            seq := l.seq; entry_id := l.entry_id; fault := 'ENTRY_MISSING'; RETURN NEXT;
        ELSIF l.digest <> core_audit_digest(earlier, l.seq, e) AND l.seq = expected THEN
            seq := l.seq; entry_id := l.entry_id; fault := 'CHANGED'; RETURN NEXT;
        END IF;
        earlier := l.digest;
        expected := l.seq + 1;
    END LOOP;
    RETURN QUERY
        SELECT NULL::bigint, a.id, 'UNCHAINED' FROM core_auditentry a
         WHERE a.at < clock_timestamp() - grace
           AND NOT EXISTS (SELECT FROM core_auditlink k WHERE k.entry_id = a.id) ORDER BY a.id;
END $$;

CREATE TRIGGER core_auditlink_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditlink
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_auditlink ENABLE ALWAYS TRIGGER core_auditlink_append_only;
SELECT core_audit_chain(NULL, NULL);
"""
BACKWARD = """
DROP TRIGGER core_auditlink_append_only ON core_auditlink;
DROP FUNCTION core_audit_faults(interval);
DROP FUNCTION core_audit_chain(bigint, interval);
DROP FUNCTION core_audit_digest(text, bigint, core_auditentry);
DROP FUNCTION core_audit_text(core_auditentry);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_idempotency")]

    operations = [
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="number in the chain")),
                ("entry_id", models.BigIntegerField(unique=True, verbose_name="audit entry")),
                ("digest", models.CharField(db_collation="C", max_length=64, verbose_name="digest")),
            ],
            options={
                "verbose_name": "link of the audit chain",
                "verbose_name_plural": "links of the audit chain",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
