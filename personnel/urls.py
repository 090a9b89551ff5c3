"""Routes of people."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from personnel import api, views
from personnel.api.quotas import QuotaViewSet
from personnel.views import (
    accounts,
    appointments,
    archive,
    bulk,
    checks,
    corrections,
    entry,
    find,
    imports,
    leaving,
    party,
    ratios,
    readings,
    record,
    restrictions,
    sections,
    staffing,
)

app_name = "personnel"

urlpatterns = [
    path("units/<int:number>/accounts/", accounts.accounts, name="accounts"),
    path("units/<int:number>/accounts/file/", accounts.accounts_file, name="accounts_file"),
    path("units/<int:number>/cross-appointments/", ratios.cross_definition, name="cross_definition"),
    path("staffing/", staffing.staffing, name="staffing"),
    path("staffing/checks/", checks.checks, name="checks"),
    path("staffing/<int:number>/people/", staffing.staffing_people, name="staffing_people"),
    path("people/", views.people, name="people"),
    path("people/search/", views.people_search, name="people_search"),
    path("people/find/", find.people_find, name="people_find"),
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
    path("people/import/<int:number>/progress/", imports.import_progress, name="import_progress"),
    path("people/import/<int:number>/discard/", imports.import_throw_away, name="import_discard"),
    path("people/import/<int:number>/file/", imports.import_file, name="import_file"),
    path("people/new/", entry.person_new, name="person_new"),
    path("people/new/identity/", entry.identity_check, name="identity_check"),
    path("units/<int:number>/party/", party.party, name="party"),
    path("party/<int:number>/", party.party_organization, name="party_organization"),
    path("people/drafts/", entry.drafts, name="drafts"),
    path("people/drafts/delete/", entry.draft_delete, name="draft_delete"),
    path("people/change/", bulk.people_bulk, name="people_bulk"),
    path("people/<int:number>/", record.person, name="person"),
    path("people/<int:number>/history/", record.person_history, name="person_history"),
    path("people/<int:number>/readers/", readings.person_readings, name="person_readings"),
    path("my-file/readers/", readings.own, name="own_readings"),
    path("my-file/corrections/", corrections.own, name="own_corrections"),
    path("my-file/corrections/new/", corrections.own_new, name="own_correction_new"),
    path("people/<int:number>/corrections/new/", corrections.new, name="correction_new"),
    path("people/<int:number>/restriction/", restrictions.restriction, name="restriction"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("corrections/<int:number>/", corrections.correction, name="correction"),
    path("people/<int:number>/pdf/", record.person_pdf, name="person_pdf"),
    path("people/<int:number>/appointment/", appointments.appointment_new, name="appointment_new"),
    path("people/<int:number>/move/", appointments.move_new, name="move_new"),
    path("people/<int:number>/leaving/", appointments.exit_new, name="exit_new"),
    path("people/<int:number>/handover/", leaving.handover, name="handover"),
    path("cases/<int:number>/order/", appointments.case_order, name="case_order"),
    path("people/<int:number>/archive/", archive.archive, name="archive"),
    path("people/<int:number>/files/<int:file>/", record.person_file, name="person_file"),
    path("people/<int:number>/values/<slug:section>/<slug:act>/", sections.values_act, name="values_act"),
    path("people/<int:number>/<slug:section>/add/", sections.row_new, name="row_new"),
    path("people/<int:number>/<slug:section>/<int:row>/<slug:act>/", sections.row_act, name="row_write"),
]

router = SimpleRouter()
router.register("people", api.PersonViewSet, basename="person")
router.register("employments", api.EmploymentViewSet, basename="employment")
router.register("named-lists", api.NamedListViewSet, basename="named-list")
router.register("placements", api.PlacementViewSet, basename="placement")
router.register("posts", api.PostViewSet, basename="post")
router.register("tenures", api.TenureViewSet, basename="tenure")
router.register("quotas", QuotaViewSet, basename="quota")
router.register("cases", api.CaseViewSet, basename="case")
router.register("party-organizations", api.PartyViewSet, basename="party")

api_urlpatterns = router.urls
