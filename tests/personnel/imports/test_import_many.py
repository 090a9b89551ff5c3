"""New people are entered many at a time: what is written is what the ordinary services write one by one."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.models import AuditEntry
from personnel.models import Education, Person
from personnel.services.imports import applying, entering, import_apply, import_undo
from personnel.services.imports.states import file_states
from tests.personnel.imports.conftest import person_row, roster

pytestmark = pytest.mark.django_db


def people() -> list[dict[str, Any]]:
    certified = {"社会工作者职业资格": "社会工作师", "证书编号": "C-7", "发证日期": "2018-11-01"}
    return [person_row(1), person_row(2, 毕业时间=""), person_row(3) | certified, person_row(4, 职务="党组织书记", 政治面貌="中共党员")]  # fmt: skip


def on_record() -> list[Any]:
    """Everything on record, by name and without the numbers that the database gives."""
    names = dict(Person.objects.values_list("pk", "name"))
    given = {"key", "person_id", "employment_id", "archive_id"}
    found = []
    for person, states in file_states(list(names)).items():
        for (model, _number), state in states.items():
            found.append((names[person], model, {key: value for key, value in state.items() if key not in given}))
    return sorted(found, key=str)


def trail(after: int) -> list[Any]:
    """What the trail says of the file since an entry, without the numbers that the database gives."""
    return sorted(
        (one.action, one.object_type, one.unit_code, one.actor_name,
         str({key: value for key, value in (one.after or {}).items() if key != "person_id"}))
        for one in AuditEntry.objects.filter(pk__gt=after).exclude(action__startswith="personnel.import")
    )  # fmt: skip


def newest() -> int:
    return AuditEntry.objects.latest("pk").pk


def test_many_at_a_time_write_what_one_by_one_does(upload, clerk, monkeypatch):
    source = upload(roster(people()))
    begun = newest()
    with monkeypatch.context() as patch:
        patch.setattr(applying, "write_row", None)  # nobody goes by themselves
        import_apply(actor=clerk, source=source, expected=4)
    together, told = on_record(), trail(begun)
    # 4 people, 4 employments, 4 posts, 3 educations and a certificate
    assert len(together) == len(told) == 16
    import_undo(actor=clerk, source=source)
    assert Person.objects.count() == 0
    source = upload(roster(people()))
    begun = newest()
    monkeypatch.setattr(applying, "enter_new", lambda *_arguments: set())
    import_apply(actor=clerk, source=source, expected=4)
    assert on_record() == together
    assert trail(begun) == told


def test_the_number_of_statements_does_not_grow_with_the_rows(upload, clerk, django_assert_max_num_queries):
    """One by one, a new person takes more than fifty."""
    source = upload(roster([person_row(n) for n in range(40)]))
    with django_assert_max_num_queries(160):
        import_apply(actor=clerk, source=source, expected=40)


def test_a_lot_in_which_one_is_refused_goes_one_by_one(upload, clerk, monkeypatch):
    """A graduation before the studies began is refused by a condition of the table: the others are named as before."""
    monkeypatch.setattr(entering, "LOT", 3)
    rows = [person_row(n) for n in range(1, 6)]
    source = upload(roster(rows))
    wrong = source.rows.get(position=1)
    wrong.values = {**wrong.values, "education.start": "2030-01-01"}
    monkeypatch.setattr(applying, "refresh", lambda *_arguments: [])  # the check of the review is passed by
    wrong.save(update_fields=["values"])
    with pytest.raises(Refused) as refused:
        import_apply(actor=clerk, source=source, expected=5)
    assert "1" in str(refused.value)
    assert Person.objects.count() == Education.objects.count() == 0
    assert list(source.rows.filter(action="ERROR").values_list("position", flat=True)) == [1]
