# Everyday commands. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest
BUILT := src/pinlian/web/static/build

VENV_STAMP := $(VENV)/.installed
NPM_STAMP := frontend/node_modules/.installed
BUILD_STAMP := $(BUILT)/.built
TOOLS_STAMP := $(VENV)/.test-tools

FRONTEND_SOURCES := $(shell find frontend -path frontend/node_modules -prune -o -type f -print)
STYLED_SOURCES := $(shell find src/pinlian -name '*.py' -o -name '*.html' -o -name 'illustrations.json')

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-26s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV_STAMP) $(BUILD_STAMP) ## Install what the product needs and build the pages' styles and scripts

.PHONY: up
up: setup ## Run everything here: chain, engine and pages (first run makes a demo neighbourhood)
	exec $(BIN)/pinlian up

.PHONY: test
test: test-setup ## Check and test everything
	$(MAKE) lint
	$(MAKE) check-generated
	$(MAKE) test-unit
	$(MAKE) test-contracts
	@echo "integration tests, on SQLite and on PostgreSQL side by side: some minutes until they report"
	$(MAKE) --jobs=2 --output-sync=target test-integration test-integration-postgres
	$(MAKE) test-journeys
	$(MAKE) test-simulation

.PHONY: test-setup
test-setup: setup $(TOOLS_STAMP)

.PHONY: lint
lint: setup ## Style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	npm --prefix frontend run --silent check

.PHONY: check-generated
check-generated: setup ## Generated files are as their sources say
	$(BIN)/python -m tools.generate --check
	$(BIN)/pinlian manage makemigrations --check --dry-run

.PHONY: generate
generate: setup ## Write the generated files anew
	$(BIN)/python -m tools.generate

.PHONY: test-unit
test-unit: setup ## Pure rules; seconds
	npm --prefix frontend run --silent test
	$(PYTEST) tests/unit

.PHONY: test-contracts
test-contracts: setup ## Contracts in an EVM, stateful against the model
	$(PYTEST) tests/contracts

.PHONY: test-integration
test-integration: setup ## Parts together, on SQLite and a real node
	env --unset=DATABASE_URL $(PYTEST) tests/integration

.PHONY: test-integration-postgres
test-integration-postgres: test-setup ## The same on a PostgreSQL server of its own
	tools/with-postgres.sh $(PYTEST) tests/integration

.PHONY: test-journeys
test-journeys: test-setup ## People's ways through the pages, in Chromium
	$(PYTEST) tests/journeys

.PHONY: test-simulation
test-simulation: setup ## Faults by seed, then the audit
	$(PYTEST) tests/simulation

.PHONY: bench
bench: setup ## Measure gas an order, orders a second, server time of the pages, the history of lots
	$(BIN)/pinlian bench gas
	$(BIN)/pinlian bench orders
	$(BIN)/pinlian bench record
	$(BIN)/pinlian bench pages
	$(BIN)/pinlian bench trace

.PHONY: gas-snapshot
gas-snapshot: setup ## Measure gas anew for the test that compares
	$(BIN)/python -m tools.update_gas_snapshot

.PHONY: format
format: setup ## Put the code in its common form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: ## Write the lock files after a change of dependencies; UPGRADE=1 takes newer versions (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 $(if $(UPGRADE),--upgrade) --quiet \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock >/dev/null
	$(if $(UPGRADE),rm -rf frontend/package-lock.json frontend/node_modules)
	npm --prefix frontend install --package-lock-only

$(VENV_STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# `npm ci` refuses a lock file that lacks another platform's optional binaries; a registry may not carry all of them.
# `npm install --no-save` installs from the lock file by hash and leaves it as it is.
$(NPM_STAMP): frontend/package.json frontend/package-lock.json frontend/.npmrc
	npm --prefix frontend install --no-save
	touch $@

$(BUILD_STAMP): $(NPM_STAMP) $(FRONTEND_SOURCES) $(STYLED_SOURCES)
	npm --prefix frontend run --silent build
	touch $@

$(TOOLS_STAMP): tools/install-test-tools.sh $(VENV_STAMP)
	tools/install-test-tools.sh
	touch $@
