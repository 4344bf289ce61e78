# Backchannel: `make run` serves it, `make test` tests it. Each makes its own environment first,
# from the lock files and with their hashes; what is there already is not made again.

PYTHON ?=
ARGS ?=
UV ?= uv
# Twice as many as there are processors: much of the testing is waiting for something to be said.
WORKERS ?= $(shell .venv-test/bin/python -c "import os; n = os.cpu_count() or 1; print(n * 2)")

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test lint check peers bench bench-page soak shots words lock clean browser

help:
	@echo "make run     serve on http://127.0.0.1:8080 with backchannel.toml (written where there is none)"
	@echo "make demo    play a recorded conference: no keys, no network, nothing kept"
	@echo "make test    every test, a real browser included"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make check   lint and test"
	@echo "make peers   test against others' servers and clients: minutes to install, nothing that CI waits for"
	@echo "make bench   measure delivery, feeds, intake, pages and search against what they stand on"
	@echo "make bench-page  the same for an open timeline in a browser: frames, memory, the reader's place"
	@echo "make soak    run long under load and watch memory"
	@echo "make shots   draw every page, at every size, light and dark, into shots/index.html"
	@echo "make words   bring the catalogues of other languages up to date with what pages say"
	@echo "make lock    write the lock files anew after a change of dependencies (needs uv)"
	@echo "make clean   remove the environments and caches"

run: .venv/ready
	@.venv/bin/backchannel serve $(ARGS)

demo: .venv/ready
	@.venv/bin/backchannel demo $(ARGS)

test: .venv-test/ready browser
	@echo "Testing"
	@.venv-test/bin/python -m pytest -n $(WORKERS) --maxfail 20 $(ARGS) || { \
	  test $$? = 1 || exit 1; \
	  echo "What failed, once more and alone; what passes now is unsteady, and its cause still to be found"; \
	  .venv-test/bin/python -m pytest --last-failed --last-failed-no-failures none --maxfail 3 $(ARGS); \
	}

lint: .venv-test/ready
	@echo "Checking style, types and who imports whom"
	@.venv-test/bin/ruff check .
	@.venv-test/bin/ruff format --check .
	@.venv-test/bin/mypy
	@.venv-test/bin/lint-imports

check: lint test

peers: .venv-test/ready .venv-peers/ready
	@echo "Testing against others' servers and clients"
	@BACKCHANNEL_PEERS=$(CURDIR)/.venv-peers .venv-test/bin/python -m pytest tests/peers -m peers $(ARGS)

bench: .venv-test/ready
	@.venv-test/bin/python -m bench $(ARGS)

bench-page: .venv-test/ready browser
	@.venv-test/bin/python -m bench.page $(ARGS)

soak: .venv-test/ready
	@.venv-test/bin/python -m bench.soak $(ARGS)

shots: .venv-test/ready browser
	@.venv-test/bin/python -m bench.shots $(or $(ARGS),shots)

words: .venv-test/ready
	@echo "Updating dashboard/locale"
	@mkdir -p build
	@.venv-test/bin/pybabel --quiet extract $(EXTRACTING) --output-file build/words.pot dashboard
	@.venv-test/bin/pybabel --quiet update $(UPDATING) --input-file build/words.pot --output-dir dashboard/locale
	@for file in dashboard/locale/*/LC_MESSAGES/*.po; do \
	  grep -v -E '^"(Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By):' \
	    $$file >build/words.po && cat build/words.po >$$file; \
	done

# Also what tests/dashboard/test_catalogues.py reads.
EXTRACTING = --mapping pyproject.toml --keyword later:1,1t --keyword later:1,2,2t --keyword plurals:1,2 --add-location file \
	--sort-by-file --omit-header
UPDATING = --domain backchannel --ignore-pot-creation-date --no-fuzzy-matching --ignore-obsolete --width 120

lock:
	@echo "Writing requirements.lock and requirements-dev.lock"
	@$(UV) pip compile $(LOCKING) --group build -o requirements.lock
	@$(UV) pip compile $(LOCKING) --group dev -c requirements.lock -o requirements-dev.lock

LOCKING = --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links pyproject.toml

clean:
	@echo "Removing environments and caches; backchannel.toml, the database and media stay"
	@rm -rf .venv .venv-test .venv-peers .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: requirements.lock pyproject.toml
	@echo "Making the environment in .venv (a minute at most, once)"
	$(call environment,.venv,requirements.lock)

.venv-test/ready: requirements-dev.lock pyproject.toml
	@echo "Making the test environment in .venv-test (a minute or two, once)"
	$(call environment,.venv-test,requirements-dev.lock)

# One list of Python packages a peer, and a script where it takes more. What cannot be had here (an old Python, no npm)
# is skipped by its tests, which say so.
.venv-peers/ready: $(wildcard tests/peers/*.txt tests/peers/*.sh)
	@echo "Making the peers' environment in .venv-peers (some minutes, once)"
	@.venv-peers/bin/python -c '' 2>/dev/null || $(MAKE) -s --no-print-directory .venv-peers/new
	@for list in $(filter %.txt,$^); do \
	  .venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r $$list \
	    || echo "$$list cannot be had: its tests are skipped" >&2; \
	done
	@for script in $(filter %.sh,$^); do \
	  echo "$$script"; \
	  sh $$script $(CURDIR)/.venv-peers >.venv-peers/$$(basename $$script).log 2>&1 \
	    || echo "$$script failed, see .venv-peers/$$(basename $$script).log: its tests are skipped" >&2; \
	done
	@touch $@

# Tests drive a real browser: the machine's own Chromium, else Debian's package, else Playwright's build.
browser: .venv-test/ready
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Debian's Chromium for the browser tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	else \
	  echo "Fetching Playwright's Chromium for the browser tests"; \
	  .venv-test/bin/playwright install chromium; \
	fi

# $(call environment,FOLDER,LOCK): a virtual environment with what the lock names, and Backchannel itself
# from this folder, so that a change in the code needs no new installation.
define environment
	@$(1)/bin/python -c '' 2>/dev/null || $(MAKE) -s --no-print-directory $(1)/new
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
endef

.PHONY: .venv/new .venv-test/new .venv-peers/new
.venv/new .venv-test/new .venv-peers/new:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  found=$$python; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null && exec $$python -m venv --clear $(@D); \
	done; \
	if [ -n "$$found" ]; then \
	  echo "$$found cannot make environments: on Debian and Ubuntu, apt-get install python3-venv, then try again" >&2; \
	else \
	  echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=/path/to/python" >&2; \
	fi; \
	exit 1
