"""Routes of the rules."""

from __future__ import annotations

from django.urls import path

from policy import views

app_name = "policy"

urlpatterns = [
    path("rules/", views.versions, name="versions"),
    path("rules/<int:number>/", views.version, name="version"),
]
