"""What an entry of the trail says of somebody can be taken away by a confirmed deletion, and the check still holds.

Entries from now on have a salt, which their digest covers: with the salt gone too, nobody finds out what was said by
trying. What is left of a redacted entry has a digest of its own, and the entry of the deletion the digest of all of those.
"""

import re
from importlib import import_module

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models

FORWARD = """
-- The transaction in which the owner's function of deletion is at work (cwms/retention). No other role writes here: a
-- setting could be made by anybody, and functions of triggers run as the owner, whoever caused them.
CREATE TABLE core_deletionwork (xact xid8 PRIMARY KEY);
CREATE FUNCTION core_deleting() RETURNS boolean STABLE SECURITY DEFINER SET search_path = public, pg_temp
LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM core_deletionwork WHERE xact = pg_current_xact_id_if_assigned())';

CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND core_deleting() THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % refused: it is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- An entry without a salt is of before there was one: its text is as it was.
CREATE OR REPLACE FUNCTION core_audit_text(e core_auditentry) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT (jsonb_build_array(e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor_id,
                              e.actor_name, e.action, e.object_type, e.object_id, e.unit_code, e.before, e.after)
            || CASE WHEN e.salt IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(e.salt) END)::text
$$;

-- Of a deletion: its redactions as one digest.
CREATE FUNCTION core_audit_redactions(deletion bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(coalesce(string_agg(r.entry_id || ':' || r.digest, ',' ORDER BY r.entry_id), ''),
                                    'UTF8')), 'hex')
      FROM core_auditredaction r WHERE r.act = deletion
$$;

-- The deletions whose redactions count: one user proposed each, another confirmed it, both hang on the chain (or are
-- too young to), and the confirmation names exactly these redactions.
CREATE FUNCTION core_audit_sound_acts(grace interval) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(a.act), '{}')
      FROM (SELECT DISTINCT r.act FROM core_auditredaction r) a
     WHERE EXISTS (
        SELECT FROM core_auditentry done
          JOIN core_auditentry asked ON asked.object_type = done.object_type AND asked.object_id = done.object_id
               AND asked.action = 'personnel.deletion.propose' AND asked.actor_id <> done.actor_id
         WHERE done.object_type = 'personnel.deletion' AND done.object_id = a.act::text
           AND done.action = 'personnel.deletion.confirm'
           AND done.after ->> 'redactions' = core_audit_redactions(a.act)
           AND NOT EXISTS (SELECT FROM unnest(ARRAY[done.id, asked.id]) needed
                            WHERE NOT EXISTS (SELECT FROM core_auditlink k WHERE k.entry_id = needed)
                              AND done.at < clock_timestamp() - grace))
$$;

-- Whether an entry says what its link was made of; of a redacted one, what its deletion left of it.
CREATE FUNCTION core_audit_holds(link text, earlier text, number bigint, e core_auditentry, acts bigint[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT r.act = ANY (acts) AND r.digest = encode(sha256(convert_to(core_audit_text(e), 'UTF8')), 'hex')
           FROM core_auditredaction r WHERE r.entry_id = e.id ORDER BY r.act DESC LIMIT 1),
        link = core_audit_digest(earlier, number, e))
$$;

CREATE OR REPLACE FUNCTION core_audit_faults(grace interval) RETURNS TABLE (seq bigint, entry_id bigint, fault text)
LANGUAGE plpgsql AS $$
DECLARE
    expected bigint := 1; earlier text := ''; l core_auditlink; e core_auditentry;
    acts constant bigint[] := core_audit_sound_acts(grace);
BEGIN
    FOR l IN SELECT k.* FROM core_auditlink k ORDER BY k.seq LOOP
        IF l.seq <> expected THEN
            seq := expected; entry_id := NULL; fault := 'LINK_MISSING'; RETURN NEXT;
        END IF;
        SELECT a.* INTO e FROM core_auditentry a WHERE a.id = l.entry_id;
        IF NOT FOUND THEN
            seq := l.seq; entry_id := l.entry_id; fault := 'ENTRY_MISSING'; RETURN NEXT;
        ELSIF l.seq = expected AND NOT core_audit_holds(l.digest, earlier, l.seq, e, acts) THEN
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

CREATE TRIGGER core_auditredaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditredaction
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_auditredaction ENABLE ALWAYS TRIGGER core_auditredaction_append_only;
"""


def _functions(migration, *names):
    """Functions as an earlier migration made them."""
    found = []
    for name in names:
        text = re.search(rf"CREATE (FUNCTION {name}\(.*?\$\$;)", migration.FORWARD, re.DOTALL)
        found.append(f"CREATE OR REPLACE {text.group(1)}")
    return "\n".join(found)


BACKWARD = f"""
DROP TRIGGER core_auditredaction_append_only ON core_auditredaction;
{_functions(import_module("core.migrations.0002_append_only"), "core_refuse_change")}
{_functions(import_module("core.migrations.0004_chain"), "core_audit_text", "core_audit_faults")}
DROP FUNCTION core_audit_holds(text, text, bigint, core_auditentry, bigint[]), core_audit_sound_acts(interval),
     core_audit_redactions(bigint), core_deleting();
DROP TABLE core_deletionwork;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0007_trail_is_searched")]

    operations = [
        # First without a default, then with it: entries that are there keep the text that their links were made of.
        migrations.AddField(
            model_name="auditentry", name="salt", field=models.UUIDField(editable=False, null=True, verbose_name="salt")
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="salt",
            field=models.UUIDField(db_default=RandomUUID(), editable=False, null=True, verbose_name="salt"),
        ),
        migrations.CreateModel(
            name="AuditRedaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.BigIntegerField(verbose_name="audit entry")),
                ("act", models.BigIntegerField(verbose_name="number of the deletion")),
                ("digest", models.CharField(db_collation="C", max_length=64, verbose_name="digest")),
            ],
            options={
                "verbose_name": "redaction of the trail",
                "verbose_name_plural": "redactions of the trail",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("entry_id", "act"), name="core_auditredaction_once"),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
