# Everything a newcomer needs: `make search` runs a real search, `make test` runs the tests. `make help` lists the rest.
# Settings: PYTHON=python3.12 chooses the interpreter, VENV=… the folder of the environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INPUTS := pyproject.toml setup.py constraints.txt

# Else the type checker asks at every start whether a newer one exists.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help search test test-all check format bench clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

search: $(VENV)/.installed ## Install, then run the main search: cells trained on handwritten digits, two minutes
	$(BIN)/nasray run

# Tests that share the session's Ray cluster run in one process, all others in one a core.
test: $(VENV)/.installed-dev ## Install, then run every test but the slow ones
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal -m "not slow and not ray"
	$(BIN)/pytest -m "ray and not slow"

test-all: $(VENV)/.installed-dev ## Run every test, the slow ones too
	$(BIN)/pytest -m ""

# The same commands, in the same order, as .pre-commit-config.yaml; a test compares the two.
check: $(VENV)/.installed-dev ## Lint, formatting, types, import contracts, spelling, YAML, shell
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/yamllint --strict conf cluster .pre-commit-config.yaml .yamllint.yaml
	$(BIN)/shellcheck .ci/run $(wildcard cluster/*/*.sh)

format: $(VENV)/.installed-dev ## Let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.installed-dev ## Run every benchmark, one after the other; each ends with one JSON line
	@set -e; for script in $(wildcard benchmarks/*.py); do echo "== $$script"; $(BIN)/python "$$script"; done

clean: ## Remove the environment, caches and builds; runs are kept
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find nasray conf tests benchmarks experiments -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "nasray needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) -V 2>/dev/null || echo not installed);" \
			"choose another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed, see above; on Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }

$(VENV)/.installed: $(INPUTS) | $(BIN)/python
	@echo "Installing nasray into $(VENV); the first time takes a few minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(INPUTS) | $(BIN)/python
	@echo "Installing nasray and its development tools into $(VENV); the first time takes a few minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.installed $@
