from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from reports import api, views

app_name = "reports"
urlpatterns = [
    path("reports/", views.dashboard, name="dashboard"),
    path("reports/<slug:code>/", views.figure_page, name="figure"),
    path("reports/<slug:code>/people/", views.figure_people, name="people"),
    path("reports/<slug:code>/export/", views.figure_export, name="export"),
]

router = SimpleRouter()
router.register("statistics", api.StatisticViewSet, basename="statistic")

api_urlpatterns = router.urls
