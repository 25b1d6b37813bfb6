# Two commands matter: `make demo` serves the example back office, `make test` passes the tests.
# Both need make and Python 3.11 or newer with venv; uv is used if it is there.

SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
UV := $(shell command -v uv 2>/dev/null)
DEMO := .venv-demo
VENV ?= .venv
WHAT ?= -e
WHEEL ?=
PYTEST_ARGS ?= -n auto --dist loadfile

.PHONY: demo test lint docs clean

demo: $(DEMO)/.ready
	@exec $(DEMO)/bin/flask --app example_app up --no-input

test: $(VENV)/.ready
	@$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.ready
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports

# What is generated from the code: the settings reference and .env.example.
docs: $(VENV)/.ready
	$(VENV)/bin/python -m demijohn.cli.reference

clean:
	rm -rf .venv .venv-demo dist build

$(DEMO)/.ready: pyproject.toml
	@$(call make_venv,$(DEMO))
	@$(call install,$(DEMO),-e .)
	@touch $@

# WHEEL=dist/demijohn-….whl tests what users install; without it, the source tree.
$(VENV)/.ready: pyproject.toml .ci/requirements.txt $(WHEEL)
	@$(call make_venv,$(VENV))
	@$(call install,$(VENV),-r .ci/requirements.txt)
	@$(call install,$(VENV),$(if $(WHEEL),--no-deps $(WHEEL),--no-deps -e .))
	@touch $@

define make_venv
test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. On Debian or Ubuntu: apt-get install python3 python3-venv"; exit 1; }; \
if test -n "$(UV)"; then $(UV) venv --quiet --allow-existing --python "$(PYTHON)" $(1); \
else "$(PYTHON)" -m venv $(1) || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }; fi
endef

define install
echo "installing $(2) into $(1)"; \
if test -n "$(UV)"; then $(UV) pip install --quiet --compile-bytecode --python $(1)/bin/python $(2); \
else $(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2); fi
endef
