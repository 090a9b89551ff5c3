"""`manage.py policy`: check, load, compare and show the rules of places, and write their reference."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import ApplicationError
from policy import selectors
from policy.models import PolicyErrorCode, PolicyVersion
from policy.rules.comparing import compare
from policy.rules.document import Policy
from policy.rules.reading import PolicyError, PolicyErrors, read
from policy.rules.reference import reference
from policy.rules.terms import Leaf, Status
from policy.services import policy_load

REFERENCE = Path(settings.BASE_DIR) / "docs" / "policy.md"


class Command(BaseCommand):
    help = (
        "check FILE…: every error of policy files at once. load FILE…: make them versions in the database. "
        "compare A B: value by value. show PLACE: what is in force. docs: write docs/policy.md. "
        "Exit code 0: in order; 1: errors, or differences with compare --exit-code; 2: wrong call."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="do", required=True)
        check = commands.add_parser(
            "check", help="every error of policy files, each with line, key and what is allowed"
        )
        load = commands.add_parser("load", help="make files versions in the database; repeating it changes nothing")
        for sub in (check, load):
            sub.add_argument("files", nargs="+", metavar="FILE")
        load.add_argument("--reason", default="", help="why a version with the same days is replaced (a correction)")
        load.add_argument(
            "--keep", action="store_true", help="leave alone what is loaded with an earlier text of a file"
        )
        differ = commands.add_parser("compare", help="two policies value by value, with their sources")
        differ.add_argument("old", metavar="A", help="a file, or place/version")
        differ.add_argument("new", metavar="B", help="a file, or place/version")
        differ.add_argument("--exit-code", action="store_true", help="exit with 1 if there are differences")
        show = commands.add_parser("show", help="what is in force in a place on a day")
        show.add_argument("place", metavar="PLACE", help="digits of a unit code; the nearest place above counts too")
        show.add_argument("--day", type=date.fromisoformat, default=None, help="YYYY-MM-DD; today without it")
        docs = commands.add_parser("docs", help="write the reference of policy files")
        docs.add_argument("--check", action="store_true", help="only say whether docs/policy.md is current")
        for sub in (check, load, differ, show):
            sub.add_argument("--json", action="store_true", help="for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"do_{options['do']}")(**options)
        except PolicyErrors as errors:
            self.report(errors.errors, options)
            raise CommandError(_("Nothing was done."), returncode=1) from None
        except ApplicationError as error:
            raise CommandError(str(error), returncode=1) from error

    # -- check ----------------------------------------------------------------------------------------------------

    def do_check(self, *, files: list[str], **options: Any) -> None:
        found = [selectors.policy_file_for_system(path) for path in files]
        parents = selectors.parents_from_files_for_system(found, database=False)
        results: list[dict[str, Any]] = []
        errors: list[PolicyError] = []
        for file in found:
            try:
                policy = read(file.text, name=file.path, parents=parents)
            except PolicyErrors as wrong:
                errors.extend(wrong.errors)
                results.append({"file": file.path, "errors": [as_data(error) for error in wrong.errors]})
                if not options["json"]:
                    self.report(wrong.errors, options)
                continue
            results.append({"file": file.path, "errors": [], **summary(policy)})
            if not options["json"] and options["verbosity"]:
                self.stdout.write(self.style.SUCCESS(f"{file.path}: ") + in_one_line(policy))
        if options["json"]:
            self.stdout.write(json.dumps(results, ensure_ascii=False, indent=1))
        if errors:
            raise CommandError(
                _("%(count)s errors in %(files)s of %(all)s files.")
                % {
                    "count": len(errors),
                    "files": len([result for result in results if result["errors"]]),
                    "all": len(files),
                },
                returncode=1,
            )

    def report(self, errors: Sequence[PolicyError], options: dict[str, Any]) -> None:
        if options.get("json"):
            self.stdout.write(json.dumps([as_data(error) for error in errors], ensure_ascii=False, indent=1))
            return
        for error in errors:
            self.stderr.write(in_words(error))

    # -- load -----------------------------------------------------------------------------------------------------

    def do_load(self, *, files: list[str], reason: str, keep: bool, **options: Any) -> None:
        # What stands in the database word for word needs no reading, which is what takes long.
        there = selectors.texts_loaded_for_system() if keep else {}
        texts = {path: selectors.policy_text_for_system(path) for path in files}
        found = selectors.files_in_order_for_system(
            [selectors.policy_file_for_system(path) for path in files if texts[path] not in there]
        )
        loaded: list[dict[str, Any]] = []
        for path in files:
            if (same := there.get(texts[path])) is not None:
                self.tell(loaded, path, same, new=False, **options)
        for file in found:
            before = selectors.version_for_system(file.reference)
            if keep and before is not None and before.text != file.text:
                self.stderr.write(
                    _(
                        "%(version)s was loaded with an earlier text of %(file)s and stays as it is. To follow the file, "
                        "give it a new version and load it with a reason."
                    )
                    % {"version": before.reference, "file": file.path}
                )
                continue
            version = policy_load(actor=None, text=file.text, name=file.path, reason=reason)
            self.tell(loaded, file.path, version, new=before is None, **options)
        if options["json"]:
            self.stdout.write(json.dumps(loaded, ensure_ascii=False, indent=1))

    def tell(
        self, loaded: list[dict[str, Any]], path: str, version: PolicyVersion, *, new: bool, **options: Any
    ) -> None:
        loaded.append({"file": path, "version": version.reference, "sha256": version.sha256, "new": new})
        if not options["json"] and options["verbosity"]:
            done = _("loaded") if new else _("was loaded already")
            self.stdout.write(f"{version.reference}  {version.name}  {done}")

    # -- compare --------------------------------------------------------------------------------------------------

    def do_compare(self, *, old: str, new: str, **options: Any) -> None:
        differences = compare(selectors.document_for_system(old), selectors.document_for_system(new))
        if options["json"]:
            rows = [
                {"path": one.path, "kind": one.kind, "old": leaf_data(one.old), "new": leaf_data(one.new)}
                for one in differences
            ]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            for one in differences:
                self.stdout.write(f"{one.path}\n    {shown(one.old)}  →  {shown(one.new)}")
            self.stdout.write(_("%(count)s values differ.") % {"count": len(differences)})
        if differences and options["exit_code"]:
            raise CommandError(_("The two are not the same."), returncode=1)

    # -- show -----------------------------------------------------------------------------------------------------

    def do_show(self, *, place: str, day: date | None, **options: Any) -> None:
        on = day or timezone.localdate()
        try:
            version = selectors.policy_of_unit_for_system(place, on)
        except OperationalError as error:
            raise CommandError(_("The database can't be reached: %(why)s") % {"why": error}, returncode=1) from error
        if version is None:
            raise CommandError(
                _("No policy is in force for %(place)s on %(day)s. Load one: manage.py policy load FILE")
                % {"place": place, "day": on},
                returncode=1,
            )
        policy = version.document
        if options["json"]:
            data = {**summary(policy), "version": version.reference, "sha256": version.sha256}
            data["values"] = [{"path": leaf.path, **(leaf_data(leaf) or {})} for leaf in policy.leaves]
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
            return
        self.stdout.write(f"{policy.name.zh} {version.reference}  {in_one_line(policy)}")
        self.stdout.write(f"sha256 {version.sha256}")
        for leaf in policy.leaves:
            self.stdout.write(f"{leaf.path} = {shown(leaf)}")

    # -- docs -----------------------------------------------------------------------------------------------------

    def do_docs(self, *, check: bool, **options: Any) -> None:
        text = reference()
        current = REFERENCE.read_text(encoding="utf-8") if REFERENCE.exists() else ""
        if check:
            if text != current:
                raise CommandError(_("docs/policy.md is not current; write it: manage.py policy docs"), returncode=1)
            return
        REFERENCE.parent.mkdir(exist_ok=True)
        REFERENCE.write_text(text, encoding="utf-8")
        self.stdout.write(_("Wrote %(path)s.") % {"path": REFERENCE.name})


def in_words(error: PolicyError) -> str:
    """An error as people read it: where, what is wrong, what would be right."""
    lines = [f"{error.file or '-'}:{error.line}: {error.key or '-'}: {PolicyErrorCode.in_words(error)}"]
    if error.nearest is not None:
        lines.append(_("    Did you mean: %(nearest)s") % {"nearest": error.nearest})
    if error.allowed:
        lines.append(_("    Allowed: %(allowed)s") % {"allowed": ", ".join(error.allowed)})
    return "\n".join(lines)


def as_data(error: PolicyError) -> dict[str, Any]:
    return {
        "file": error.file,
        "line": error.line,
        "key": error.key,
        "code": error.code,
        "message": PolicyErrorCode.in_words(error),
        "allowed": list(error.allowed),
        "nearest": error.nearest,
    }


def summary(policy: Policy) -> dict[str, Any]:
    """Counts of values by where they come from."""
    counts = Counter(leaf.status for leaf in policy.leaves)
    bare = sum(1 for leaf in policy.leaves if leaf.status is Status.CITED and not leaf.cite)
    return {
        "place": policy.place,
        "version": policy.version,
        "name": policy.name.zh,
        "from": policy.effective.from_.isoformat(),
        "to": policy.effective.to.isoformat() if policy.effective.to else None,
        "cited": counts[Status.CITED] - bare,
        "without_source": bare,
        "assumed": counts[Status.ASSUMED],
        "unset": counts[Status.UNSET],
    }


def in_one_line(policy: Policy) -> str:
    counts = summary(policy)
    text = _(
        "%(place)s/%(version)s from %(first)s: %(cited)s values cited, %(assumed)s assumed, %(unset)s left open"
    ) % {**counts, "first": counts["from"]}
    if counts["without_source"]:
        text += _(", %(without_source)s without a source") % counts
    return text


def leaf_data(leaf: Leaf | None) -> dict[str, Any] | None:
    if leaf is None:
        return None
    value = leaf.value
    if isinstance(value, Decimal):
        value = format(value, "f")
    elif isinstance(value, date):
        value = value.isoformat()
    return {
        "value": value,
        "status": leaf.status.value,
        "cite": leaf.cite,
        "because": leaf.because,
        "origin": leaf.origin,
        "line": leaf.line,
    }


def shown(leaf: Leaf | None) -> str:
    """A value with its source in brackets."""
    if leaf is None:
        return "—"
    if leaf.status is Status.UNSET:
        return _("left open (%(text)s)") % {"text": leaf.because or ""}
    value = format(leaf.value, "f") if isinstance(leaf.value, Decimal) else str(leaf.value)
    if leaf.status is Status.ASSUMED:
        return _("%(value)s (assumed: %(because)s)") % {"value": value, "because": leaf.because}
    return f"{value} ({leaf.cite})" if leaf.cite else value
