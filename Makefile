# Everything a newcomer, a developer and a build machine need. `make` alone lists the targets.

# The first Python that is new enough. Your own choice: make setup PYTHON=/path/to/python3
PYTHONS = python3 python3.13 python3.12 python3.11
PYTHON ?= $(shell for p in $(PYTHONS); do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Empty is not set, here as in settings.py.
export PORT := $(or $(strip $(PORT)),8000)
export SCANS_BIND := $(or $(strip $(SCANS_BIND)),127.0.0.1)
export SCANS_WORKERS := $(or $(strip $(SCANS_WORKERS)),2)
# The web server wants an IPv6 address in brackets.
LISTEN = $(if $(findstring :,$(SCANS_BIND)),[$(patsubst [%],%,$(SCANS_BIND))],$(SCANS_BIND))
export PYTHONUNBUFFERED = 1
# Paths in the Procfile and in here are relative, so that the tree may stand anywhere.
BIN = .venv/bin
# Wheels alone: a package that is built here would run code, with tools that nothing pins. The engine needs, on
# Python 3.11, three that nobody publishes as wheels for it.
WHEELS = --only-binary :all: --no-binary yaswfp --no-binary pyperclip --no-binary urwid-mitmproxy
PIP_INSTALL = bin/python -m pip install -qq --disable-pip-version-check --require-hashes $(WHEELS) -r
# The lists of requirements that people read and edit, without the ending; `make lock` writes the lock beside each.
LISTS = requirements requirements-s3 requirements-dev scans/engines/wapiti/driver/requirements \
	tests/sites/canaille-requirements tests/sites/moto-requirements tests/kubernetes/requirements
APT_INSTALL = apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends
CAN_APT_INSTALL = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null
# $(LOCK) FILE COMMAND…: waits until no other make runs a command under the same lock. Debian has flock; elsewhere only
# the order of the targets below keeps commands apart.
LOCK := $(if $(shell command -v flock),flock,unlocked() { shift; "$$@"; }; unlocked)
# What is installed besides: make setup EXTRAS=s3
EXTRAS ?=
# What pytest is given besides: make test ARGS="-k stop -x"; or the measuring: make bench ARGS="--only pages"
ARGS ?=
# Or what becomes newer: make lock ARGS="--upgrade-package django", ARGS=--upgrade for all
# How many made-up analyses are measured, beside 1,000.
TIER ?= 1000000
# How many tests run at a time: many wait for an engine or a site, so four keep two cores busy.
TEST_PROCESSES ?= 4

.DEFAULT_GOAL := help
.PHONY: help setup engine run test test-fast fuzz scan bench load soak faults chromium lint format lock audit sbom licences messages screenshots clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo "  Settings come from the environment (docs/settings.md has the table): PORT, DATABASE_URL, SCANS_WORKERS, …"

setup:  ## Install the product into .venv and the scan engine into .engine
	@sh -ec "$$CHECK_ENVIRONMENTS"
	@$(MAKE) --silent --jobs=2 .venv/.product $(EXTRAS:%=.venv/.%) engine
	@$(MAKE) --silent chromium

run: setup  ## Start everything: web, scheduler, workers and the demo site. Ctrl-C ends it
	@$(BIN)/python manage.py first_run --bind "$(SCANS_BIND)"
	@DASHBOARD_PORT=$(PORT) SCANS_BIND="$(LISTEN)" STARTED_BY=$$$$ exec $(BIN)/honcho start --env /dev/null --concurrency scans=$(SCANS_WORKERS)

test: .venv/.development .provider/.installed .moto/.installed .charts/.installed engine chromium  ## Run the whole test suite (DATABASE_URL chooses the database)
	@$(BIN)/python -m pytest --numprocesses=$(TEST_PROCESSES) $(ARGS)

# Tests in end_to_end all start something, so they are not even read.
test-fast: .venv/.development  ## Run the tests that start no engine, no browser and no other process
	@$(BIN)/python -m pytest --numprocesses=auto -m "not engine and not browser and not process" \
		--hypothesis-profile=fast --ignore=tests/end_to_end $(ARGS)

fuzz: .venv/.development  ## Send 10,000 hostile requests to every address as every role (FUZZ_SEED=2 for others)
	@FUZZ_INPUTS=$${FUZZ_INPUTS:-10000} $(BIN)/python -m pytest tests/end_to_end/test_hostile_requests.py $(ARGS)

scan: .venv/.development engine  ## Scan the product itself as every role, with all modules and a second scanner: takes hours
	@SCAN_EVERYTHING=1 $(BIN)/python -m pytest tests/end_to_end/test_own_scan.py $(ARGS)

bench: .venv/.development engine chromium  ## Measure everything, and write docs/performance.md (TIER=1000000)
	@$(BIN)/python -m tests.benchmarks --tier=$(TIER) $(ARGS)

load: .venv/.development  ## 20 people of all roles at once for a minute, beside nine clients that never end their request
	@$(BIN)/python -m tests.benchmarks.load $(ARGS)

soak: .venv/.development  ## 200 open dashboards while 20 transitions a second happen, for two minutes
	@$(BIN)/python -m tests.benchmarks.soak $(ARGS)

faults: .venv/.development  ## Break the running product 300 times on each database, and write docs/reliability.md
	@$(BIN)/python -m tests.faults --write $(ARGS)

lint: .venv/.development  ## Check style, templates, migrations and settings; changes nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check --fail-level WARNING

format: .venv/.development  ## Put the Python files into the house's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# A lock holds for every Python from 3.11 on and every machine. What stands in it stays, unless ARGS say otherwise.
lock: .venv/.development  ## Pin all that is installed, with hashes, from the lists of requirements
	@for list in $(LISTS); do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(WHEELS) $(ARGS) \
			$$(case $$list in requirements-s3 | requirements-dev) echo --constraints requirements.lock;; esac) \
			$$([ $$list != requirements-dev ] || echo --constraints requirements-s3.lock) \
			$$list.txt --output-file $$list.lock || exit; done

