"""What a panel of three says of somebody and a post."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

keep_history = import_module("personnel.migrations.0014_party_organizations").keep_history


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0026_leaving"),
    ]

    operations = [
        migrations.CreateModel(
            name="PostFit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("department_leader", models.CharField(max_length=50, verbose_name="for the organisation department")),
                ("street_head", models.CharField(max_length=50, verbose_name="head of the street or town")),
                ("leading_secretary", models.CharField(max_length=50, verbose_name="leading secretary")),
                ("ability", models.CharField(blank=True, max_length=300, verbose_name="what they can do")),
                ("potential", models.CharField(blank=True, max_length=300, verbose_name="what they may become")),
                (
                    "title",
                    models.CharField(
                        choices=[
                            ("PARTY_SECRETARY", "party secretary"),
                            ("DEPUTY_SECRETARY", "deputy party secretary"),
                            ("PARTY_COMMITTEE_MEMBER", "party committee member"),
                            ("COMMITTEE_DIRECTOR", "director of the residents' committee"),
                            ("DEPUTY_DIRECTOR", "deputy director of the residents' committee"),
                            ("COMMITTEE_MEMBER", "member of the residents' committee"),
                            ("STAFF", "community staff"),
                            ("GRID_LEADER", "grid leader"),
                            ("GRID_WORKER", "grid worker"),
                            ("OWNERS_DIRECTOR", "director of the owners' committee"),
                            ("OWNERS_MEMBER", "member of the owners' committee"),
                            ("LIAISON", "liaison from above"),
                            ("AREA_HEAD", "area head"),
                            ("BUILDING_HEAD", "building or stairway head"),
                            ("STEWARD", "neighbourhood steward"),
                            ("VOLUNTEER", "volunteer"),
                            ("REGISTERED_MEMBER", "party member registered where they live"),
                            ("BRANCH_SECRETARY", "secretary of the branch of an estate or grid"),
                        ],
                        max_length=24,
                        verbose_name="post meant for them",
                    ),
                ),
                ("duties", models.CharField(blank=True, max_length=300, verbose_name="duties of the post")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("FITS", "fits the post"),
                            ("AFTER_TRAINING", "fits after training"),
                            ("OTHER_POST", "fits another post better"),
                        ],
                        max_length=16,
                        verbose_name="verdict",
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="post_fits",
                        to="personnel.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "fit of a person and a post",
                "verbose_name_plural": "fits of people and posts",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("person", "day"), name="personnel_post_fit_once_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("department_leader", ""), _negated=True),
                            models.Q(("street_head", ""), _negated=True),
                            models.Q(("leading_secretary", ""), _negated=True),
                            models.Q(("department_leader", models.F("street_head")), _negated=True),
                            models.Q(("department_leader", models.F("leading_secretary")), _negated=True),
                            models.Q(("street_head", models.F("leading_secretary")), _negated=True),
                        ),
                        name="personnel_post_fit_panel",
                        violation_error_message="A panel has three members, each somebody else. Name all three.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(keep_history("personnel_postfit", "person_id"), migrations.RunSQL.noop),
    ]
