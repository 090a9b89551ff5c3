"""Routes of cases; a case is opened on a person's page, and its last step is taken with the post that it changes."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from approvals.api import QuestionViewSet
from approvals.views import calendar, cases, questions

app_name = "approvals"

urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/<int:number>/", cases.case, name="case"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<int:number>/", questions.question, name="question"),
    path("calendar/", calendar.calendar, name="calendar"),
]

router = SimpleRouter()
router.register("questions", QuestionViewSet, basename="question")

api_urlpatterns = router.urls