audit: .venv/.development  ## Look for known weaknesses in what is installed, where an index of them answers
	@$(BIN)/python -m tests.audit

sbom: .venv/.development engine  ## Write the software bill of materials (CycloneDX) to var/sbom.cdx.json
	@$(BIN)/python -m tests.bill_of_materials

licences: .venv/.development engine  ## List the licence of everything that is installed in docs/licences.md
	@$(BIN)/python -m tests.bill_of_materials --licences

messages: .venv/.development  ## Collect the texts to translate, and compile the translations
	@$(BIN)/python -m tests.messages

screenshots: .venv/.development engine chromium  ## Take pictures of every page, into var/screenshots/
	@DJANGO_SETTINGS_MODULE=dashboard.settings $(BIN)/python -m tests.screenshots

clean:  ## Remove the environments; var/ with the database is kept
	rm -rf .venv .engine .provider .moto .charts

# --- How the two environments are made ---------------------------------------------------------
# A stamp file says what is installed, so that a second call costs nothing. The engine's dependencies
# conflict with Django's; that is why it has an environment of its own.

# Two makes may run at the same time, or one with several jobs: whatever calls apt-get or makes an environment holds the
# lock on the Makefile; whatever installs into an environment holds the lock on its list of requirements. A command looks
# again at what is there once it has the lock.

define FAIL
fail() { echo "$$*" >&2; exit 1; }
another="Name another one: make setup PYTHON=/path/to/python3"
endef

# Ends with the reason if $(PYTHON) cannot be run or is too old.
define CHECK_PYTHON
$(FAIL)
python="$(PYTHON)"
if [ -z "$$python" ]; then
	for p in $(PYTHONS); do
		answer=$$("$$p" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) && found="$$found, $$p is $$answer"
	done
	fail "Python 3.11 or newer is needed, and none was found (looked for: $(PYTHONS)$$found)." \
		"Install python3, or say where one is: make setup PYTHON=/path/to/python3"
fi
answer=$$("$$python" -c 'import sys; print("Python %d.%d" % sys.version_info[:2])' 2>&1) || {
	code=$$?
	reason=$$(echo "$$answer" | grep -v -e '^ ' -e '^Traceback' -e '^$$' | head -n 1)
	reason=$${reason##*"$$python: "}
	fail "$$python cannot be run: $${reason:-it ended with code $$code}. $$another"
}
case "$$answer" in
	"Python 3."1[1-9] | "Python 3."[2-9][0-9]) ;;
	"Python "[0-9]*) fail "$$python is $$answer, and 3.11 or newer is needed. $$another" ;;
	*) fail "$$python is no Python: it answers “$$answer”. $$another" ;;
esac
endef

# Makes the environment $$0, unless another make has. Debian keeps what Python needs for that in a package of its own.
define MAKE_ENVIRONMENT
[ ! -x "$$0/bin/pip" ] || exit 0
$(CHECK_PYTHON)
can_make_environments() { "$$python" -c 'import venv, ensurepip' 2>/dev/null; }
package="python$${answer#Python }-venv"
if ! can_make_environments; then
	{ $(CAN_APT_INSTALL) && echo "Installing $$package …" && { $(APT_INSTALL) "$$package"; } >/dev/null; } || true
fi
if ! can_make_environments; then
	"$$python" -c 'import sys; sys.exit(sys.base_prefix != "/usr")' \
		|| fail "$$python ($$answer) runs, but was built without venv and ensurepip. $$another"
	fail "$$python ($$answer) runs, but cannot make virtual environments: install the package $$package."
fi
"$$python" -m venv "$$0"
endef

# Ends with the reason if the Python of an environment was removed or replaced after the environment was made.
define CHECK_ENVIRONMENTS
$(FAIL)
for environment in .venv .engine; do
	[ ! -e "$$environment/bin/pip" ] || "$$environment/bin/python" -c 'import pip' 2>/dev/null \
		|| fail "The Python of $$environment cannot be run any more: it was removed or replaced. Make both environments" \
			"again: make clean setup"
done
endef

export MAKE_ENVIRONMENT CHECK_ENVIRONMENTS

%/bin/pip:
	@$(LOCK) Makefile sh -ec "$$MAKE_ENVIRONMENT" "$*"

.engine/bin/pip: | .venv/bin/pip

.venv/.product: requirements.lock | .venv/bin/pip
	@$(LOCK) $< sh -ec '[ $@ -nt $< ] || { echo "Installing the product into .venv …"; \
		.venv/$(PIP_INSTALL) $<; touch $@; }'

.venv/.s3: requirements-s3.lock .venv/.product | .venv/bin/pip
	@$(LOCK) requirements.lock sh -ec '[ $@ -nt $< -a $@ -nt .venv/.product ] || { \
		echo "Installing the extra s3 into .venv …"; .venv/$(PIP_INSTALL) $<; touch $@; }'

.venv/.development: requirements-dev.lock .venv/.product | .venv/bin/pip
	@$(LOCK) requirements.lock sh -ec '[ $@ -nt $< -a $@ -nt .venv/.product ] || { \
		echo "Installing what tests and checks need into .venv …"; .venv/$(PIP_INSTALL) $<; touch $@; }'

.engine/.installed: scans/engines/wapiti/driver/requirements.lock | .engine/bin/pip
	@$(LOCK) $< sh -ec '[ $@ -nt $< ] || { echo "Installing the scan engine into .engine …"; \
		.engine/$(PIP_INSTALL) $<; touch $@; }'

# An OpenID Connect provider for tests; its requirements conflict with the product's too.
.provider/bin/pip: | .venv/bin/pip

.provider/.installed: tests/sites/canaille-requirements.lock | .provider/bin/pip
	@$(LOCK) $< sh -ec '[ $@ -nt $< ] || { echo "Installing the OpenID Connect provider of the tests into .provider …"; \
		.provider/$(PIP_INSTALL) $<; touch $@; }'

# A stand-in for S3 for tests, in an environment of its own for the same reason.
.moto/bin/pip: | .venv/bin/pip

.moto/.installed: tests/sites/moto-requirements.lock | .moto/bin/pip
	@$(LOCK) $< sh -ec '[ $@ -nt $< ] || { echo "Installing the stand-in for S3 of the tests into .moto …"; \
		.moto/$(PIP_INSTALL) $<; touch $@; }'

# Helm's library and the schemas of Kubernetes: 300 MB that only the tests of the chart need.
.charts/bin/pip: | .venv/bin/pip

.charts/.installed: tests/kubernetes/requirements.lock | .charts/bin/pip
	@$(LOCK) $< sh -ec '[ $@ -nt $< ] || { echo "Installing what checks the Helm chart into .charts …"; \
		.charts/$(PIP_INSTALL) $<; touch $@; }'

# Without an engine the dashboard still starts, and says so on each scan that cannot be set up.
engine: | .venv/bin/pip
	@$(MAKE) --silent .engine/.installed || { \
		echo "WARNING: the scan engine could not be installed (see above). The dashboard will start, but every"; \
		echo "         scan ends in Submit Failed until \`make setup\` has succeeded."; } >&2

# Plays login and crawl scripts, and takes pictures. Debian's browser, never one that a library downloads; the one
# without windows is smaller and starts faster, and one with them will do.
chromium:
	@$(LOCK) Makefile sh -c "$$INSTALL_CHROMIUM"

define INSTALL_CHROMIUM
command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
	|| { $(CAN_APT_INSTALL) && echo "Installing chromium-headless-shell …" \
		&& { $(APT_INSTALL) chromium-headless-shell; } >/dev/null; } \
	|| echo "Without a browser, login and crawl scripts fail and no pictures are taken: install the package" \
		"chromium-headless-shell." >&2
endef
export INSTALL_CHROMIUM
