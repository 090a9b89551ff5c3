"""What is handed over before somebody leaves, where archives go after it, and when people who are away are expected."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

keep_history = import_module("personnel.migrations.0014_party_organizations").keep_history
TABLES = {"personnel_handoveritem": "employment", "personnel_archivedispatch": "archive"}


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0014_countersignatures"),
        ("personnel", "0025_deletions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchiveDispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("destination", models.CharField(max_length=100, verbose_name="sent to")),
                ("number", models.CharField(max_length=60, unique=True, verbose_name="dispatch number")),
                ("sent", models.DateField(verbose_name="sent on")),
                (
                    "receipt",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="receipt"),
                ),
                ("received", models.DateField(blank=True, null=True, verbose_name="received on")),
                ("returned", models.DateField(blank=True, null=True, verbose_name="came back on")),
            ],
            options={
                "verbose_name": "dispatch of an archive",
                "verbose_name_plural": "dispatches of archives",
                "ordering": ["sent", "pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HandoverItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SEALS", "seals"),
                            ("KEYS", "keys"),
                            ("FILES", "files and records"),
                            ("FUNDS", "funds and accounts books"),
                            ("EQUIPMENT", "equipment"),
                            ("ACCOUNTS", "accounts of systems"),
                            ("OTHER", "other"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="what exactly"
                    ),
                ),
                (
                    "receiver",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60, verbose_name="taken over by"
                    ),
                ),
                ("signed", models.DateField(blank=True, null=True, verbose_name="signed on")),
                (
                    "left_open",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=300, verbose_name="why it stays open"
                    ),
                ),
            ],
            options={
                "verbose_name": "thing to hand over",
                "verbose_name_plural": "things to hand over",
                "ordering": ["pk"],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="employment",
            name="destination_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("CIVIL_SERVICE", "civil service"),
                    ("PUBLIC_INSTITUTION", "public institution"),
                    ("STREET_LEADERSHIP", "leadership of a street or town"),
                    ("OTHER", "elsewhere"),
                ],
                db_default="",
                default="",
                max_length=20,
                verbose_name="kind of destination",
            ),
        ),
        migrations.AddField(
            model_name="placement",
            name="due",
            field=models.DateField(blank=True, null=True, verbose_name="expected back on"),
        ),
        migrations.AlterField(
            model_name="placement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("HOME", "at home"),
                    ("ATTACHMENT", "temporary attachment"),
                    ("SHADOWING", "shadowing"),
                    ("ACTING", "acting in a post"),
                    ("SECONDED_OUT", "seconded"),
                    ("DRAFTED", "drafted for a task"),
                    ("EXCHANGE", "exchanged with another unit"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="placement",
            index=models.Index(
                condition=models.Q(("due__isnull", False), ("end__isnull", True)),
                fields=["due"],
                name="personnel_placement_due_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("due__isnull", True),
                    models.Q(("due__gt", models.F("start")), models.Q(("kind", "HOME"), _negated=True)),
                    _connector="OR",
                ),
                name="personnel_placement_due",
                violation_error_message="Somebody who is away is expected back after the first day; at home nobody is.",
            ),
        ),
        migrations.AddField(
            model_name="archivedispatch",
            name="archive",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispatches",
                to="personnel.archive",
                verbose_name="archive",
            ),
        ),
        migrations.AddField(
            model_name="archivedispatch",
            name="sent_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="sent by",
            ),
        ),
        migrations.AddField(
            model_name="handoveritem",
            name="employment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="handover",
                to="personnel.employment",
                verbose_name="employment",
            ),
        ),
        migrations.AddField(
            model_name="handoveritem",
            name="entered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="entered by",
            ),
        ),
        migrations.AddConstraint(
            model_name="archivedispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("returned__isnull", True)),
                fields=("archive",),
                name="personnel_dispatch_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="archivedispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("receipt", ""), ("received__isnull", True)),
                    models.Q(
                        ("received__gte", models.F("sent")),
                        ("received__isnull", False),
                        models.Q(("receipt", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="personnel_dispatch_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="archivedispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("returned__isnull", True), ("returned__gte", models.F("sent")), _connector="OR"),
                name="personnel_dispatch_returned",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoveritem",
            constraint=models.UniqueConstraint(fields=("employment", "kind", "what"), name="personnel_handover_once"),
        ),
        migrations.AddConstraint(
            model_name="handoveritem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("receiver", ""), ("signed__isnull", True)),
                    models.Q(("left_open", ""), ("signed__isnull", False), models.Q(("receiver", ""), _negated=True)),
                    _connector="OR",
                ),
                name="personnel_handover_signed",
            ),
        ),
        *(migrations.RunSQL(keep_history(table, way), migrations.RunSQL.noop) for table, way in TABLES.items()),
    ]
