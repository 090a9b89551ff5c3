"""What lists are read from, and what a user keeps of them: filters and columns."""

from __future__ import annotations

import uuid
from datetime import date

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from personnel.models.employment import Employment, Tenure
from personnel.models.people import Person


class Matches(models.Lookup):
    """`words__matches="'wang':* & 'K/STAFF'"`: the text of a tsquery, taken as it stands."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        left, left_params = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", [*left_params, self.rhs]


class Holds(Matches):
    """The same as a test of rows that something else has found: no index answers IS TRUE.

    A word that a third of all people have costs more to look up in the index than to read in some thousand rows, and
    the planner does not know it.
    """

    lookup_name = "holds"

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        sql, params = super().as_sql(compiler, connection)  # type: ignore[no-untyped-call]
        return f"({sql}) IS TRUE", params


SearchVectorField.register_lookup(Matches)
SearchVectorField.register_lookup(Holds)


class Area(models.Func):
    """The first two levels of a unit's path, the province and the city: "34/3401/340181/" → "34/3401/"."""

    template = "(split_part(%(expressions)s, '/', 1) || '/' || split_part(%(expressions)s, '/', 2) || '/')"
    output_field = models.TextField()


class Root(models.Func):
    """The first level of a unit's path, the province: "34/3401/340181/" → "34"."""

    template = "split_part(%(expressions)s, '/', 1)"
    output_field = models.TextField()


def area_of(path: str) -> str:
    """What `Area` is for a path; "" for one of a single level, which has several areas below it."""
    return "/".join(path.split("/")[:2]) + "/" if path.count("/") > 1 else ""


QUARTERS = (1980 * 4, 2040 * 4)  # the first and the last quarter that are told apart


class Quarter(models.Func):
    """The quarter of a year as one number, year × 4 + 0…3; what lies before 1980 or behind 2039 counts to the ends."""

    template = (
        "least(greatest((extract(year from %(expressions)s) * 4 + extract(quarter from %(expressions)s) - 1)::int, "
        f"{QUARTERS[0]}), {QUARTERS[1]})"
    )
    output_field = models.IntegerField()


def quarter_of(day: date) -> int:
    """What `Quarter` is for a day."""
    return min(max(day.year * 4 + (day.month - 1) // 3, QUARTERS[0]), QUARTERS[1])


# The orders of lists (rules.listing.SORTS) that need an index of their own within an area.
_ORDERS = {
    "name": "sort_name",
    "born": "born",
    "start": "start",
    "probation": "probation_end",
    "contract": "contract_end",
}


class Listing(models.Model):
    """An employment, or a post held without one, with all that lists are searched, filtered and sorted by.

    Kept by triggers of the database (migrations 0003 and 0006), whoever writes: nothing else writes it, and it can be made anew
    at any time by `SELECT personnel_listing_renew(NULL)`. What is missing is the first or the last day of the calendar,
    so that every sorting has an order.

    `words` holds the words of the name (every ending of the name, of its pinyin and of its initials, in every reading;
    what begins the whole name behind a <), those of former names, and codes behind a letter and a slash: S/ sex, P/
    political status, Q/ every one that there was, K/ category, N/ entry channel, T/ every post ever held, O/ one that
    has begun and has no end, E/ every level of education, H/ the highest, C/ every certificate.

    `alone`: no other row of the person overlaps this one, so that nobody needs to look for a newer one.

    Every order has two indexes: one for the whole country and one that begins with the area, for lists within a city.
    Dates that go together (who entered early ends probation early) have one that begins with the quarter of the one and
    is sorted by the other: `selectors.pages`. Area, root and quarter are columns, not indexed expressions: behind the
    policies of the database (docs/decisions/0024) no index is asked about an expression whose functions aren't known
    to keep what they are shown to themselves.
    """

    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="listings", db_constraint=False, db_index=False
    )
    employment = models.OneToOneField(
        Employment, on_delete=models.DO_NOTHING, related_name="+", null=True, db_constraint=False
    )
    tenure = models.OneToOneField(Tenure, on_delete=models.DO_NOTHING, related_name="+", null=True, db_constraint=False)
    unit_path = models.TextField(db_collation="C")
    area = models.GeneratedField(
        expression=Area("unit_path"), output_field=models.TextField(db_collation="C"), db_persist=True
    )
    root = models.GeneratedField(
        expression=Root("unit_path"), output_field=models.TextField(db_collation="C"), db_persist=True
    )
    sort_name = models.CharField(max_length=150, db_collation="C")
    first = models.CharField(max_length=1, db_collation="C")
    start = models.DateField()
    quarter = models.GeneratedField(
        expression=Quarter("start"), output_field=models.SmallIntegerField(), db_persist=True
    )
    end = models.DateField()
    probation_end = models.DateField()
    contract_end = models.DateField()
    born = models.DateField()
    alone = models.BooleanField()
    words = SearchVectorField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["person", "start"], name="personnel_listing_person"),
            models.Index(fields=["sort_name", "person"], name="personnel_listing_name"),
            models.Index(fields=["first", "sort_name", "person"], name="personnel_listing_first"),
            models.Index(fields=["unit_path", "sort_name", "person"], name="personnel_listing_unit"),
            models.Index(fields=["born", "person"], name="personnel_listing_born"),
            models.Index(fields=["start", "person"], name="personnel_listing_start"),
            models.Index(fields=["probation_end", "person"], name="personnel_listing_probation"),
            models.Index(fields=["contract_end", "person"], name="personnel_listing_contract"),
            models.Index(fields=["end"], name="personnel_listing_end"),
            *(
                models.Index(fields=["area", field, "person"], name=f"personnel_listing_a_{name}")
                for name, field in _ORDERS.items()
            ),
            # who has no contract is sorted by number, and numbers go by province
            models.Index(fields=["root", "contract_end", "person"], name="personnel_listing_p_contract"),
            models.Index(fields=["quarter", "probation_end", "person"], name="personnel_listing_q_probation"),
            models.Index(fields=["quarter", "contract_end", "person"], name="personnel_listing_q_contract"),
            GinIndex(fields=["words"], name="personnel_listing_words", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.sort_name} · {self.unit_path} · {self.start}"


class QualityCount(models.Model):
    """How many people work in a province or city, and how many of their records lack what: as it was when counted.

    Nobody waits for a million rows to be counted: a worker counts them (services.quality). lacking: by what is lacking.
    """

    unit_path = models.TextField(unique=True, db_collation="C")
    people = models.PositiveIntegerField(_("people"))
    lacking = models.JSONField(_("lacking"))
    counted = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("count of records")
        verbose_name_plural = _("counts of records")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.unit_path} · {self.counted}"


class SavedFilter(models.Model):
    """A question that a user asks often. Whoever has the link may ask it too, among their own people."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(_("query"))
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="personnel_saved_filter_once")]

    def __str__(self) -> str:
        return self.name


class ColumnChoice(models.Model):
    """The columns that a user wants to see in a list, in their order."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="column_choices", verbose_name=_("user")
    )
    table = models.CharField(_("list"), max_length=20)
    columns = models.JSONField(_("columns"))

    class Meta:
        verbose_name = _("choice of columns")
        verbose_name_plural = _("choices of columns")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "table"], name="personnel_column_choice_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.table}"
