"""What import contracts can't show: the direction of foreign keys, thin faces, the shape of services and selectors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
ORDER = (
    "core",
    "organization",
    "policy",
    "approvals",
    "staffing",
    "personnel",
    "recruitment",
    "training",
    "assessment",
    "payroll",
    "reports",
    "cwms",
)

# Exceptions carry their reason; an entry that nothing needs any more fails its test.
FOREIGN_KEY_EXCEPTIONS: dict[str, str] = {}
SERVICE_EXCEPTIONS: dict[str, str] = {
    "recruitment/services/frames.py:is_frame": "a check of a service, inside its transaction",
    "recruitment/services/frames.py:refuse_no_frame_line": "a check of a service, inside its transaction",
    "recruitment/services/frames.py:within_frame": "a check of a service, inside its transaction",
    "recruitment/services/frames.py:held_frames": "a check of a service, inside its transaction",
    "recruitment/services/frames.py:used_posts": "a check of a service, inside its transaction",
    "recruitment/services/frames.py:refuse_used": "a check of a service, inside its transaction",
    "staffing/services/steps.py:refuse": "a step of a service, inside its transaction",
    "staffing/services/steps.py:say": "a step of a service, inside its transaction",
    "staffing/services/steps.py:locked_plan": "a step of a service, inside its transaction",
    "staffing/services/steps.py:locked_allocation": "a step of a service, inside its transaction",
    "staffing/services/steps.py:locked_freeze": "a step of a service, inside its transaction",
    "recruitment/services/steps.py:locked_plan": "a step of a service, inside its transaction",
    "recruitment/services/steps.py:locked_applicant": "a step of a service, inside its transaction",
    "recruitment/services/steps.py:refuse": "a step of a service, inside its transaction",
    "recruitment/services/steps.py:say": "a step of a service, inside its transaction",
    "recruitment/services/steps.py:reason_of": "a step of a service, inside its transaction",
    "recruitment/services/steps.py:trace": "writes the entry of the services that call it, in their transaction",
    "core/services/trail.py:audit": "is the trace itself",
    "core/services/trail.py:audit_all": "is the trace itself",
    "core/services/trail.py:audit_chain": "is the trace itself",
    "approvals/services/cases.py:audit_case": "writes the entry of the services that call it, in their transaction",
    "assessment/services/batches.py:compute_evaluation": "claims in a transaction of its own, then computes in one; the settling writes the audit entry",
    "assessment/services/batches.py:compute_evaluation_batch": "claims in a transaction of its own, then computes in one; the settling writes the audit entry",
    "core/services/files.py:check_scan": "reads a file and writes none",
    "core/services/files.py:file_refusal": "reads a file and writes none",
    "core/services/files.py:file_sheets": "reads a file and writes none",
    "core/services/files.py:made_photograph": "reads a file and writes none",
    "core/services/files.py:parse_apart": "reads a file and writes none",
    "personnel/services/quality.py:quality_count": "counts what is there, a unit a statement; changes nothing of anybody's",
    "reports/services/papers.py:heading_lines": "words of a paper",
    "reports/services/papers.py:signed_line": "words of a paper",
    "reports/services/papers.py:table_document": "typesets what its caller has asked for and puts on record",
    "reports/services/saved.py:reports_make": "a transaction for each report; what it calls leaves the traces",
    "reports/services/rollups.py:rollups_keep": "counts what is there, in steps of a transaction each; changes nothing of anybody's",
    "reports/services/past.py:past_count_for_system": "a step of rollups_keep, in its transaction; changes nothing of anybody's",
    "reports/services/past.py:past_wrong_for_system": "a step of rollups_check, in its transaction; changes nothing of anybody's",
    "reports/services/paid.py:paid_count_for_system": "a step of rollups_keep, in its transaction; changes nothing of anybody's",
    "reports/services/paid.py:paid_begin_for_system": "a step of rollups_keep, in its transaction; changes nothing of anybody's",
    "reports/services/rollups.py:rollups_check": "counts what is there, in steps of a transaction each; changes nothing of anybody's",
    "core/services/keys.py:keys_reseal": "in batches of a transaction each; what rows say stays as it is, and who runs it owns the machine",
    "core/services/keys.py:sealed_by": "counts rows and writes none",
    "core/services/repeats.py:answer_once": "the write inside it leaves the trace, and who writes is its actor",
    "core/services/repeats.py:form_begun": "a lock; the write that waits for it leaves the trace",
    "core/services/repeats.py:form_done": "where a write led that has left its trace",
    "core/services/repeats.py:form_ended": "a lock",
    "core/services/runs.py:claim_batch": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:code_version": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:compute_claimed": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:due_batches": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:fail_batch": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:finish_batch": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:hold_batch": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:lease_seconds": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:lock": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:lock_run": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:plan": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:progress": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/runs.py:settle_run": "machinery of runs: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:array_of_numbers": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:copy_rows": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:csv_array": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:csv_element": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:csv_elements": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:csv_rows": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:csv_text": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:escaped": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "core/services/tables.py:rows_text": "rows as text for COPY: an app's service calls it, and writes the audit entry",
    "organization/services/passwords.py:profile": "a setting",
    "organization/services/passwords.py:password_rules": "what a page tells; writes nothing",
    "organization/services/passwords.py:password_errors": "a check of a service, inside its transaction",
    "organization/services/passwords.py:keep_past": "a step of a service, inside its transaction",
    "organization/services/sessions.py:end_sessions_of": "a step of a service, inside its transaction",
    "organization/services/tokens.py:token_counted": "a count a request, one row a token and day",
    "organization/services/tokens.py:token_uses_forget": "old counts of requests",
    "organization/services/tokens.py:token_used": "a mark at most once an hour while somebody reads; the trail has what people do",
    "payroll/services/pay_runs.py:refuse_other_rules": "a check of a run's start",
    "payroll/services/means.py:note_means": "part of settling a run, inside its transaction",
    "payroll/services/arrears.py:find_arrears": "part of computing a batch, inside its transaction",
    "payroll/services/batches.py:compute_pay_batch": "claims in a transaction of its own, then computes in one; the settling writes the audit entry",
    "payroll/services/batches.py:compute_pay_run": "claims in a transaction of its own, then computes in one; the settling writes the audit entry",
    "payroll/services/batches.py:settle_pay_runs": "settles each run in a transaction of its own",
    "payroll/services/differences.py:difference_rows": "part of computing a batch, inside its transaction",
    "organization/services/loading.py:units_table": "reads a file and writes none",
    "organization/services/steps.py:hold_tree": "a step of a service, inside its transaction",
    "organization/services/steps.py:take_tree": "a step of a service, inside its transaction",
    "organization/services/steps.py:newest_row": "a step of a service, inside its transaction",
    "organization/services/steps.py:locked": "a step of a service, inside its transaction",
    "organization/services/steps.py:unit_state": "a step of a service, inside its transaction",
    "organization/services/steps.py:day_errors": "a step of a service, inside its transaction",
    "organization/services/steps.py:former_errors": "a step of a service, inside its transaction",
    "organization/services/steps.py:not_yet_errors": "a step of a service, inside its transaction",
    "organization/services/steps.py:code_errors": "a step of a service, inside its transaction",
    "organization/services/steps.py:path_errors": "a step of a service, inside its transaction",
    "organization/services/steps.py:below_on": "a step of a service, inside its transaction",
    "organization/services/steps.py:later_errors": "a step of a service, inside its transaction",
    "organization/services/steps.py:refuse": "a step of a service, inside its transaction",
    "organization/services/steps.py:refuse_open_runs": "a step of a service, inside its transaction",
    "organization/services/steps.py:follow_all": "a step of a service, inside its transaction",
    "organization/services/steps.py:write_down": "a step of a service, inside its transaction",
    "core/services/runs.py:batch_target": "a setting and a sum",
    "payroll/services/conversion.py:close_steps": "part of confirming a run, inside its transaction",
    "payroll/services/conversion.py:locked_review": "a step of a service, inside its transaction",
    "payroll/services/pay_runs.py:overlapping": "part of starting a run, inside its transaction",
    "payroll/services/promotion.py:compute_promotion_batch": "claims in a transaction of its own, then computes in one; the settling writes the audit entry",
    "payroll/services/promotion.py:compute_promotion_run": "claims in a transaction of its own, then computes in one; the settling writes the audit entry",
    "payroll/services/promotion.py:settle_promotion_runs": "settles each run in a transaction of its own",
    "personnel/services/drafts.py:draft_save": "typing that is not sent yet; what is sent leaves its own trace",
    "personnel/services/entry.py:mark_of_row": "a sum over what somebody has seen",
    "personnel/services/entry.py:mark_of_people": "a sum over what somebody has seen",
    "personnel/services/imports/applying.py:import_apply": "applies in one transaction of its own; what services refuse is noted in another",
    "personnel/services/imports/entering.py:enter_new": "a step of an import, inside its transaction",
    "personnel/services/imports/files.py:marked_copy": "parses first; the trace of the reading is all that it writes",
    "personnel/services/imports/files.py:template_file": "reads a file and writes none",
    "personnel/services/imports/matching.py:certificate_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/matching.py:education_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/matching.py:match": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/matching.py:text_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:as_row": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:context_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:count": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:defaults_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:import_fix": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:import_leave_out": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:import_map": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:import_start": "parses before its transaction, which the storing has",
    "personnel/services/imports/jobs.py:due_jobs": "finds work for workers, who do it in their starter's name",
    "personnel/services/imports/jobs.py:import_job_run": "claims in a transaction of its own, then writes in one; who started it is its actor",
    "personnel/services/imports/reviewing.py:refuse_while_working": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:lock_open": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:read_all": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:refresh": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:review_rows": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:review_rows_alone": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:scope_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:settle": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/reviewing.py:units_of": "a step of the review of an import, inside its transaction",
    "personnel/services/imports/states.py:file_states": "a step of an import, inside its transaction",
    "personnel/services/imports/states.py:written_between": "a step of an import, inside its transaction",
    "personnel/services/imports/matching.py:model_of": "a step of an import, inside its transaction",
    "personnel/services/imports/matching.py:section_rows": "a step of an import, inside its transaction",
    "personnel/services/imports/matching.py:needed_of": "a step of an import, inside its transaction",
    "personnel/services/imports/matching.py:row_of": "a step of an import, inside its transaction",
    "personnel/services/imports/writing.py:entered_by": "a step of an import, inside its transaction",
    "personnel/services/seats.py:locked_seat": "a step of a service, inside its transaction",
    "personnel/services/imports/writing.py:units_named": "a step of an import, inside its transaction",
    "personnel/services/imports/writing.py:write_row": "a step of an import, inside its transaction",
    "personnel/services/imports/writing.py:day_of": "a step of an import, inside its transaction",
    "personnel/services/imports/writing.py:section_values": "a step of an import, inside its transaction",
    "personnel/services/steps.py:name_values": "a step of a service, inside its transaction",
    "personnel/services/steps.py:columns_of": "a step of a service, inside its transaction",
    "personnel/services/steps.py:party_errors": "a step of a service, inside its transaction",
    "personnel/services/steps.py:name_writer": "a step of a service, inside its transaction",
    "personnel/services/steps.py:label_of": "a step of a service, inside its transaction",
    "personnel/services/steps.py:refuse": "a step of a service, inside its transaction",
    "personnel/services/steps.py:read_values": "a step of a service, inside its transaction",
    "personnel/services/steps.py:save_checked": "a step of a service, inside its transaction",
    "personnel/services/steps.py:row_person": "a step of a service, inside its transaction",
    "personnel/services/employment.py:new_employment": "a step of a service, inside its transaction",
    "personnel/services/employment.py:employment_started": "a step of a service, inside its transaction",
    "personnel/services/employment.py:locked_post": "a step of a service, inside its transaction",
    "personnel/services/employment.py:new_tenure": "a step of a service, inside its transaction",
    "personnel/services/employment.py:tenure_started": "a step of a service, inside its transaction",
    "personnel/services/people.py:new_person": "a step of a service, inside its transaction",
    "personnel/services/people.py:person_created": "a step of a service, inside its transaction",
    "personnel/services/sections.py:row_written": "a step of a service, inside its transaction",
    "personnel/services/sections.py:new_row": "a step of a service, inside its transaction",
    "personnel/services/sections.py:employment_values": "a step of a service, inside its transaction",
    "personnel/services/sections.py:tenure_values": "a step of a service, inside its transaction",
    "personnel/services/sections.py:section_of_row": "a step of a service, inside its transaction",
    "approvals/services/cases.py:case_lock": "a step of a service, inside its transaction",
    "approvals/services/cases.py:locked": "a step of a service, inside its transaction",
    "approvals/services/cases.py:close_step": "a step of a service, inside its transaction",
    "approvals/services/cases.py:go_on": "a step of a service, inside its transaction",
    "approvals/services/opinions.py:answers_for": "a check of a service, inside its transaction",
    "personnel/services/employment.py:begin_tenure": "a step of a service, inside its transaction",
    "personnel/services/employment.py:finish_employment": "a step of a service, inside its transaction",
    "personnel/services/appointments.py:carry_out": "part of carrying out a case, inside its transaction",
    "personnel/services/leaving.py:refuse_open_handover": "a check of a service, inside its transaction",
    "personnel/services/foresight.py:foreseen": "tries a service out and undoes it; nothing of it stays",
    "personnel/services/foresight.py:change_foreseen": "tries a service out and undoes it; nothing of it stays",
    "approvals/services/cases.py:require_step": "a check of a service, inside its transaction",
    "personnel/services/employment.py:values_move": "a step of a service, inside its transaction; the values' own service has the trace",
    "personnel/services/exits.py:job_of": "a check of a service, inside its transaction",
    "personnel/services/moves.py:person_of_case": "a step of a service, inside its transaction",
    "personnel/services/steps.py:too_long": "a check of a service, inside its transaction",
    "personnel/services/exits.py:end_by_case": "part of carrying out a case, inside its transaction",
    "personnel/services/exits.py:exit_open_by_rule": "the rules open the case, whoever closes the result",
    "personnel/services/exits.py:summary_of": "part of opening a case; a paper and no write",
    "assessment/services/follow_up.py:exit_cases_open": "part of closing an evaluation, inside its transaction",
    "personnel/services/employment.py:finish_tenure": "a step of a service, inside its transaction",
    "personnel/services/steps.py:state_of": "a step of a service, inside its transaction",
    "personnel/services/steps.py:identity_errors": "a step of a service, inside its transaction",
    "personnel/services/steps.py:lock_person": "a step of a service, inside its transaction",
    "personnel/services/steps.py:require_person": "a step of a service, inside its transaction",
    "personnel/services/showing.py:purpose_given": "a check of a service, inside its transaction",
    "personnel/services/steps.py:save_new": "a step of a service, inside its transaction",
}
SELECTOR_EXCEPTIONS: dict[str, str] = {}
FACE_WRITES: dict[str, str] = {"cwms/views/word.py:sheet.save": "a Word document, into memory"}

WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}


def modules(app: str, word: str) -> list[Path]:
    """The files of one of the eight words in an app: a module, or the modules of a package."""
    single, package = ROOT / app / f"{word}.py", ROOT / app / word
    found = [single] if single.exists() else []
    return found + sorted(path for path in package.rglob("*.py") if path.name != "__init__.py")


def public_functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def place(path: Path, name: str) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{name}"


def calls(node: ast.AST) -> set[str]:
    """The last names of everything that a piece of code calls."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            found.add(ast.unparse(inner.func).split(".")[-1])
    return found


