"""Many rows are written apart from the page: shown, once, whole, and again after a worker has died."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Conflict
from personnel import tasks
from personnel.models import Employment, Import, ImportJob, Person
from personnel.services.imports import (
    applying,
    due_jobs,
    import_apply,
    import_fix,
    import_job_run,
    import_queue,
    import_undo,
    jobs,
    reviewing,
    undoing,
)
from tests.personnel.imports.conftest import person_row, roster

pytestmark = pytest.mark.django_db
ROWS = 60  # more than a page writes while somebody waits


@pytest.fixture
def source(upload) -> Import:
    return upload(roster([person_row(n) for n in range(ROWS)]))


def queue(source: Import, clerk: Any, kind: str = "APPLY", **options: Any) -> ImportJob:
    options = options or ({"expected": ROWS} if kind == "APPLY" else {"skip_changed": False})
    return import_queue(actor=clerk, source=source, kind=kind, options=options, language="en")


def expire(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk).update(lease=timezone.now() - timedelta(seconds=1))


def test_many_rows_go_to_a_worker_and_the_page_follows(source, clerk, client: Client, monkeypatch, settings):
    settings.LANGUAGE_CODE = "en"
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_import_job, "delay_on_commit", sent.append)
    client.force_login(clerk)
    review, progress = (reverse(f"personnel:{name}", args=[source.pk]) for name in ("import", "import_progress"))
    client.post(reverse("personnel:import_apply", args=[source.pk]), {"expected": ROWS})
    job = ImportJob.objects.get()
    assert sent == [job.pk]
    assert Person.objects.count() == 0
    page = client.get(review).content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert "0 of 60 rows written" in page
    assert "Look again" in page  # without a script
    assert "Apply 60 rows" not in page
    assert client.get(progress).status_code == 200
    assert "0 of 60 rows written" in client.get(reverse("personnel:imports")).content.decode()
    assert "0 of 60 rows written" in client.get("/").content.decode()
    assert import_job_run(job_id=job.pk) is True
    assert Person.objects.count() == ROWS
    assert client.get(progress).status_code == 286
    page = client.get(review).content.decode()
    assert "60 rows were applied." in page
    assert "every 1s" not in page
    assert "60 rows were applied." in client.get("/").content.decode()
    client.post(reverse("personnel:import_undo", args=[source.pk]))
    assert len(sent) == 2
    assert import_job_run(job_id=sent[1]) is True
    assert Person.objects.count() == 0
    assert "60 rows were taken back." in client.get(review).content.decode()


def test_a_few_rows_are_written_at_once(upload, clerk, client: Client):
    source = upload(roster([person_row(n) for n in range(3)]))
    client.force_login(clerk)
    client.post(reverse("personnel:import_apply", args=[source.pk]), {"expected": 3})
    assert (Person.objects.count(), ImportJob.objects.count()) == (3, 0)


def test_two_clicks_apply_once(source, clerk):
    first = queue(source, clerk)
    with pytest.raises(Conflict):
        queue(source, clerk)
    with pytest.raises(Conflict):
        import_apply(actor=clerk, source=source, expected=ROWS)
    with pytest.raises(Conflict):
        import_fix(actor=clerk, source=source, row=source.rows.first(), field="phone", text="13800000099")
    assert import_job_run(job_id=first.pk) is True
    assert import_job_run(job_id=first.pk) is False  # the message came twice
    assert Person.objects.count() == Employment.objects.count() == ROWS
    with pytest.raises(Conflict):
        import_apply(actor=clerk, source=source, expected=ROWS)
    assert Person.objects.count() == ROWS


def test_without_the_question_the_database_keeps_a_second_piece_of_work_out(source, clerk, monkeypatch):
    """The control of the test above, and what two clicks at the same moment meet."""
    queue(source, clerk)
    monkeypatch.setattr(reviewing, "refuse_while_working", lambda *_arguments: None)
    with pytest.raises(IntegrityError, match="personnel_import_job_one_open"), transaction.atomic():
        queue(source, clerk)
    import_apply(actor=clerk, source=source, expected=ROWS)  # nothing else holds off a click beside the work
    assert Person.objects.count() == ROWS


def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_another_does_all_of_it(source, clerk, monkeypatch):
    """What a killed worker leaves is what its connection leaves: the transaction goes, the claim stays until its lease."""
    job = queue(source, clerk)
    seen: list[int] = []

    def die(*_arguments: Any) -> None:
        seen.append(Person.objects.count())
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(applying, "file_states", lambda people: die() if people else {})
        with pytest.raises(OperationalError):
            import_job_run(job_id=job.pk)
    assert seen == [ROWS]  # the control: everybody was written already
    assert Person.objects.count() == 0
    assert due_jobs() == []  # the lease
    assert import_job_run(job_id=job.pk) is False
    expire(job)
    assert due_jobs() == [job.pk]
    assert import_job_run(job_id=job.pk) is True
    assert Person.objects.count() == ROWS
    job.refresh_from_db()
    assert (job.state, job.attempt, job.said) == ("DONE", 2, ["60 rows were applied."])


def test_work_that_is_broken_off_again_and_again_ends_with_a_message(source, clerk, monkeypatch):
    job = queue(source, clerk)
    monkeypatch.setattr(jobs, "import_apply", lambda **_options: (_ for _ in ()).throw(OperationalError("gone")))
    for _attempt in range(jobs.MAX_ATTEMPTS):
        with pytest.raises(OperationalError):
            import_job_run(job_id=job.pk)
        expire(job)
    assert import_job_run(job_id=job.pk) is False
    job.refresh_from_db()
    assert job.state == "FAILED"
    assert "broken off 3 times" in job.said[0]
    assert due_jobs() == []


def test_a_claim_that_was_lost_keeps_nothing(source, clerk, monkeypatch):
    """Somebody else has begun again: what this worker wrote must not stay beside it."""
    job = queue(source, clerk)
    original = applying.count

    def steal(source: Import) -> None:
        original(source)
        ImportJob.objects.filter(pk=job.pk).update(attempt=7)

    with monkeypatch.context() as patch:
        patch.setattr(applying, "count", steal)
        assert import_job_run(job_id=job.pk) is False
    assert Person.objects.count() == 0
    # the control: without the last word of the transaction everything would have stayed
    monkeypatch.setattr(applying, "count", steal)
    monkeypatch.setattr(jobs._Progress, "finish", lambda *_arguments: None)
    ImportJob.objects.filter(pk=job.pk).update(state="DUE", attempt=0)
    import_job_run(job_id=job.pk)
    assert Person.objects.count() == ROWS


def test_what_the_services_refuse_ends_the_work_with_their_words(upload, clerk):
    people = [person_row(n, 所属社区="旗山社区") for n in range(ROWS)]
    for n in (3, 9):
        people[n] |= {"职务": "党组织书记", "政治面貌": "中共党员"}
    source = upload(roster(people))
    job = queue(source, clerk)
    assert import_job_run(job_id=job.pk) is True
    job.refresh_from_db()
    assert job.state == "REFUSED"
    assert job.said[0] == "Nothing was written: 1 rows were refused."
    assert Person.objects.count() == 0
    source.refresh_from_db()
    assert source.counts["ERROR"] == 1
    assert queue(source, clerk, expected=ROWS - 1).pk != job.pk  # the way is free again


def test_an_error_of_the_program_ends_the_work_and_says_so(source, clerk, monkeypatch):
    job = queue(source, clerk)
    monkeypatch.setattr(applying, "written_between", lambda *_arguments: 1 // 0)
    import_job_run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, Person.objects.count()) == ("FAILED", 0)
    assert job.said[0].startswith("Nothing was written")


def test_an_undo_that_dies_leaves_everybody(source, clerk, monkeypatch):
    import_apply(actor=clerk, source=source, expected=ROWS)
    job = queue(source, clerk, "UNDO")
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "count", lambda _source: (_ for _ in ()).throw(OperationalError("gone")))
        with pytest.raises(OperationalError):
            import_job_run(job_id=job.pk)
    assert Person.objects.count() == ROWS
    with pytest.raises(Conflict):
        import_undo(actor=clerk, source=source)
    expire(job)
    import_job_run(job_id=job.pk)
    assert Person.objects.count() == 0


def test_nobody_reaches_the_progress_of_others(source, clerk, client: Client, django_user_model):
    stranger = django_user_model.objects.create(username="stranger")
    client.force_login(stranger)
    assert client.get(reverse("personnel:import_progress", args=[source.pk])).status_code == 404
