"""Routes of staffing plans; the page of the figures stands where people may be counted."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from staffing import views
from staffing.api import FreezeViewSet, PlanViewSet, ShareViewSet

app_name = "staffing"

urlpatterns = [
    path("staffing/<int:number>/plans/", views.plans, name="plans"),
    path("staffing/<int:number>/plans/new/", views.plan_new, name="plan_new"),
    path("staffing/<int:number>/freezes/new/", views.freeze_new, name="freeze_new"),
    path("staffing/freezes/<int:number>/end/", views.freeze_end, name="freeze_end"),
    path("staffing/plans/<int:number>/", views.plan, name="plan"),
    path("staffing/plans/<int:number>/correct/", views.plan_correct, name="plan_correct"),
    path("staffing/plans/<int:number>/end/", views.plan_end, name="plan_end"),
    path("staffing/shares/<int:number>/", views.share, name="share"),
    path("staffing/shares/<int:number>/reason/", views.explain, name="explain"),
]

router = SimpleRouter()
router.register("staffing-plans", PlanViewSet, basename="staffing-plan")
router.register("seat-shares", ShareViewSet, basename="seat-share")
router.register("seat-freezes", FreezeViewSet, basename="seat-freeze")

api_urlpatterns = router.urls