def test_foreign_keys_point_downwards_only() -> None:
    upward = set()
    for model in apps.get_models():
        own = model._meta.app_label
        if own not in ORDER:
            continue
        for field in model._meta.get_fields():
            other = getattr(field, "remote_field", None) and field.concrete and field.related_model
            if not other or isinstance(other, str):
                continue
            label = other._meta.app_label
            if label in ORDER and ORDER.index(label) > ORDER.index(own):
                upward.add(f"{own}.{model.__name__}.{field.name}")
    assert upward == set(FOREIGN_KEY_EXCEPTIONS)


def service_functions() -> list[tuple[Path, ast.FunctionDef]]:
    return [(path, node) for app in ORDER for path in modules(app, "services") for node in public_functions(path)]


def service_faults(node: ast.FunctionDef, audited: set[str]) -> list[str]:
    """What a public service lacks: keyword-only arguments, an actor, one transaction, a trace."""
    faults = []
    if node.args.args or node.args.posonlyargs:
        faults.append("positional arguments")
    if "actor" not in {argument.arg for argument in node.args.kwonlyargs}:
        faults.append("no actor")
    if not any("atomic" in ast.unparse(decorator) for decorator in node.decorator_list):
        faults.append("not atomic")
    if not calls(node) & audited:
        faults.append("no audit entry")
    return faults


