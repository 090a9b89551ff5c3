"""Papers go into the archives by themselves, for many people at once."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Model

from core.services import audit
from core.services.runs import lock
from organization.models import User
from personnel.models import Archive
from personnel.selectors.papers import Papers, sources
from personnel.services.steps import name_writer

_LOCK = "personnel.papers"


@transaction.atomic
def papers_file(*, actor: User | None, papers: Papers, of: Model, reason: str = "", document: str = "") -> int:
    """Put papers into the archives of people: once each, corrected where they say something else by now.

    Part of the service that closes what the papers tell of, in its transaction and after its check of who may. Whoever
    has no archive yet gets the papers when it is opened. The old row of a corrected paper stays in the history with the
    reason. of: what was closed, for the audit
    trail. One statement, whatever the number of people. Returns how many papers are new or another.
    """
    lock(_LOCK)  # whoever opens an archive meanwhile either sees what is closed here, or is seen here
    return _file(actor, papers, of, reason, document)


@transaction.atomic
def papers_of_archive(*, actor: User | None, archive: Archive) -> int:
    """File everything that was closed before the archive was opened. Part of opening it."""
    lock(_LOCK, shared=True)
    return _file(actor, sources.of_person_for_system(archive.person_id), archive, "", "")


def _file(actor: User | None, papers: Papers, of: Model, reason: str, document: str) -> int:
    kinds = list(papers)
    people = [(person, number) for number, paper in enumerate(kinds) for person in papers[paper]]
    if not people:
        return 0
    name_writer(actor, "correct", reason, document)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO personnel_archiveitem AS kept
                      (archive_id, source, category, title, day, document, issuer, pages)
               SELECT a.id, p.source, p.category, p.title, p.day, p.document, p.issuer, 1
                 FROM unnest(%s::bigint[], %s::int[]) AS w(person, number)
                 JOIN unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[], %s::text[], %s::text[])
                      AS p(number, source, category, title, day, document, issuer) USING (number)
                 JOIN personnel_archive a ON a.person_id = w.person
               ON CONFLICT (archive_id, source) WHERE source <> '' DO UPDATE
                  SET category = excluded.category, title = excluded.title, document = excluded.document,
                      issuer = excluded.issuer
                WHERE (kept.category, kept.title, kept.document, kept.issuer)
                      IS DISTINCT FROM (excluded.category, excluded.title, excluded.document, excluded.issuer)""",
            [
                [person for person, _number in people],
                [number for _person, number in people],
                list(range(len(kinds))),
                [paper.source for paper in kinds],
                [paper.category for paper in kinds],
                [paper.title[:150] for paper in kinds],
                [paper.day for paper in kinds],
                [paper.document[:100] for paper in kinds],
                [paper.issuer[:100] for paper in kinds],
            ],
        )
        filed = int(cursor.rowcount)
    if filed:
        audit(
            actor=actor,
            action="personnel.papers.file",
            obj=of,
            after={"papers": sorted({paper.source for paper in kinds}), "filed": filed, "reason": reason},
        )
    return filed
