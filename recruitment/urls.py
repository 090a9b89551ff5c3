"""Routes of recruitment."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from recruitment import views
from recruitment.api import ApplicantViewSet, RecruitmentViewSet

app_name = "recruitment"

urlpatterns = [
    path("recruitment/", views.board, name="board"),
    path("recruitment/plans/new/", views.plan_new, name="plan_new"),
    path("recruitment/plans/<int:number>/", views.plan, name="plan"),
    path("recruitment/plans/<int:number>/lines/new/", views.line_new, name="line_new"),
    path("recruitment/plans/<int:number>/lines/<int:line>/withdraw/", views.line_withdraw, name="line_withdraw"),
    path("recruitment/plans/<int:number>/lines/<int:line>/cut/", views.line_cut, name="line_cut"),
    path("recruitment/plans/<int:number>/intake/", views.intake, name="intake"),
    path("recruitment/plans/<int:number>/fix/", views.plan_fix, name="plan_fix"),
    path("recruitment/plans/<int:number>/announce/", views.plan_announce, name="plan_announce"),
    path("recruitment/plans/<int:number>/publish/", views.plan_publish, name="plan_publish"),
    path("recruitment/plans/<int:number>/close/", views.plan_close, name="plan_close"),
    path("recruitment/plans/<int:number>/cancel/", views.plan_cancel, name="plan_cancel"),
    path("recruitment/plans/<int:number>/applicants/", views.applicants, name="applicants"),
    path("recruitment/plans/<int:number>/applicants/new/", views.applicant_new, name="applicant_new"),
    path("recruitment/plans/<int:number>/applicants/file/", views.applicants_file, name="applicants_file"),
    path("recruitment/plans/<int:number>/applicants/screen/", views.applicants_screen, name="applicants_screen"),
    path("recruitment/plans/<int:number>/marks/", views.marks, name="marks"),
    path("recruitment/plans/<int:number>/ranking/", views.ranking, name="ranking"),
    path("recruitment/plans/<int:number>/ranking/make/", views.ranking_make, name="ranking_make"),
    path("recruitment/plans/<int:number>/lines/<int:line>/equals/", views.equals, name="equals"),
    path("recruitment/applicants/<int:number>/", views.applicant, name="applicant"),
    path("recruitment/applicants/<int:number>/decide/", views.applicant_decide, name="applicant_decide"),
    path("recruitment/applicants/<int:number>/withdraw/", views.applicant_withdraw, name="applicant_withdraw"),
    path("recruitment/applicants/<int:number>/review/", views.applicant_review, name="applicant_review"),
    path("recruitment/applicants/<int:number>/fill-in/", views.applicant_fill_in, name="applicant_fill_in"),
    path("recruitment/applicants/<int:number>/hire/", views.applicant_hire, name="applicant_hire"),
]

router = SimpleRouter()
router.register("recruitments", RecruitmentViewSet, basename="recruitment")
router.register("applicants", ApplicantViewSet, basename="applicant")

api_urlpatterns = router.urls
