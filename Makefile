# Two commands do everything: `make report` and `make test`.
# PYTHON names the Python to make the environment with, 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: report test check kill fuzz docs benchmark clean

report: $(VENV)/.report
	@$(BIN)/iapt-report build --all

# The types are checked while the tests run: what there is to wait for is the longer of the two.
test: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy >$(VENV)/.mypy 2>&1 & types=$$!; \
	  $(BIN)/pytest -q -n auto --dist worksteal; tests=$$?; \
	  wait $$types || { cat $(VENV)/.mypy; exit 1; }; exit $$tests

check: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# Commands are killed at a hundred points, and the next run is held against one that was not killed.
kill: $(VENV)/.test
	@$(BIN)/python tests/kill/killing.py

# What is promised of speed, measured: nothing else should run meanwhile.
benchmark: $(VENV)/.test
	@$(BIN)/python benchmarks/all.py

# Ten thousand damaged inputs: how many ended how, and exit code 1 where one ended in anything but a result or a message.
# CASES and SEED choose others.
fuzz: $(VENV)/.test
	@PYTHONPATH=src:tests $(BIN)/python -m fuzz --cases $(or $(CASES),10000) --seed $(or $(SEED),1)

docs: $(VENV)/.docs
	@command -v quarto >/dev/null \
	  || { echo "the documentation's site needs Quarto: install it from https://quarto.org, then run make docs again" >&2; exit 3; }
	@$(BIN)/python docs/generate.py
	@quarto render docs --quiet
	@echo docs/_site/index.html

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "iapt-report needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "this Python cannot make a virtual environment: install its venv module (on Debian: python3-venv)" >&2; exit 1; }

$(VENV)/.report: pyproject.toml constraints.txt $(VENV)/bin/python
	@echo "installing iapt-report into $(VENV) …" >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt $(VENV)/bin/python
	@echo "installing iapt-report and what its tests need into $(VENV) …" >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.report

$(VENV)/.docs: pyproject.toml constraints.txt $(VENV)/bin/python
	@echo "installing iapt-report and what its documentation needs into $(VENV) …" >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@ $(VENV)/.report

clean:
	rm -rf $(VENV) _site .quarto docs/_site docs/.quarto
