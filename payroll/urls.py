"""Routes of pay and promotion: pages below their own prefix, programs below `api/`."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from payroll import api
from payroll.views import pages as views

app_name = "payroll"

urlpatterns = [
    path("pay/", views.pay_run_list, name="pay_runs"),
    path("pay/new/", views.pay_run_new, name="pay_run_new"),
    path("pay/<int:number>/", views.pay_run, name="pay_run"),
    path("pay/<int:number>/progress/", views.pay_run_progress, name="pay_run_progress"),
    path("pay/<int:number>/differences/", views.pay_run_differences, name="pay_run_differences"),
    path("pay/<int:number>/seal/", views.pay_run_seal_view, name="pay_run_seal"),
    path("pay/<int:number>/cancel/", views.pay_run_cancel_view, name="pay_run_cancel"),
    path("payslips/<int:person>/", views.payslips_of_person, name="payslips"),
    path("payslips/<int:person>/<str:month>/", views.payslip, name="payslip"),
    path("payslips/<int:person>/<str:month>/pdf/", views.payslip_pdf, name="payslip_pdf"),
    path("grades/<int:person>/", views.grades_of_person, name="grades"),
    path("manual-items/<int:person>/", views.manual_items, name="manual_items"),
    path("manual-items/<int:number>/approve/", views.manual_item_approve_view, name="manual_item_approve"),
    path("promotions/", views.promotion_list, name="promotions"),
    path("people/<int:number>/promotion/", views.promotion_alone, name="promotion_alone"),
    path("promotions/new/", views.promotion_new, name="promotion_new"),
    path("promotions/<int:number>/", views.promotion, name="promotion"),
    path("promotions/<int:number>/progress/", views.promotion_progress, name="promotion_progress"),
    path("promotions/<int:number>/confirm/", views.promotion_confirm_view, name="promotion_confirm"),
    path("promotions/<int:number>/step/", views.conversion_step_view, name="conversion_step"),
    path("promotions/<int:number>/leave-out/", views.conversion_leave_out_view, name="conversion_leave_out"),
    path("promotions/<int:number>/reverse/", views.conversion_reverse_view, name="conversion_reverse"),
    path("promotions/<int:number>/cancel/", views.promotion_cancel_view, name="promotion_cancel"),
]

router = SimpleRouter()
router.register("pay-runs", api.PayRunViewSet, basename="pay-run")
router.register("payslips", api.PaySlipViewSet, basename="payslip")
router.register("promotion-runs", api.PromotionRunViewSet, basename="promotion-run")
router.register("promotion-outcomes", api.PromotionOutcomeViewSet, basename="promotion-outcome")

api_urlpatterns = router.urls
