"""Routes of evaluations: pages below their own prefix, programs below `api/`."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from assessment import api, views

app_name = "assessment"

urlpatterns = [
    path("evaluations/", views.evaluation_list, name="evaluations"),
    path("evaluations/new/", views.evaluation_new, name="evaluation_new"),
    path("evaluations/<int:number>/", views.evaluation, name="evaluation"),
    path("evaluations/<int:number>/progress/", views.evaluation_progress, name="evaluation_progress"),
    path("evaluations/<int:number>/pools/<int:pool>/", views.evaluation_results, name="evaluation_results"),
    path("evaluations/<int:number>/issues/", views.evaluation_issues, name="evaluation_issues"),
    path("evaluations/<int:number>/issues/<int:issue>/accept/", views.issue_accept, name="issue_accept"),
    path("evaluations/<int:number>/consequences/", views.evaluation_consequences, name="evaluation_consequences"),
    path(
        "evaluations/<int:number>/consequences/<int:consequence>/settle/",
        views.consequence_settle,
        name="consequence_settle",
    ),
    path("evaluations/<int:number>/ties/<int:tie>/", views.tie, name="tie"),
    path("evaluations/<int:number>/confirm/", views.evaluation_confirm, name="evaluation_confirm"),
    path("evaluations/<int:number>/close/", views.evaluation_close, name="evaluation_close"),
    path("evaluations/<int:number>/cancel/", views.evaluation_cancel, name="evaluation_cancel"),
    path("results/<int:number>/", views.result, name="result"),
    path("people/<int:person>/results/", views.person_results, name="person_results"),
]

router = SimpleRouter()
router.register("evaluations", api.EvaluationViewSet, basename="evaluation")
router.register("results", api.ResultViewSet, basename="result")

api_urlpatterns = router.urls
