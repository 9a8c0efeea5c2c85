# Everything runs in .venv, made from the lock files. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin
CI_FLAGS := $(if $(CI),--color=no,)
# One worker for all tests of a file, and files in order: pytest would leave those with few, long tests to the end.
BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: demo up test unit lint bench lock clean chromium picture

demo: .venv/runtime
	$(BIN)/leadline demo $(ARGS)

up: .venv/runtime
	$(BIN)/leadline up $(ARGS)

test: .venv/dev .venv-clients/made build/prometheus/made chromium lint unit
	$(BIN)/pytest $(CI_FLAGS) -n 2 $(BY_FILE) -m "not long" tests/acceptance $(ARGS)
	$(BIN)/pytest $(CI_FLAGS) -n 2 $(BY_FILE) -m "not long" tests/browser $(ARGS)
	$(BIN)/pytest $(CI_FLAGS) -s -m "not long" tests/benchmarks $(ARGS)
	$(BIN)/pytest $(CI_FLAGS) -n 2 -m "not long" tests/statistics $(ARGS)

unit: .venv/dev
	$(BIN)/pytest $(CI_FLAGS) -n 2 --dist loadfile tests/unit $(ARGS)

bench: .venv/dev .venv-peers/made build/prometheus/made
	$(BIN)/pytest -s --figures build/figures.md tests/benchmarks tests/statistics $(ARGS)
	$(BIN)/pytest -s -m long tests/acceptance $(ARGS)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(CI_FLAGS) -n 2 tests/lint

# Real receivers of alerts and readers of /metrics, for the tests.
build/prometheus/made: tests/prometheus/install
	@tests/prometheus/install build/prometheus
	@touch $@

chromium:
	@tests/browser/install-chromium

# The README's picture, from the demo.
picture: .venv/dev chromium
	$(BIN)/python -m tests.browser.readme_picture

# The lock files come from pyproject.toml; uv is only needed to make them anew.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --group clients -o requirements-clients.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --group peers -o requirements-peers.lock

.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Leadline needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: requirements.lock pyproject.toml | .venv/made
	@echo 'Installing the packages of requirements.lock into .venv: a minute or three, once.'
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements-dev.lock pyproject.toml | .venv/made
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/runtime

# Real clients that the tests run beside Leadline; their dependencies do not go together with ours. The lock file is
# complete, and pip's own look at it fails where a package asks for another one with an extra: hence --no-deps.
.venv-clients/made: requirements-clients.lock
	$(PYTHON) -m venv .venv-clients
	.venv-clients/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-clients.lock
	@touch $@

# Evidently and river, which `make bench` runs beside the detector; only the benchmark needs them.
.venv-peers/made: requirements-peers.lock
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-peers.lock
	@touch $@

clean:
	rm -rf .venv .venv-clients .venv-peers build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
