# make run    everything on this machine: http://127.0.0.1:8000/
# make test   all tests; browser journeys too where Chromium can be had
SHELL := /bin/sh
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { command -v $$p; break; }; done)
VENV := .venv/bin
export PYTHONDONTWRITEBYTECODE :=
# The tools that read settings without a database are given one that nobody connects to.
NO_DATABASE := DATABASE_URL=postgresql://none@/none CWMS_EMBEDDED=1

.PHONY: run test check bench load chaos fuzz-api audit-scale canaries requirements docs vendor clean
.DEFAULT_GOAL := run

.venv/.done: requirements.lock
	@test -n "$(PYTHON)" || { echo "CWMS needs Python 3.11 or later with venv (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Installing what is needed into .venv (once)."
	@test -x $(VENV)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "python3-venv is missing (Debian: apt-get install python3-venv)."; exit 1; }
	@# Another tool may have made .venv without pip; Python brings one along.
	@$(VENV)/python -m pip --version >/dev/null 2>&1 || $(VENV)/python -m ensurepip >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@if $(VENV)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock 2>.venv/pip.log; \
		then touch $@; else cat .venv/pip.log; exit 1; fi

run: .venv/.done
	@exec $(VENV)/python -m cwms.embedded.up

test: .venv/.done
	@$(VENV)/python -m cwms.embedded.browser
	$(VENV)/python -m pytest -q -n 2 -rs $(TESTS)

check: .venv/.done
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(NO_DATABASE) $(VENV)/mypy .
	$(NO_DATABASE) $(VENV)/lint-imports --no-cache
	$(NO_DATABASE) $(VENV)/python manage.py check
	$(VENV)/python manage.py makemigrations --check --dry-run
	$(VENV)/python manage.py policy check $$(find policies -name '*.yaml')

bench: .venv/.done
	$(VENV)/python -m benchmarks
	CWMS_TIMED=1 $(VENV)/python -m pytest -q -s tests/browser/test_journeys_person.py tests/browser/test_journey_import.py tests/platform/test_up.py

# Fifty programs for ten minutes against a running server: make load URL=http://127.0.0.1:8000 TOKEN=…
load: .venv/.done
	$(VENV)/python -m benchmarks.load $(URL) $(TOKEN)

chaos: .venv/.done
	CWMS_CHAOS=long $(VENV)/python -m pytest -q -rs tests/chaos tests/staffing/test_seats_at_once.py \
		tests/approvals/test_moves_at_once.py tests/approvals/test_at_once.py tests/recruitment/test_at_once.py

fuzz-api: .venv/.done
	CWMS_FUZZ_CASES=100000 $(VENV)/python -m pytest -vv -x -n 2 -rP tests/security/test_api_fuzz.py

audit-scale: .venv/.done
	CWMS_AUDIT_EVENTS=100000 $(VENV)/python -m pytest -q -s tests/core/test_chain_at_scale.py

canaries: .venv/.done
	CWMS_CANARIES=1000 $(VENV)/python -m pytest -q -s tests/personnel/test_canary_crawl.py

requirements: .venv/.done
	@$(VENV)/python -m tests.requirements

docs: .venv/.done
	$(NO_DATABASE) $(VENV)/python manage.py policy docs

vendor: .venv/.done
	$(VENV)/python -m cwms.vendor

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis
