"""Routes of people."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from personnel import api, views

app_name = "personnel"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/<int:number>/", views.person, name="person"),
]

router = SimpleRouter()
router.register("people", api.PersonViewSet, basename="person")

api_urlpatterns = router.urls
