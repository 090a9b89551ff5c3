"""Routes of people."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from personnel import api, views
from personnel.views import imports

app_name = "personnel"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/export/", views.people_export_file, name="people_export"),
    path("people/columns/", views.people_columns, name="people_columns"),
    path("people/filters/", views.people_filter_save, name="people_filter_save"),
    path("people/filters/<int:number>/delete/", views.people_filter_delete, name="people_filter_delete"),
    path("people/import/", imports.imports, name="imports"),
    path("people/import/template/", imports.import_template, name="import_template"),
    path("people/import/<int:number>/", imports.import_review, name="import"),
    path("people/import/<int:number>/fix/", imports.import_fix_cell, name="import_fix"),
    path("people/import/<int:number>/rows/", imports.import_rows_choose, name="import_rows"),
    path("people/import/<int:number>/columns/", imports.import_columns_choose, name="import_columns"),
    path("people/import/<int:number>/apply/", imports.import_apply_rows, name="import_apply"),
    path("people/import/<int:number>/undo/", imports.import_undo_rows, name="import_undo"),
    path("people/import/<int:number>/discard/", imports.import_throw_away, name="import_discard"),
    path("people/import/<int:number>/file/", imports.import_file, name="import_file"),
    path("people/<int:number>/", views.person, name="person"),
]

router = SimpleRouter()
router.register("people", api.PersonViewSet, basename="person")

api_urlpatterns = router.urls
