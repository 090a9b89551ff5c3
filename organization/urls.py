"""Routes of units."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from organization import views
from organization.api.units import UnitViewSet
from organization.api.why import WhyViewSet

app_name = "organization"

urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("announcements/", views.announcements, name="announcements"),
    path("announcements/<int:number>/end/", views.announcement_stop, name="announcement_end"),
    path("users/", views.users, name="users"),
    path("users/new/", views.user_new, name="user_new"),
    path("users/<int:number>/", views.user, name="user"),
    path("users/<int:number>/password/", views.user_reset, name="user_reset"),
    path("users/<int:number>/factor/", views.user_factor, name="user_factor"),
    path("users/<int:number>/disable/", views.user_disable, name="user_disable"),
    path("users/<int:number>/enable/", views.user_enable, name="user_enable"),
    path("users/<int:number>/sessions/end/", views.user_logged_out, name="user_log_out"),
    path("users/<int:number>/unlock/", views.user_unlocked, name="user_unlock"),
    path("grants/", views.grants, name="grants"),
    path("grants/new/", views.grant_new, name="grant_new"),
    path("grants/<int:number>/end/", views.grant_end, name="grant_end"),
    path("grants/<int:number>/renew/", views.grant_again, name="grant_renew"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/new/", views.token_new, name="token_new"),
    path("tokens/<int:number>/use/", views.token_use, name="token_use"),
    path("tokens/<int:number>/revoke/", views.token_end, name="token_revoke"),
    path("trail/", views.trail, name="trail"),
    path("trail/<int:number>/", views.trail_one, name="trail_entry"),
    path("countersignatures/", views.countersignatures, name="countersignatures"),
    path("countersignatures/<int:number>/", views.countersign, name="countersign"),
    path("why/", views.why, name="why"),
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

api_urlpatterns = [*router.urls, path("why/", WhyViewSet.as_view({"get": "explain"}), name="why")]
