# Every target sets up what it needs in .venv, from pinned versions, and does so once.
#   make demo    the console on a made-up operator          make demo ARGS="--theme day"
#   make test    everything that a change must pass         make test ARGS="-k omnibox"
# `make help` lists the rest.

VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
WORKERS ?= 2

.PHONY: help demo demo-remote test servers check types format bench docs messages pictures pins wheel clean run dev
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | while IFS="$$(printf '\t')" \
		read -r name says; do printf '  make %-12s %s\n' "$$name" "$$says"; done

run:
	@scripts/set-up run $(VENV)

dev: run
	@scripts/set-up dev $(VENV)

demo: run ## open the console on a made-up operator
	@$(BIN)/cordboard demo $(ARGS)

demo-remote: run ## a server, alarms where they are installed, and a console on both
	@$(BIN)/python -m scripts.demo_remote $(ARGS)

# Terminals, processes and servers answer late on a machine that does everything at once: what failed is run once
# more, alone. Both results are printed, and only what passes alone is forgiven (2 and above are no failed tests).
test: check servers ## linter, types, import rules and all tests
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup -m "not bench" $(ARGS) || { [ $$? = 1 ] && \
		echo "what failed, once more and alone:" && \
		$(BIN)/pytest -q @.pytest_cache/d/cordboard/failed-tests; }

servers: dev ## install the servers that some tests start, where we may
	@$(BIN)/python -m tests.servers

check: dev ## linter, types and import rules only: seconds
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { printf '%s\n' "$$said"; exit 1; }

format: dev ## put imports and layout in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: dev ## measure beside the yardsticks and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench $(ARGS)

docs: dev messages pictures ## all that is made from the sources: keys, messages, pictures
	@$(BIN)/python -m scripts.keys

messages: dev ## collect the messages of the interface into console/locale
	@$(BIN)/python -m scripts.messages

pictures: dev ## paint the pictures of the README
	@$(BIN)/python -m scripts.pictures

pins: dev ## take the newest packages that fit into requirements/
	@scripts/pin $(VENV)

wheel: dev ## build the wheel into dist/
	@$(BIN)/hatchling build -t wheel

clean: ## remove everything that was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
