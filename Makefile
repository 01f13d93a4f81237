# Every target does its own set-up: Python 3.11+ and make are enough.
PYTHON ?= python3
UV_VERSION := 0.13.8
UV := .uv/bin/uv
BIN := .venv/bin/
export UV_PYTHON_DOWNLOADS := never
# Without bytecode, each of the thousands of processes of the tests would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
# The interpreter itself: with the path of a shim, uv would rebuild .venv each time.
export UV_PYTHON := $(shell $(PYTHON) -c 'import sys; print(sys.executable)')

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-pages test-programs test-bytecode check check-types check-rest bench soak format docs clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mirrorlake needs Python 3.11 or newer; $(PYTHON) is older. Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .uv >/dev/null 2>&1 || rm -rf .uv
	@if [ -x .uv/bin/python ]; then .uv/bin/python -m pip install --quiet uv==$(UV_VERSION); \
		else $(PYTHON) -m pip install --quiet --target .uv uv==$(UV_VERSION); fi || \
		{ echo "uv could not be installed: is there a network, and are the venv or pip modules of $(PYTHON) installed?"; rm -rf .uv; exit 1; }

setup: $(UV)  ## create .venv/bin/mirrorlake, with everything that development needs
	@$(UV) sync --frozen --all-groups --compile-bytecode --quiet
	@.venv/bin/mirrorlake --version

demo: setup  ## mirror a bucket of real photographs and serve the library (ARGS=--exit ends after the runs)
	@$(BIN)python -m examples.demo $(ARGS)

# The types take half of the time, on one core.
check: setup  ## check lint, types, import layers and the pages
	@$(MAKE) --no-print-directory -j 2 check-types check-rest

check-types:
	$(BIN)pyright

check-rest:
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)lint-imports
	$(BIN)python -m tests.tools.words
	$(BIN)python -m tests.tools.ui check

# What the tests of the library need is made beside those of the pages: much of it is waiting for a network.
test: setup  ## run every test that fits in a few minutes
	@$(MAKE) --no-print-directory -j 3 test-pages test-programs test-bytecode
	$(BIN)python -m tests.tools.suite $(ARGS)

test-pages:
	$(BIN)python -m tests.tools.ui test

test-programs:
	$(BIN)python -m tests.tools.browser
	$(BIN)python -m tests.support.npm

test-bytecode:
	$(BIN)python -m tests.tools.bytecode

bench: setup  ## measure, and write benchmarks/RESULTS.md
	$(BIN)python -m benchmarks $(ARGS)

soak: setup  ## run the long proofs: corrupted listings, a model, a backup, kills, ten million objects; resumes
	@$(BIN)python -m tests.tools.soak $(ARGS)

format: setup  ## format the code
	$(BIN)ruff check --fix .
	$(BIN)ruff format .

docs: setup  ## write the generated parts of the reference pages
	@$(BIN)python -m tests.tools.docs

clean:  ## delete what was built and cached here, never a library
	rm -rf .venv .uv .cache dist
