from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from reports import api
from reports.views import career, figures, saved, tables

app_name = "reports"
urlpatterns = [
    path("reports/", figures.dashboard, name="dashboard"),
    path("people/<int:person>/career/", career.career, name="career"),
    path("reports/tables/", saved.tables, name="tables"),
    path("reports/saved/<int:report>/plan/", saved.report_plan, name="report_plan"),
    path("reports/saved/<int:report>/rest/", saved.report_rest, name="report_rest"),
    path("reports/saved/<int:report>/delete/", saved.report_remove, name="report_delete"),
    path("reports/made/<int:made>/", saved.made, name="made"),
    path("reports/tables/<slug:table>/", tables.table_page, name="table"),
    path("reports/tables/<slug:table>/file/", tables.table_file, name="table_file"),
    path("reports/tables/<slug:table>/save/", saved.table_save, name="table_save"),
    path("reports/<slug:code>/", figures.figure_page, name="figure"),
    path("reports/<slug:code>/people/", figures.figure_people, name="people"),
    path("reports/<slug:code>/export/", figures.figure_export, name="export"),
]

router = SimpleRouter()
router.register("statistics", api.StatisticViewSet, basename="statistic")

api_urlpatterns = router.urls