def audited_names() -> set[str]:
    """`audit` and every function of the services that calls it, however deep, so that a service may call another."""
    names, grown = {"audit"}, True
    functions = [
        node
        for app in ORDER
        for path in modules(app, "services")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    while grown:
        more = {node.name for node in functions if calls(node) & names}
        grown = not more <= names
        names |= more
    return names


def test_public_services_have_a_name_an_actor_and_a_trace() -> None:
    audited = audited_names()
    faulty = {
        place(path, node.name): faults
        for path, node in service_functions()
        if (faults := service_faults(node, audited)) and place(path, node.name) not in SERVICE_EXCEPTIONS
    }
    assert faulty == {}


def test_the_check_of_services_finds_a_faulty_one() -> None:
    node = ast.parse("def pay_change(run, amount):\n    run.save()").body[0]
    assert isinstance(node, ast.FunctionDef)
    assert service_faults(node, {"audit"}) == [
        "positional arguments", "no actor", "not atomic", "no audit entry",
    ]  # fmt: skip


def test_nobody_reads_without_a_user() -> None:
    unnamed = set()
    for app in ORDER:
        for path in modules(app, "selectors"):
            for node in public_functions(path):
                names = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
                if "user" not in names and not node.name.endswith("_for_system"):
                    unnamed.add(place(path, node.name))
    assert unnamed == set(SELECTOR_EXCEPTIONS)


def face_files() -> list[Path]:
    faces = [path for app in ORDER for word in ("views", "api", "admin", "tasks") for path in modules(app, word)]
    return faces + sorted(ROOT.glob("*/management/commands/*.py"))


def test_faces_do_not_write() -> None:
    writing = set()
    for path in face_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
                continue
            if ".objects" in ast.unparse(node.func) or node.func.attr in {"save", "delete"}:
                writing.add(place(path, ast.unparse(node.func)))
    assert writing == set(FACE_WRITES)


def test_every_value_of_every_policy_names_its_source() -> None:
    from policy.rules.document import iter_leaves
    from policy.rules.terms import Status
    from tests.policies import read_all

    bare, seen = [], 0
    for name, policy in read_all().items():
        for leaf in iter_leaves(policy):
            seen += 1
            if leaf.status is Status.CITED and not leaf.cite:
                bare.append(f"{name}: {leaf.path} (line {leaf.line})")
            if leaf.status is not Status.CITED and not leaf.because:
                bare.append(f"{name}: {leaf.path} has no reason")
    assert bare == []
    assert seen > 100


@pytest.mark.parametrize("word", ["utils", "helpers", "managers", "common"])
def test_no_room_for_odds_and_ends(word: str) -> None:
    assert [path for app in ORDER for path in (ROOT / app).rglob(f"{word}.py")] == []
