"""Entering a new person in three pages and a check; drafts; what an identity number says while it is typed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import ApplicationError, Conflict, NotAllowed, NotFound, Refused
from organization.access import may_somewhere
from organization.models import Permission, Unit
from personnel.forms import PAGES, EntryPage, UnitChoices, entry_pages
from personnel.forms.entry import CHECK, IDENTITY, MORE, MORE_SECTIONS, MOST_ROWS, WORK, Group, rows_of
from personnel.forms.inputs import folded
from personnel.models import Draft, Person
from personnel.rules import IdentityProblem, read_document_number
from personnel.rules.dates import DayProblem, read_day
from personnel.rules.fields import SECTIONS
from personnel.rules.identity import IdentityNumber, document_of
from personnel.selectors.drafts import draft_for
from personnel.selectors.duplicates import NUMBER, Likeness, likenesses
from personnel.selectors.record import label_for_system
from personnel.services.drafts import draft_discard, draft_save
from personnel.services.entry import person_enter
from personnel.services.foresight import Foreseen, foreseen
from personnel.services.steps import identity_errors
from personnel.views.session import signed_in, typed

CONTROL = ("draft", "version", "page", "go")


def page_names() -> dict[str, str]:
    return {
        IDENTITY: _("Identity"),
        WORK: _("Employment and post"),
        MORE: _("Education, certificates, party"),
        CHECK: _("Check"),
    }


def _require_somewhere(request: HttpRequest) -> None:
    if not may_somewhere(request.user, Permission.CHANGE_PEOPLE):
        raise NotAllowed(_("You may not enter people. Ask somebody who holds a role that allows it."))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _address(page: str, key: UUID, anchor: str = "") -> str:
    return f"{reverse('personnel:person_new')}?draft={key}&page={page}{anchor}"


# -- The pages --------------------------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """One page of entering a person; what is typed lives in a draft, so that every page can be left and found again."""
    _require_somewhere(request)
    source = request.POST if request.method == "POST" else request.GET
    page = source.get("page", IDENTITY)
    page = page if page in PAGES else IDENTITY
    key = _key(source.get("draft", ""))
    if request.method == "POST":
        return _posted(request, page, key or uuid4())
    draft = draft_for(user=request.user, key=key) if key is not None else None
    values = draft.values if draft is not None else {}
    key, version = (draft.key, draft.version) if draft is not None else (uuid4(), 0)
    pages = entry_pages(values, UnitChoices(request.user), timezone.localdate())
    if page == CHECK:
        return _check(request, pages, key, version)
    if page == IDENTITY and "identity_number" in request.GET:  # from the search for a number that nobody has
        pages[IDENTITY].forms[0].initial["identity_number"] = folded(request.GET["identity_number"])[:18]
    return _page(request, pages[page], key, version)


def _posted(request: HttpRequest, page: str, key: UUID) -> HttpResponse:
    go = request.POST.get("go", "next")
    if page == CHECK:
        return _save(request, key, check=go == "check")
    given = typed(request, *CONTROL)
    section = go.removeprefix("row-") if go.startswith("row-") else ""
    if section in MORE_SECTIONS:
        given[f"{section}-rows"] = [str(min(rows_of(request.POST, section) + 1, MOST_ROWS))]
    version = int(request.POST["version"]) if request.POST.get("version", "").isdigit() else None
    try:
        draft = draft_save(
            actor=request.user, key=key, page=page, values=given, version=version, title=_title(page, given)
        )
    except (Conflict, Refused) as error:
        pages = entry_pages({page: given}, UnitChoices(request.user), timezone.localdate())
        pages[page].forms[0].is_valid()
        pages[page].forms[0].take(error)
        return _page(request, pages[page], key, version or 0, status=409)
    if section in MORE_SECTIONS:
        number = int(given[f"{section}-rows"][0]) - 1
        return HttpResponseRedirect(_address(page, key, f"#{section}-{number}"))
    if go == "later":
        messages.success(request, _("The draft is kept. It waits for you on the workplace."))
        return redirect("workplace")
    place = PAGES.index(page)
    if go == "back":
        return HttpResponseRedirect(_address(PAGES[max(place - 1, 0)], key))
    pages = entry_pages(draft.values, UnitChoices(request.user), timezone.localdate())
    if not _valid(request, pages[page]):
        return _page(request, pages[page], key, draft.version, status=422)
    return HttpResponseRedirect(_address(PAGES[place + 1], key))


def _title(page: str, given: dict[str, list[str]]) -> str | None:
    return (given.get("name") or [""])[0].strip() if page == IDENTITY else None


def _valid(request: HttpRequest, page: EntryPage) -> bool:
    """Whether a page may be left forwards. The same is checked again when everything is saved."""
    valid = page.is_valid()
    form = page.forms[0]
    if page.name == IDENTITY and valid:
        data = form.cleaned_data
        number = data.get("identity_number", "")
        kind = data.get("document_type") or document_of(number)
        if number:
            for error in identity_errors(number, data.get("sex") or None, data.get("birth_date"), kind):
                form.add_error("identity_number", error)
        found = _likenesses(request, form.cleaned_data)
        if any(one.why == NUMBER for one in found):
            form.add_error(
                "identity_number",
                _("Somebody with this identity number is already on record. Look them up instead."),
            )
        elif found and not data.get("still_new"):
            form.add_error(
                "still_new",
                _("Somebody of this name and birth date is on record. Open that record, or say why this is another."),
            )
    if page.name == WORK and valid:
        job, post = (one.cleaned_data for one in page.forms[:2])
        if not job.get("category") and not (post.get("title") and post.get("unit") and post.get("start")):
            page.forms[1].add_error(None, _("Give an employment, or a post with its unit and day."))
    return all(not group.form.errors for group in page.filled)


def _likenesses(request: HttpRequest, data: dict[str, Any]) -> list[Likeness]:
    number = data.get("identity_number") or ""
    read = read_document_number(data.get("document_type") or document_of(number), number) if number else None
    born = data.get("birth_date") or (read.birth_date if isinstance(read, IdentityNumber) else None)
    return likenesses(
        user=request.user, identity_number=number, name=data.get("name") or "", birth_date=born,
        phone=data.get("phone") or "",
    )  # fmt: skip


def _page(request: HttpRequest, page: EntryPage, key: UUID, version: int, status: int = 200) -> HttpResponse:
    place = PAGES.index(page.name)
    sections: dict[str, list[Group]] = {}
    for group in page.groups:
        sections.setdefault(group.section, []).append(group)
    if page.name == MORE:
        sections = {section: sections.get(section, []) for section in MORE_SECTIONS}
    names = page_names()
    first = page.forms[0]
    context = {
        "page": page.name,
        "number": place + 1,
        "steps": [(name, label, name == page.name) for name, label in names.items()],
        "heading": names[page.name],
        "sections": [(code, label_for_system(SECTIONS[code]), groups) for code, groups in sections.items()],
        "errors": [one for one in page.forms if one.is_bound and one.errors],
        "key": key,
        "version": version,
        "is_first": place == 0,
    }
    if page.name == IDENTITY:
        data = first.cleaned_data if first.is_bound and hasattr(first, "cleaned_data") else first.initial
        texts = {
            name: first[name].value()
            for name in ("identity_number", "name", "phone", "birth_date", "document_type", "sex")
        }
        context |= _said(
            request,
            {name: str(value or "") for name, value in texts.items()}
            | {name: value for name, value in data.items() if name == "birth_date"},
        )
    return render(request, "personnel/entry.html", context, status=status)


# -- Check and save ---------------------------------------------------------------------------------------------------


def _check(
    request: HttpRequest, pages: dict[str, EntryPage], key: UUID, version: int, error: ApplicationError | None = None,
    foreseen: Foreseen | None = None,
) -> HttpResponse:  # fmt: skip
    """Everything that will be saved, page by page, with what is still wrong; from here one can go back to each."""
    answers, wrong = [], []
    names = page_names()
    for name, page in pages.items():
        unseen = any(not group.form.is_bound for group in page.groups) and name != MORE
        valid = not unseen and _valid(request, page)
        if unseen:
            wrong.append((names[name], _("This page has not been filled in yet."), _address(name, key)))
        for group in page.filled if valid or not unseen else []:
            for label, text in _messages(group.form):
                wrong.append((f"{names[name]} · {label}" if label else names[name], text, _address(name, key)))
        shown = [(group.label, _texts(group.form)) for group in page.filled if group.form.is_bound]
        answers.append((names[name], _address(name, key), [(label, cells) for label, cells in shown if cells]))
    if error is not None:
        wrong += _told(error, names, key)
    context = {
        "page": CHECK,
        "number": len(PAGES),
        "steps": [(name, label, name == CHECK) for name, label in names.items()],
        "heading": names[CHECK],
        "answers": answers,
        "wrong": wrong,
        "key": key,
        "version": version,
        "foreseen": foreseen,
    }
    return render(request, "personnel/entry_check.html", context, status=422 if error is not None else 200)


_PAGE_OF = {"identity": IDENTITY, "employment": WORK, "tenure": WORK}


def _told(error: ApplicationError, names: dict[str, str], key: UUID) -> list[tuple[str, str, str]]:
    """What the service said, with the page on which it can be put right."""
    told, placed = [], set()
    for name, texts in error.fields.items() if isinstance(error, Refused) else ():
        page = _PAGE_OF.get(name.partition(".")[0], MORE)
        for text in texts:
            if str(text) not in placed:
                placed.add(str(text))
                told.append((names[page], str(text), _address(page, key)))
    rest = error.errors if isinstance(error, Refused) else str(error).splitlines()
    told += [(names[IDENTITY], str(text), _address(IDENTITY, key)) for text in rest if str(text) not in placed]
    return told


def _messages(form: forms.Form) -> list[tuple[str, str]]:
    return [
        (str(form.fields[name].label) if name in form.fields else "", str(text))
        for name, texts in form.errors.items()
        for text in texts
    ]


def _texts(form: Any) -> list[tuple[str, str]]:
    """The filled-in inputs of a form with the words for what is in them."""
    found = []
    data = getattr(form, "cleaned_data", {})
    for name, field in form.fields.items():
        value = data.get(name)
        if value in (None, "") or value is False:
            continue
        if isinstance(field, forms.ChoiceField):
            text = str(dict(field.choices).get(value, value))
        elif isinstance(value, Unit):
            text = value.name
        elif isinstance(value, bool):
            text = _("yes")
        elif isinstance(value, date):
            text = value.isoformat()
        else:
            text = str(field.prepare_value(value))
        found.append((str(field.label), text))
    return found


def _save(request: HttpRequest, key: UUID, *, check: bool) -> HttpResponse:
    """Save what is in a draft; check: only show what it would make of seats and pay."""
    draft = draft_for(user=request.user, key=key)
    pages = entry_pages(draft.values, UnitChoices(request.user), timezone.localdate())
    if not all([_complete(request, page) for page in pages.values()]):  # noqa: C419 - each page says what is wrong
        return _check(request, pages, key, draft.version, Refused([]))
    job, post = (form.cleaned_data for form in pages[WORK].forms[:2])
    identity = dict(pages[IDENTITY].forms[0].given)
    if identity.get("identity_number"):
        identity["document_type"] = _document_type(identity)

    def enter() -> Person:
        return person_enter(
            actor=request.user,
            identity=identity,
            employment=pages[WORK].forms[0].given if job.get("category") else None,
            post=pages[WORK].forms[1].given | {"full_time": bool(post.get("full_time"))} if post.get("title") else None,
            rows=[(one.section, {**one.form.given, "_number": one.number}) for one in pages[MORE].filled],
            still_new=pages[IDENTITY].forms[0].cleaned_data.get("still_new", ""),
            draft=key,
        )

    if check:
        told = foreseen(
            actor=request.user,  # type: ignore[arg-type]  # signed in
            person=None,
            units=[job.get("unit"), post.get("unit")],
            day=job.get("start") or post.get("start") or timezone.localdate(),
            decide=enter,
        )
        return _check(request, pages, key, draft.version, foreseen=told)
    try:
        person = enter()
    except NotFound:
        raise
    except ApplicationError as error:
        return _check(request, pages, key, draft.version, error)
    messages.success(request, _("%(person)s is on record.") % {"person": person.name})
    return redirect("personnel:person", person.pk)


def _document_type(identity: dict[str, Any]) -> str:
    """The document that was chosen; where nobody chose another than an identity card, the one the number speaks for."""
    chosen = identity.get("document_type") or "RESIDENT_ID"
    return document_of(identity["identity_number"]) if chosen == "RESIDENT_ID" else str(chosen)


def _complete(request: HttpRequest, page: EntryPage) -> bool:
    return (page.name == MORE or all(group.form.is_bound for group in page.groups)) and _valid(request, page)


# -- What a number says -----------------------------------------------------------------------------------------------


@signed_in
@require_POST
def identity_check(request: HttpRequest) -> HttpResponse:
    """What the typed number says, and who on record may be the same person: a fragment beside the input."""
    _require_somewhere(request)
    return render(request, "personnel/_identity_check.html", _said(request, request.POST.dict()))


def _said(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """What is known of a number: the check of its digits, the day of birth, sex and age it says, and who is like it."""
    number = folded(str(given.get("identity_number") or "")).upper()[:18]
    complete = len(number) in (15, 18)
    chosen = str(given.get("document_type") or "RESIDENT_ID")
    kind = document_of(number) if chosen == "RESIDENT_ID" else chosen
    read = (
        read_document_number(kind, number) if complete and (len(number) == 18 or kind == "FOREIGN_RESIDENCE") else None
    )
    born = given.get("birth_date")
    if isinstance(born, str):
        day = read_day(born) if born.strip() else None
        born = day.day if day is not None and not isinstance(day, DayProblem) else None
    said: dict[str, Any] = {
        "number_errors": [],
        "says": None,
        "old_form": complete and len(number) == 15 and number.isdigit(),
    }
    if complete and not said["old_form"]:
        said["number_errors"] = identity_errors(number, str(given.get("sex") or "") or None, born, kind)
    if isinstance(read, IdentityNumber) and not isinstance(read, IdentityProblem):
        today = timezone.localdate()
        passed = (today.month, today.day) >= (read.birth_date.month, read.birth_date.day)
        said["says"] = {
            "born": read.birth_date,
            "female": read.sex == "FEMALE",
            "age": today.year - read.birth_date.year - (not passed),
        }
    data = {**given, "identity_number": number if complete else "", "birth_date": born, "document_type": kind}
    data["phone"] = folded(str(given.get("phone") or ""))
    said["likenesses"] = _likenesses(request, data)
    return said


# -- Drafts -----------------------------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def drafts(request: HttpRequest) -> HttpResponse:
    """Keep what is being typed (a fragment says when); GET says only whether somebody is logged in."""
    if request.method == "GET":
        return HttpResponse("ok", content_type="text/plain; charset=utf-8")
    _require_somewhere(request)
    key, page = _key(request.POST.get("draft", "")), request.POST.get("page", "")
    if key is None or page not in PAGES or page == CHECK:
        return HttpResponse(status=204)
    given = typed(request, *CONTROL)
    version = int(request.POST["version"]) if request.POST.get("version", "").isdigit() else None
    draft: Draft | None = None
    problem = ""
    try:
        draft = draft_save(
            actor=request.user, key=key, page=page, values=given, version=version, title=_title(page, given)
        )
    except ApplicationError as error:
        problem = str(error)
    return render(request, "personnel/_saved.html", {"draft": draft, "problem": problem, "now": timezone.localtime()})


@signed_in
@require_POST
def draft_delete(request: HttpRequest) -> HttpResponse:
    """Throw a draft away."""
    key = _key(request.POST.get("draft", ""))
    try:
        if key is not None:
            draft_discard(actor=request.user, key=key)
            messages.success(request, _("The draft is gone."))
    except NotFound as error:
        messages.error(request, str(error))
    return redirect("workplace")
