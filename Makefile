# Every target creates .venv with the locked dependencies by itself; a second run reuses it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= demo-out
# Sets of the forecast benchmark that run beside each other, each on one thread.
JOBS ?= 2
# The order of tests is shuffled, the same way every time; ORDER=default shuffles anew.
ORDER ?= 1067430145
PYTEST_FLAGS ?= -n 2 --randomly-seed=$(ORDER)

.DEFAULT_GOAL := help

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{split($$1, t, ":"); printf "  make %-16s %s\n", t[1], $$2}'

$(READY): requirements.lock pyproject.toml
	@echo "setting up $(VENV) from requirements.lock"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet "uv==0.13.9"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

setup: $(READY)  ## Create .venv with the locked dependencies

demo: $(READY)  ## The whole nightly job on real retail data, into OUT=demo-out
	@$(BIN)/stockalert demo --out $(OUT)

test: check  ## Set-up, every rule and every test

check: lint types layers docs-check tests  ## Format, lint, types, layers, docs, tests

lint: $(READY)  ## ruff: format and lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(READY)  ## mypy in strict mode
	@$(BIN)/mypy

layers: $(READY)  ## import-linter: who may import whom
	@$(BIN)/lint-imports

docs-check: $(READY)  ## Fail when a generated page is stale
	@$(BIN)/python -m stockalert.tables.reference --check docs/tables.md
	@$(BIN)/python docs/exports.py --check

tests: $(READY)  ## pytest: doctests and tests in a shuffled order, warnings are errors
	@$(BIN)/pytest $(PYTEST_FLAGS)

docs: $(READY)  ## Write the generated pages
	@$(BIN)/python -m stockalert.tables.reference docs/tables.md
	@$(BIN)/python docs/exports.py

tryton: $(READY)  ## Install the Tryton that the tests run against, with its shop (tests do it too)
	@$(BIN)/python -m tests.tryton.environment

lock: $(READY)  ## Compile requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --python-version 3.11 \
		--no-emit-index-url --no-annotate --no-header --output-file requirements.lock

bench: bench-forecast bench-decision bench-scale  ## Every benchmark (BENCH_DATA=folder of benchmark data)

bench-forecast: bench-peers  ## Forecast quality beside its peers (BENCH_DATA=folder)
	@test -n "$(BENCH_DATA)" || { echo "set BENCH_DATA to the folder of benchmark data"; exit 2; }
	@$(BIN)/python -m benchmarks.forecast.run --data $(BENCH_DATA) --jobs $(JOBS)
	@$(BIN)/python -m benchmarks.forecast.scale

bench-decision: $(READY)  ## What the orders save, beside every policy (BENCH_DATA=folder)
	@test -n "$(BENCH_DATA)" || { echo "set BENCH_DATA to the folder of benchmark data"; exit 2; }
	@$(BIN)/python -m benchmarks.decision.run --data $(BENCH_DATA)
	@$(BIN)/python -m benchmarks.decision.report --into benchmarks/README.md

bench-scale: bench-peers  ## Speed and memory, from 500 SKUs to 300,000
	@$(BIN)/python -m benchmarks.scale.run
	@$(BIN)/python -m benchmarks.scale.report --into benchmarks/README.md

soak: $(READY)  ## Thirty nights, kills, faults, secrets, fuzz (about 30 minutes)
	@$(BIN)/python -m benchmarks.soak.run

check-security: $(READY)  ## Rules, tests and advisories (the last need the network)
	@$(BIN)/ruff check --select S stockalert features models flows
	@$(BIN)/pytest $(PYTEST_FLAGS) tests/security
	@$(BIN)/python -m tests.security.audit

bench-peers: $(READY)  ## Create the peers' own environment for the forecast benchmark
	@test -x benchmarks/peers/.venv/bin/python || $(PYTHON) -m venv benchmarks/peers/.venv
	@$(BIN)/uv pip install --quiet --python benchmarks/peers/.venv/bin/python -r benchmarks/peers/requirements.lock

clean:  ## Remove the environment, caches and demo output
	rm -rf $(VENV) demo-out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo test check lint types layers docs-check tests docs tryton lock bench bench-forecast bench-decision bench-scale soak check-security bench-peers clean
