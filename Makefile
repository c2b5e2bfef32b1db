# The same targets that CI runs. `make help` lists them.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin
UP_ARGS ?=
TEST_ARGS ?=
BENCH_DIR ?=
MINUTES ?= 10
MILLIONS ?= 10
USERS ?= 1000000
TORTURE_ARGS ?=
UV := $(BIN)/uv
NODE_IS_NEW_ENOUGH := const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)
NODE_IS_THERE := $(shell node -e '$(NODE_IS_NEW_ENOUGH)' 2>/dev/null && command -v npm 2>/dev/null)
LOCKED := requirements.lock server/pyproject.toml sdks/python/pyproject.toml
# The dashboard, as the API process serves it; built when something that it is made of is newer.
PAGES := server/src/vibefollow_server/web/pages/dist/index.html
PAGES_SOURCES := $(shell find dashboard -name node_modules -prune -o -type f -not -path '*/test/*' -not -path '*/e2e/*' -print)

.PHONY: help setup up test chromium check bench bench-full bench-log bench-pages bench-sdk torture wrk format lock openapi docs-python docs-typescript dashboard-client wire-cases clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-15s %s\n", $$1, $$2}'

setup: .venv/.installed node_modules/.installed $(PAGES) ## install everything that the other targets need, and build the dashboard

.venv/.installed: $(LOCKED)
	@test -n "$(PYTHON)" || { echo "Vibefollow needs Python 3.11 or newer (python3 --version); install it and run make again."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "This Python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check $$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.lock)
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e server -e sdks/python
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc $(wildcard */package.json sdks/*/package.json)
	@node -e '$(NODE_IS_NEW_ENOUGH)' 2>/dev/null && command -v npm >/dev/null || { \
		echo "The TypeScript packages need Node 20.19 or newer with npm (node --version); install it and run make again."; exit 1; }
	npm ci --loglevel=error
	@touch $@

$(PAGES): node_modules/.installed $(PAGES_SOURCES)
	npm run build --workspace dashboard --silent -- --logLevel warn

up: .venv/.installed $(if $(NODE_IS_THERE),$(PAGES)) ## start the product on http://127.0.0.1:8000 (UP_ARGS="--port 9000")
	$(if $(NODE_IS_THERE),,@echo "The dashboard's pages need Node 20.19 or newer with npm to be built; all else starts without.")
	@$(BIN)/vibefollow up $(UP_ARGS)

test: setup chromium ## run every test (TEST_ARGS="-k idempotency": of pytest's these, and no others)
	$(BIN)/pytest -n 4 --dist worksteal $(TEST_ARGS)
	$(if $(TEST_ARGS),,npm test)

chromium:
	@test -x /usr/bin/chromium && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get install --yes --no-install-recommends chromium >/dev/null 2>&1 \
		|| { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null 2>&1; \
	fi; \
	test -x /usr/bin/chromium || echo "Chromium is not there, and the tests of the dashboard in a browser will fail;" \
		"on Debian: apt-get install chromium."

check: setup ## lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	npm run check

format: setup ## let ruff, prettier and eslint rewrite what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	npm run format

bench: setup wrk ## measure in under ten minutes, on smaller tables
	$(BIN)/python -m bench $(if $(BENCH_DIR),--dir $(BENCH_DIR))

bench-full: setup wrk ## measure on 20 million keys and events (BENCH_DIR=/some/dir keeps them for the next run)
	$(BIN)/python -m bench --full $(if $(BENCH_DIR),--dir $(BENCH_DIR))
	$(MAKE) bench-sdk

wrk:
	@command -v wrk >/dev/null && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get install --yes --no-install-recommends wrk >/dev/null 2>&1 \
		|| { apt-get update && apt-get install --yes --no-install-recommends wrk; } >/dev/null 2>&1; \
	fi; \
	command -v wrk >/dev/null || echo "wrk is not there (on Debian and Ubuntu: apt-get install wrk);" \
		"requests will come from the generator in Python, and the results will say so."

torture: setup ## faults at random for MINUTES, on two of each process; exit 1 if one record goes wrong
	$(BIN)/python -m server.tests.acceptance.torture --minutes $(MINUTES) $(TORTURE_ARGS); \
		status=$$?; $(BIN)/python -m bench.faults && exit $$status

bench-log: setup ## send MILLIONS=10 of records through the log, and write down what they leave behind
	$(BIN)/python -m bench.log_growth --millions $(MILLIONS)

bench-pages: setup chromium ## measure every page of the dashboard in a browser, on USERS=1000000 (BENCH_DIR as above)
	$(BIN)/python -m bench.pages --users $(USERS) $(if $(BENCH_DIR),--dir $(BENCH_DIR))

bench-sdk: setup ## measure the Python SDK beside posthog's and Segment's, which .venv-bench gets
	@test -x .venv-bench/bin/python || $(UV) venv --quiet --python $(BIN)/python .venv-bench
	$(UV) pip sync --quiet --python .venv-bench/bin/python --require-hashes bench/sdk-requirements.txt
	$(UV) pip install --quiet --python .venv-bench/bin/python --no-deps ./sdks/python
	$(BIN)/python bench/sdk.py

openapi: setup ## write openapi/*.json from the definitions that validate
	$(BIN)/vibefollow openapi --out openapi

docs-python: setup ## write docs/sdks/python.md from the docstrings
	$(BIN)/python sdks/python/scripts/reference.py

docs-typescript: setup ## write docs/sdks/typescript.md from the TSDoc comments
	npm run docs --workspace sdks/typescript

dashboard-client: setup ## write dashboard/src/api/schema.d.ts from openapi/dashboard.json
	npm run api --workspace dashboard

wire-cases: setup ## write sdks/wire_cases/canonical.json from the server's definitions
	$(BIN)/python sdks/wire_cases/generate.py

lock: setup ## choose the newest dependencies and write the lock files
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --upgrade \
		server/pyproject.toml sdks/python/pyproject.toml --group pyproject.toml:dev -o requirements.lock
	npm update --loglevel=error

clean: ## remove what setup installed (never data)
	rm -rf .venv .venv-bench node_modules */node_modules */*/node_modules $(dir $(PAGES))
