# Two commands matter: `make demo` and `make test`. Both set up .venv first if needed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help setup demo test test-long check format benchmarks clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

# A stamp holds the checksum of the pins, so a changed requirements file installs again and an unchanged one does not.
$(VENV)/.main: requirements.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt $(VENV)/.main
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

setup: $(VENV)/.dev  ## Create .venv with everything that development needs

demo: $(VENV)/.main  ## Run suite minimal over three seeds on the embedded demo, and analyse it
	$(RUN) run_experiments.py --mode run --suite minimal --seeds 42 43 44 --experiments-dir experiments/demo
	$(RUN) run_experiments.py --mode analyze --experiments-dir experiments/demo

TEST := OMP_NUM_THREADS=1 MPLBACKEND=Agg $(RUN) -m pytest -q -n 2 --dist worksteal

test: $(VENV)/.dev  ## Run the tests
	$(TEST) -m "not long" $(ARGS)

test-long: $(VENV)/.dev  ## Run those too that take minutes: faults, clusters, the pages' commands
	$(TEST) -m long -o timeout=1800 $(ARGS)

check: $(VENV)/.dev  ## Lint, format and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .

format: $(VENV)/.dev  ## Format the code
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

benchmarks: $(VENV)/.dev  ## Measure what docs/ report; takes an hour and more, writes no page
	status=0; for file in benchmarks/*.py; do echo "== $$file"; $(RUN) "$$file" || status=1; done; exit $$status

clean:  ## Remove caches and what the demo made
	rm -rf experiments/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
