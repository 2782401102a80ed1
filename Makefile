# make study   the paper's network study: installs what is pinned, runs it, prints the report's path
# make test    ruff, mypy and every test
# make soak    twenty thousand random cases against every law, an hour of bad inputs; make test runs a tenth, and a minute
# make bench   time and memory against size, and against peers where they are installed; kept by commit in benchmarks/history
# make gallery  the pages and pictures of reports/gallery, from every shipped study run afresh
# make docs    the site in docs/_build, from the pages of docs, the docstrings and the gallery; a warning fails it
# make clean   removes .venv and what tools left behind; reports stay

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
STUDY  := reports/deepseek-v3

WORKERS ?= 2

SOAK ?= 20000
FUZZ ?= 60

.PHONY: study test lint soak bench gallery docs clean

study: $(VENV)/.runtime
	$(BIN)/topo study configs/studies/deepseek-v3.yaml -o $(STUDY)
	@echo "report: $(CURDIR)/$(STUDY)/index.html"

test: lint
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: $(VENV)/.dev
	PLANEWISE_SOAK=$(SOAK) $(BIN)/python -m pytest -n $(WORKERS) tests/test_soak.py
	PLANEWISE_FUZZ=$(FUZZ) $(BIN)/python -m pytest -n $(WORKERS) tests/test_fuzz.py
	PLANEWISE_DESIGNS=300 $(BIN)/python -m pytest tests/topo/design/test_exhaustive.py

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

gallery: $(VENV)/.dev
	$(BIN)/python reports/gallery.py

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build

clean:
	rm -rf $(VENV) docs/_build docs/jupyter_execute build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 14) or sys.exit(f"planewise needs Python 3.11 to 3.13; this is {v[0]}.{v[1]}; choose another with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.docs: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.runtime
