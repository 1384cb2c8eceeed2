# What the house does for you. Start with `make demo` or `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help setup demo test unit lint format types layers kills bench worlds compiled lock clean

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
RUN := $(VENV)/bin/python
BUILT_FROM := pyproject.toml setup.py

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.dev: requirements/dev.txt $(BUILT_FROM)
	@PYTHON=$(PYTHON) .ci/venv $(VENV) requirements/dev.txt
	@touch $(VENV)/.demo $@

$(VENV)/.demo: requirements/demo.txt $(BUILT_FROM)
	@PYTHON=$(PYTHON) .ci/venv $(VENV) requirements/demo.txt
	@touch $@

setup: $(VENV)/.dev ## create .venv with everything that work on Proctor needs

demo: $(VENV)/.demo ## play the 2 a.m. story on a real PostgreSQL; stays up until Ctrl-C (ONCE=1: check each step and leave)
	@exec $(RUN) -m demo.story $(if $(ONCE),--once)

test: $(VENV)/.dev ## install what the tests need and run all of them, interpreted and compiled
	@.ci/needs $(RUN)
	@.ci/provider $(VENV)/provider
	@$(MAKE) --no-print-directory compiled
	PROCTOR_COMPILED=forbid $(RUN) -m pytest -n $(JOBS) --dist loadfile tests/wire tests/twins tests/stories tests/unit/edge
	PROCTOR_COMPILED=require $(RUN) -m pytest -n $(JOBS) --dist loadfile

unit: $(VENV)/.dev ## the quick tests alone: no server, no socket
	$(RUN) -m pytest tests/unit tests/wire tests/test_house.py

lint: $(VENV)/.dev ## ruff: the rules of pyproject.toml, and its formatting
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

format: $(VENV)/.dev ## let ruff put the formatting right
	$(VENV)/bin/ruff format .

types: $(VENV)/.dev ## mypy, strict
	$(VENV)/bin/mypy

layers: $(VENV)/.dev ## import-linter: a module imports only what stands below it
	$(VENV)/bin/lint-imports

worlds: $(VENV)/.dev ## generate statements for a night and play them over two worlds (N=20000: so many of each style)
	@.ci/needs $(RUN)
	@$(MAKE) --no-print-directory compiled
	PROCTOR_WORLDS=$(or $(N),20000) $(RUN) -m pytest -q tests/worlds

kills: $(VENV)/.dev ## kill, freeze and starve the gateway 200 times under load; takes about 20 minutes (KILLS=n: n rounds a campaign)
	@.ci/needs $(RUN)
	PROCTOR_KILLS=$(or $(KILLS),67) $(RUN) -m pytest tests/adversity/test_kills.py

bench: $(VENV)/.dev ## all benchmarks, beside pgbouncer and direct where that tells something (QUICK=1: a few minutes)
	@.ci/needs $(RUN)
	@$(MAKE) --no-print-directory compiled
	@$(RUN) -m bench $(if $(QUICK),--quick)

compiled: $(VENV)/.demo ## compile the modules of src/proctor/twins.py again, after a change to one
	@$(RUN) setup.py -q build_ext --inplace

lock: $(VENV)/.dev ## write requirements/*.txt anew from pyproject.toml
	@.ci/lock $(VENV)

clean: ## remove what was built here, .venv included
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info bench/out
	find src demo bench tests -name __pycache__ -prune -exec rm -rf {} +
	find src -name '*.so' -delete
