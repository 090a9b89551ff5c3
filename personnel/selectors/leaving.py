"""What somebody who leaves has still to hand over, and where archives were sent."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from organization.access import Viewer
from organization.models import Permission
from personnel.models import Archive, ArchiveDispatch, Employment, HandoverItem, Person
from personnel.models.ranges import holding
from personnel.selectors.people import person_for


def handover_of(*, user: Viewer, number: int) -> tuple[Person, Employment | None, list[HandoverItem]]:
    """A person, the employment that holds today (else the last one), and what is handed over before it ends.

    Raises NotFound for a file that the user may not look at.
    """
    person = person_for(user=user, person_id=number)
    jobs = person.employments.select_related("unit").order_by("-start")
    job = jobs.filter(holding(timezone.localdate())).first() or jobs.first()
    return person, job, handover_items_for_system(job) if job else []


def handover_items_for_system(employment: Employment) -> list[HandoverItem]:
    """What is handed over before an employment ends that the caller has found for somebody."""
    return list(HandoverItem.objects.filter(employment=employment).select_related("employment__person"))


def handover_item_for(*, user: Viewer, employment: Employment, number: int) -> HandoverItem:
    """One thing on the list of an employment. Raises NotFound for another one's."""
    person_for(user=user, person_id=employment.person_id, permission=Permission.VIEW_PEOPLE)
    found = HandoverItem.objects.filter(pk=number, employment=employment).select_related("employment__person")
    item = found.first()
    if item is None:
        raise NotFound(_("There is no such row."))
    return item


def dispatch_of_for_system(archive: Archive) -> ArchiveDispatch | None:
    """The dispatch by which an archive is away, whether its receipt has come or not."""
    return ArchiveDispatch.objects.filter(archive=archive, returned__isnull=True).first()


def dispatches_of_for_system(person: Person) -> list[ArchiveDispatch]:
    """Where the archive was sent of somebody whom the caller has found for a user, the newest first."""
    return list(ArchiveDispatch.objects.filter(archive__person=person).order_by("-sent", "-pk"))


def archive_of_for_system(person: Person) -> Archive:
    """The archive of somebody. Raises Refused where none was opened."""
    found = Archive.objects.filter(person=person).select_related("person").first()
    if found is None:
        raise Refused([_("%(person)s has no archive yet. Open one first.") % {"person": person.name}])
    return found


def archive_away_for_system(person: Person) -> ArchiveDispatch:
    """The dispatch by which somebody's archive is away. Raises Refused where it is here."""
    away = dispatch_of_for_system(archive_of_for_system(person))
    if away is None:
        raise Refused([_("The archive of %(person)s was sent nowhere.") % {"person": person.name}])
    return away


__all__ = [
    "archive_away_for_system",
    "archive_of_for_system",
    "dispatch_of_for_system",
    "dispatches_of_for_system",
    "handover_item_for",
    "handover_items_for_system",
    "handover_of",
]
