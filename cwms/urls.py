"""Every route: pages by app, programs below /api/v1/."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

import approvals.urls
import assessment.urls
import organization.urls
import payroll.urls
import personnel.urls
import recruitment.urls
import reports.urls
import staffing.urls
from cwms import views

# A route is looked for from the first to the last, which for a program's thousandth question is a fifth of its cost: those
# that programs ask most often come first.
api: list[URLPattern | URLResolver] = [
    *reports.urls.api_urlpatterns,
    *organization.urls.api_urlpatterns,
    *approvals.urls.api_urlpatterns,
    *staffing.urls.api_urlpatterns,
    *personnel.urls.api_urlpatterns,
    *recruitment.urls.api_urlpatterns,
    *assessment.urls.api_urlpatterns,
    *payroll.urls.api_urlpatterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((api, "api"))),
    path("", views.workplace, name="workplace"),
    path("inbox/", views.inbox, name="inbox"),
    path("cases/<int:number>/papers/<slug:paper>/", views.case_paper, name="case_paper"),
    path("login/", views.Login.as_view(), name="login"),
    path("login/code/", views.login_code, name="login_code"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", views.password, name="password"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/end/", views.sessions_end, name="sessions_end"),
    path("second-factor/", views.factor, name="factor"),
    path("second-factor/set-up/", views.factor_set_up, name="factor_set_up"),
    path("second-factor/renew/", views.factor_renew, name="factor_renew"),
    path("proof/", views.proof, name="proof"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("introduction/", views.introduction, name="introduction"),
    path("my-file/copy/", views.own_copy, name="own_copy"),
    path("people/<int:number>/copy/", views.person_copy, name="person_copy"),
    path("retention/", views.retention, name="retention"),
    path("retention/<int:number>/", views.deletion, name="deletion"),
    path("retention/<int:number>/confirm/", views.deletion_confirm, name="deletion_confirm"),
    path("retention/<int:number>/refuse/", views.deletion_refuse, name="deletion_refuse"),
    path("retention/<int:number>/certificate/", views.deletion_paper, name="deletion_paper"),
    path("data-map/", views.data_map, name="data_map"),
    path("health/", views.health, name="health"),
    path("", include("organization.urls")),
    path("", include("approvals.urls")),
    path("", include("staffing.urls")),
    path("", include("personnel.urls")),
    path("", include("recruitment.urls")),
    path("", include("policy.urls")),
    path("", include("assessment.urls")),
    path("", include("payroll.urls")),
    path("", include("reports.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
]

handler404 = "cwms.views.missing"
handler500 = "cwms.views.failed"
