"""Routes of units."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from organization import views
from organization.api.units import UnitViewSet

app_name = "organization"

urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("announcements/", views.announcements, name="announcements"),
    path("announcements/<int:number>/end/", views.announcement_stop, name="announcement_end"),
    path("units/", views.units, name="units"),
    path("units/load/", views.load, name="units_load"),
    path("units/<int:number>/", views.unit, name="unit"),
    path("units/<int:number>/new/", views.unit_new, name="unit_new"),
    path("units/<int:number>/rename/", views.rename, name="unit_rename"),
    path("units/<int:number>/correct/", views.correct, name="unit_correct"),
    path("units/<int:number>/move/", views.move, name="unit_move"),
    path("units/<int:number>/upgrade/", views.upgrade, name="unit_upgrade"),
    path("units/<int:number>/merge/", views.merge, name="unit_merge"),
    path("units/<int:number>/split/", views.split, name="unit_split"),
    path("units/<int:number>/close/", views.close, name="unit_close"),
    path("units/<int:number>/facts/", views.facts, name="unit_facts"),
]

router = SimpleRouter()
router.register("units", UnitViewSet, basename="unit")

api_urlpatterns = router.urls
