"""Routes of people."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from personnel import api, views

app_name = "personnel"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/export/", views.people_export_file, name="people_export"),
    path("people/columns/", views.people_columns, name="people_columns"),
    path("people/filters/", views.people_filter_save, name="people_filter_save"),
    path("people/filters/<int:number>/delete/", views.people_filter_delete, name="people_filter_delete"),
    path("people/<int:number>/", views.person, name="person"),
]

router = SimpleRouter()
router.register("people", api.PersonViewSet, basename="person")

api_urlpatterns = router.urls
