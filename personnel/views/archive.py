"""One file a person: its papers by category, what is missing, who keeps it, and who has borrowed it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.errors import Conflict, Refused
from core.views import error_lines
from personnel.forms import ARCHIVE_FORMS, ArchiveForm
from personnel.forms.archive import ItemsForm
from personnel.models import ArchiveCategory, Looked
from personnel.selectors import record_on
from personnel.selectors.custody import custody_words_for_system
from personnel.selectors.leaving import dispatch_of_for_system
from personnel.selectors.record import FileRecord, missing_of_for_system
from personnel.services import (
    archive_item_add,
    archive_lend,
    archive_open,
    archive_return,
    custody_hand_over,
    custody_name,
    photo_set,
)
from personnel.services.archive import MOST_BYTES
from personnel.services.leaving import archive_come_back, archive_dispatch, archive_receipt
from personnel.services.showing import person_seen
from personnel.views.record import may_change, refuse_reading_only
from personnel.views.session import signed_in


@signed_in
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, number: int) -> HttpResponse:
    """The archive of a person; a POST does one of the acts of ARCHIVE_FORMS."""
    record = record_on(user=request.user, person_id=number)
    person_seen(actor=request.user, person=record.person, what=Looked.ARCHIVE)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form: ArchiveForm | None = None
    status = 200
    if request.method == "POST":
        refuse_reading_only(request, record)
        if act not in ARCHIVE_FORMS:
            return HttpResponseRedirect(reverse("personnel:archive", args=[number]))
        form = ARCHIVE_FORMS[act](request.POST, request.FILES, prefix=act)
        if form.is_valid():
            try:
                if isinstance(form, ItemsForm):
                    return _several(request, form, record)
                _do(request, act, form, record)
            except (Refused, Conflict) as error:
                form.take(error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                messages.success(request, form.done)
                return HttpResponseRedirect(reverse("personnel:archive", args=[number]))
        else:
            status = 422
    return render(request, "personnel/archive.html", _context(request, record, act, form), status=status)


def _context(request: HttpRequest, record: FileRecord, act: str, form: ArchiveForm | None) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    kept = record.archive
    initial = {"opened": today, "day": today, "start": today, "sent": today}
    dispatches = list(kept.archive.dispatches.all()) if kept else []
    forms = {
        name: form if name == act and form is not None else kind(prefix=name, initial=initial)
        for name, kind in ARCHIVE_FORMS.items()
    }
    forms["item"].initial.pop("day", None)
    labels = dict(ArchiveCategory.choices)
    said = custody_words_for_system(record) if kept else []
    return {
        "person": record.person,
        "record": record,
        "archive": kept,
        "categories": [(code, labels[code], items) for code, items in kept.items.items()] if kept else [],
        "missing": [one for one in missing_of_for_system(record) if one.section == "archive"],
        "forms": {name.replace("-", "_"): one for name, one in forms.items()},
        "errors": [form] if form is not None and form.errors else [],
        "act": act,
        "open_custody": kept.custodian if kept and kept.custodian and kept.custodian.handed_over is None else None,
        "custody_words": said,
        # Where rules name somebody nobody else can be named.
        "nameable": bool(record.holding("employment")) and not any(one.names for one in said),
        "writable": may_change(request, record),
        "dispatches": dispatches,
        "away": next((one for one in dispatches if one.returned is None), None),
        "has_left": not record.holding("employment"),
    }


def _do(request: HttpRequest, act: str, form: ArchiveForm, record: FileRecord) -> None:
    """The one service of an act. An archive is needed for everything but its opening and the photograph."""
    data = dict(form.cleaned_data)
    user, person, kept = request.user, record.person, record.archive
    if act == "open":
        archive_open(actor=user, person=person, opened=data["opened"], number=data["number"], shelf=data["shelf"])
        return
    if act == "photo":
        photo_set(actor=user, person=person, content=_content(data["photo"], "photo"), file_name=data["photo"].name)
        return
    if kept is None:
        raise Refused([_("%(person)s has no archive yet. Open one first.") % {"person": person.name}])
    if act == "item":
        scan = data.pop("file", None)
        archive_item_add(
            actor=user,
            archive=kept.archive,
            values=data,
            content=_content(scan, "file") if scan else None,
            file_name=scan.name if scan else "",
        )
    elif act == "dispatch":
        archive_dispatch(actor=user, archive=kept.archive, **data)
    elif act in ("receipt", "back"):
        away = dispatch_of_for_system(kept.archive)
        if away is None:
            raise Refused([_("The archive of %(person)s was sent nowhere.") % {"person": person.name}])
        (archive_receipt if act == "receipt" else archive_come_back)(actor=user, dispatch=away, **data)
    elif act == "custodian":
        custody_name(actor=user, archive=kept.archive, **data)
    elif act == "lend":
        archive_lend(actor=user, archive=kept.archive, values=data)
    elif act == "return":
        if kept.lent is None:
            raise Refused([_("The archive of %(person)s is not lent out.") % {"person": person.name}])
        archive_return(actor=user, loan=kept.lent, day=data["day"])
    else:
        if kept.custodian is None:
            raise Refused([_("Nobody has to keep the archive of %(person)s on this day.") % {"person": person.name}])
        custody_hand_over(actor=user, custody=kept.custodian, day=data["day"], received_by=data["received_by"])


def _several(request: HttpRequest, form: ItemsForm, record: FileRecord) -> HttpResponse:
    """Each file is a paper of its own: what is refused is said by its name, and the others are filed."""
    person, kept = record.person, record.archive
    if kept is None:
        raise Refused([_("%(person)s has no archive yet. Open one first.") % {"person": person.name}])
    filed = 0
    for number, scan in enumerate(form.cleaned_data["scans"]):
        values = {
            "category": form.category_of(number),
            "title": Path(scan.name).stem.strip()[:150] or _("Scan"),
            "day": form.cleaned_data["day"],
        }
        try:
            archive_item_add(
                actor=request.user, archive=kept.archive, values=values, content=_content(scan, "scans"),
                file_name=scan.name,
            )  # fmt: skip
        except (Refused, Conflict) as error:
            for line in error_lines(error):
                messages.error(request, _("%(file)s is not filed: %(message)s") % {"file": scan.name, "message": line})
        else:
            filed += 1
    if filed:
        text = ngettext("%(count)s paper is filed.", "%(count)s papers are filed.", filed)
        messages.success(request, text % {"count": filed})
    return HttpResponseRedirect(reverse("personnel:archive", args=[person.pk]))


def _content(upload: Any, name: str) -> bytes:
    """What was uploaded; too much is not even read."""
    if upload.size > MOST_BYTES:
        message = _("“%(name)s” is larger than 10 MB. Scan it with fewer dots.") % {"name": upload.name}
        raise Refused([message], {name: [message]})
    return bytes(upload.read())
