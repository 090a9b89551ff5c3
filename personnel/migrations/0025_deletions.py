"""Deletions of files: proposed by one, confirmed by another. What was proposed and what is certified never changes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION personnel_guard_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fault text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    fault := 'it stays on record';
  ELSIF TG_OP = 'INSERT' AND NEW.report IS NOT NULL THEN
    fault := 'it begins as a proposal';
  ELSIF TG_OP = 'UPDATE' AND (NEW.id, NEW.people, NEW.document, NEW.proposed_by_id, NEW.proposed_at)
        IS DISTINCT FROM (OLD.id, OLD.people, OLD.document, OLD.proposed_by_id, OLD.proposed_at) THEN
    fault := 'what was proposed never changes';
  ELSIF TG_OP = 'UPDATE' AND OLD.confirmed IS NOT NULL AND (NEW.confirmed, NEW.decided_by_id, NEW.decided_at, NEW.reason)
        IS DISTINCT FROM (OLD.confirmed, OLD.decided_by_id, OLD.decided_at, OLD.reason) THEN
    fault := 'it is decided';
  ELSIF TG_OP = 'UPDATE' AND (NEW.report, NEW.digest) IS DISTINCT FROM (OLD.report, OLD.digest)
        AND NOT core_deleting() THEN
    fault := 'who deletes certifies';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on personnel_deletion refused: %', TG_OP, fault
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'personnel_guard_deletion';
END $$;
CREATE TRIGGER personnel_deletion_kept BEFORE INSERT OR UPDATE OR DELETE ON personnel_deletion
    FOR EACH ROW EXECUTE FUNCTION personnel_guard_deletion();
ALTER TABLE personnel_deletion ENABLE ALWAYS TRIGGER personnel_deletion_kept;
"""
NO_GUARD = "DROP TRIGGER personnel_deletion_kept ON personnel_deletion; DROP FUNCTION personnel_guard_deletion();"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_redaction"),
        ("personnel", "0024_restrictions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Deletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), editable=False, size=None, verbose_name="files"
                    ),
                ),
                ("unit_path", models.TextField(db_collation="C", editable=False)),
                ("document", models.CharField(max_length=200, verbose_name="document")),
                ("proposed_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed at")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("confirmed", models.BooleanField(null=True, verbose_name="is confirmed")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason of the refusal")),
                ("report", models.JSONField(editable=False, null=True, verbose_name="what was deleted and kept")),
                (
                    "digest",
                    models.CharField(
                        blank=True, db_collation="C", editable=False, max_length=64, verbose_name="digest"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who decided",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "deletion of files",
                "verbose_name_plural": "deletions of files",
                "ordering": ["-pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["unit_path", "-id"], name="personnel_deletion_by_unit")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="personnel_deletion_by_another",
                        violation_error_message="Nobody confirms what they proposed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed__isnull", True), ("decided_at__isnull", True), ("decided_by__isnull", True)
                            ),
                            models.Q(
                                ("confirmed__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="personnel_deletion_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("digest", ""), ("report__isnull", True)),
                            models.Q(
                                ("confirmed", True), ("digest__regex", "^[0-9a-f]{64}$"), ("report__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="personnel_deletion_certified",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("people", []), _negated=True),
                            models.Q(("unit_path", ""), _negated=True),
                            ("people__len__lte", 50),
                        ),
                        name="personnel_deletion_some",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
