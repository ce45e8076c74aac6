# The project's commands. Each works from a fresh clone with nothing but Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: help setup demo demo-cluster test test-fast test-redis check fix generate spec-pull spec-diff spec-update stubs api-snapshot \
	rehearse fuzz simulate release pins bench docs test-site clean
.DEFAULT_GOAL := help

help: ## say what each command does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP) ## make .venv with all that the other commands need

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "batch_api needs Python 3.11 or later; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

INPUT ?=
ID ?=

demo: setup ## send real records to a fake API with the documented limits; INPUT=file.csv ID=column for your own
	@$(BIN)/python -m examples.demo $(if $(INPUT),"$(INPUT)") $(if $(ID),--id "$(ID)")

demo-cluster: setup ## Redis, the fake API, four workers and two producers for 60 s, and a kill -9 half-way
	@$(BIN)/python -m examples.cluster.demo

PROCESSES ?= 2
PYTEST := -m pytest -q --numprocesses $(PROCESSES) --dist worksteal

test: setup ## run all tests, with branch coverage; PROCESSES=2
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run $(PYTEST)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

TESTS ?= tests/app tests/engine tests/facade tests/ingest

test-fast: setup ## the inner loop: engine, facades and ingest, without coverage; TESTS="tests/engine -k gate" for others
	$(BIN)/python $(PYTEST) -m "not slow" $(TESTS)

fix: setup ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

REDIS ?= 5.0.0 8.1.0

test-redis: setup ## test shared limits with the oldest and the newest redis-py; REDIS="5.0.0 …" for others
	@for version in $(REDIS); do \
		echo "redis-py $$version" && \
		$(BIN)/python -m pip install --quiet --upgrade --target build/redis-$$version redis==$$version && \
		PYTHONPATH=build/redis-$$version $(BIN)/python -m pytest -q tests/quota || exit 1; \
	done

check: setup ## lint, types, layers, freshness of generated code, public names, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m codegen check
	$(BIN)/python -m tools.ratchet
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

PROFILES ?= 200000
RUNS ?= 5

bench: setup ## measure ingest and the buffer side by side with others, into docs/benchmarks.md; PROFILES= and RUNS=
	$(BIN)/python -m benchmarks --profiles $(PROFILES) --runs $(RUNS)

docs: setup ## build the documentation, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

test-site: setup ## look at the docs site in headless Chromium: links, console, widths, search, theme; CHROMIUM=path
	CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest -q -s tests/browser

# What of the docs follows the registry.
PAGES = $(BIN)/python -m tests.docs.limits_table

generate: setup ## write batch_api/_generated anew from openapi/ and overrides/, and the tables of the docs
	$(BIN)/python -m codegen generate
	@$(PAGES)

api-snapshot: setup ## record what is public in tools/public-api.txt; refuses what the changelog does not tell
	@$(BIN)/python -m tools.ratchet write

URL ?=
API ?= cep

spec-pull: setup ## fetch the vendor's document and check it; URL= for another source than that of the lock file, API=mep
	@$(BIN)/python -m codegen pull --api "$(API)" $(if $(URL),--url "$(URL)")

OLD ?=
NEW ?=

spec-diff: setup ## report what the document in the working tree changes from git's HEAD; OLD= and NEW= for other files
	@$(BIN)/python -m codegen diff --api "$(API)" $(if $(OLD),--old "$(OLD)") $(if $(NEW),--new "$(NEW)")

spec-update: setup ## pull, report, generate, record what is public; URL= and API= as above; the report is build/spec-update.md
	@$(BIN)/python -m tools.update --api "$(API)" $(if $(URL),--url "$(URL)")
	@$(PAGES)

stubs: setup ## a method for each operation without one, with what tests and changelog need; after `make generate`
	@$(BIN)/python -m tools.stubs
	@$(PAGES)

release: setup ## build sdist and wheel of a tagged state in dist/, and run the demo with the installed wheel
	@$(BIN)/python -m tools.release

VARIANTS ?=
DOCUMENTS ?= 500

rehearse: setup ## a new document under other names, pulled, reported, generated, tested, in a copy; VARIANTS=all for every kind
	$(BIN)/python -m tests.codegen.rehearse $(VARIANTS)

fuzz: setup ## spoiled documents through pull and generate, in scratch folders; DOCUMENTS=500
	$(BIN)/python -m tests.codegen.fuzz $(DOCUMENTS)

SEEDS ?= 1000
FIRST ?= 1
SEED ?=

simulate: setup ## worlds of the simulator; SEEDS=1000 FIRST=1, or one with its whole trace: SEED=4711
	@$(BIN)/python -m tests.simulator $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --first $(FIRST))

pins: setup ## pin requirements/dev.txt anew, from the extras and dependency groups of pyproject.toml
	$(BIN)/python -m pip install --quiet "uv>=0.7"
	$(BIN)/uv pip compile --quiet --all-extras --group dev --universal --python-version 3.11 --upgrade \
		--no-emit-index-url --no-annotate --custom-compile-command "make pins" --output-file requirements/dev.txt pyproject.toml

clean: ## remove what the other commands made
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache site dist build
