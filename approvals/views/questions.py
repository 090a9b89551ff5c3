"""What a department of a joint review is shown, and its answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from approvals.forms import OpinionForm
from approvals.selectors import opinions_for_system, question_for, questions_for
from approvals.services import opinion_give
from core.errors import NotAllowed
from core.views import PAGE, page, tried


@page
@require_GET
def questions(request: HttpRequest) -> HttpResponse:
    """What the user's department has not answered yet, the oldest first."""
    rows = questions_for(user=request.user)
    context = {"rows": rows[:PAGE], "count": rows.count()}
    return render(request, "approvals/questions.html", context)


@page
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, number: int) -> HttpResponse:
    """A department's question with the summary of the person, and the answer, once; then the next question."""
    found = question_for(user=request.user, number=number)
    form = OpinionForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: opinion_give(actor=request.user, opinion=found, **form.given), NotAllowed)
    ):
        messages.success(request, _("Your department has answered about %(person)s.") % {"person": found.step.case})
        following = questions_for(user=request.user).first()
        if following is not None:
            return redirect("approvals:question", number=following.pk)
        return redirect("approvals:questions")
    names = {one.department: name for name, one in opinions_for_system(found.step)}
    context = {
        "question": found,
        "case": found.step.case,
        "department": names.get(found.department, found.department),
        "form": form,
        "open": not found.answer and found.step.state == "OPEN",
    }
    return render(request, "approvals/question.html", context, status=422 if form.errors else 200)
