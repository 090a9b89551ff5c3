from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_row_history")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry", index=models.Index(fields=["actor_id", "id"], name="core_audit_actor")
        ),
        migrations.AddIndex(model_name="auditentry", index=models.Index(fields=["at"], name="core_audit_at")),
    ]
