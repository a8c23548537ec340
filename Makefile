# Everything a developer does here. `make help` lists it.
PORT ?= 8000
DATA ?= .local
ARCH ?= arm64
PYTHON ?= python3
export PORT DATA
# images of containers set it; then each test process and each stack would compile all of the code again
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
TOOLS := .tools
PLATFORM := $(shell uname -sm)
NPM := $(shell command -v npm)
# pip's log line about its own version, prompts and progress bars have no place here
QUIET_PIP := install -qq --disable-pip-version-check --no-input --require-hashes
QUIET_NPM := --loglevel=error --no-audit --no-fund --no-update-notifier --ignore-scripts

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check check-types check-style check-imports check-cloud faces simulate replay fuzz mutate load bench cost package deploy destroy secrets rotate pause unpause audit buy-back reconcile audit-books token fonts clean tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PORT=$(PORT) and DATA=$(DATA) choose the port and the folder of make run"

run: $(BIN)/.done tools ## the whole system on this machine, until Ctrl-C
	@exec $(BIN)/python -m infra.dev.local

test: check tools $(TOOLS)/fuzz/.done $(if $(NPM),$(TOOLS)/faces/.done $(TOOLS)/quint/.done) ## every check and every test
	@$(BIN)/python -m pytest --ignore=tests/system -n auto --dist worksteal
	@$(BIN)/python -m pytest tests/system -n 3 --dist loadfile --no-loadscope-reorder

# All at once; each says what it has to say when it ends, where make can keep lines together (GNU make 4).
check: $(BIN)/.done ## every static check
	@$(MAKE) --no-print-directory -kj4 $(if $(filter output-sync,$(.FEATURES)),-Otarget) check-types check-style check-imports check-cloud

check-types:
	@$(BIN)/mypy app.py chalicelib infra tests

check-style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

check-imports:
	@$(BIN)/lint-imports

check-cloud:
	@$(BIN)/python -m infra.release.cloud build/check
	@$(BIN)/cfn-lint --regions us-east-1 cn-north-1 -- infra/data.yaml build/check/sam.json build/check/template.json

faces: $(BIN)/.done $(TOOLS)/faces/.done ## build the pages of faces/ and the types of the API, after a change of either (needs npm)
	@$(BIN)/python -m infra.dev.faces

simulate: $(BIN)/.done ## make simulate SECONDS=60 [SEED=] drives callers, workers and faults through one process, by a seed
	@SECONDS="$(SECONDS)" SEED="$(SEED)" $(BIN)/python -m tests.simulation

replay: $(BIN)/.done ## what a failed simulation says: make replay SEED= PEOPLE= STEPS= shows it again
	@SEED="$(SEED)" PEOPLE="$(PEOPLE)" STEPS="$(STEPS)" $(BIN)/python -m tests.simulation replay

package: $(BIN)/.done ## make package STAGE=dev [ARCH=x86_64] builds what is deployed, into build/STAGE
	@$(BIN)/python -m infra.release.package "$(STAGE)" "$(ARCH)"

deploy: $(BIN)/.done ## make deploy STAGE=dev shows each change of the stage's stacks, and makes it (YES=1 asks no questions)
	@test -f "build/$(STAGE)/template.json" || { echo "make package STAGE=$(STAGE) first" >&2; exit 1; }
	@$(BIN)/python -m infra.release.deploy deploy "$(STAGE)"

destroy: $(BIN)/.done ## make destroy STAGE=dev removes the code from the cloud; the data stays
	@$(BIN)/python -m infra.release.deploy destroy "$(STAGE)"

secrets: $(BIN)/.done ## make secrets STAGE=dev makes what is missing of the stage's secret (make deploy does it too)
	@$(BIN)/python -m infra.release.deploy secrets "$(STAGE)"

rotate: $(BIN)/.done ## make rotate STAGE=dev KEY=cursor_key changes a key of the stage's secret
	@$(BIN)/python -m infra.release.deploy rotate "$(STAGE)" "$(KEY)"

pause: $(BIN)/.done ## make pause STAGE=dev stops all that changes anything; make unpause lets it continue
	@$(BIN)/python -m infra.release.deploy pause "$(STAGE)"

unpause: $(BIN)/.done
	@$(BIN)/python -m infra.release.deploy unpause "$(STAGE)"

audit: $(BIN)/.done ## ask PyPI whether anything that ships has a known weakness
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.txt

fuzz: $(BIN)/.done tools $(TOOLS)/fuzz/.done ## make fuzz SECONDS=60 [SEED=] sends generated requests of each role to a stack of its own
	@SECONDS="$(SECONDS)" SEED="$(SEED)" $(BIN)/python -m infra.dev.fuzz

mutate: $(BIN)/.done $(TOOLS)/mutate/.done ## make mutate [ONLY='chalicelib.ledger.*'] changes the money path in small ways: do the unit tests notice?
	@ONLY="$(ONLY)" $(BIN)/python -m infra.dev.mutate

load: $(BIN)/.done tools ## make load [RATES="5 10 20 40"] [SECONDS=20] [SOAK=600] [TRIPS=1000000 [CHANNELS=1]] [MERCHANTS=100000] sends a mixed day to a stack of its own
	@RATES="$(RATES)" SECONDS="$(SECONDS)" SOAK="$(SOAK)" TRIPS="$(TRIPS)" CHANNELS="$(CHANNELS)" MERCHANTS="$(MERCHANTS)" $(BIN)/python -m infra.dev.load

bench: $(BIN)/.done tools $(if $(PEERS),$(TOOLS)/peers/.done) ## make bench [PEERS=1] measures every figure (beside SQL peers), and writes docs/figures.md
	@PEERS="$(PEERS)" $(BIN)/python -m infra.dev.bench

buy-back: $(BIN)/.done ## fire the buy-back schedule of the running system once
	@$(BIN)/python -m infra.dev.fire buy_back

reconcile: $(BIN)/.done ## fire the daily reconciliation of the running system once
	@$(BIN)/python -m infra.dev.fire reconcile

cost: $(BIN)/.done tools ## write docs/cost.md from measured request units
	@$(BIN)/python -m infra.dev.bench.cost

audit-books: $(BIN)/.done ## recompute every balance from the Records: the running system's, or of STAGE=, or the table in TABLE_NAME=
	@$(BIN)/python -m infra.ops.audit

token: $(BIN)/.done ## make token ROLE=individual SUB=alice prints a token for the local stack
	@$(BIN)/python -m infra.dev.token "$(ROLE)" "$(SUB)"

fonts: $(TOOLS)/fonts/.done ## make the letters of certificates again, after a change in infra/dev/fonts (needs npm, 400 MB)
	@$(TOOLS)/fonts/bin/python -m infra.dev.fonts $(TOOLS)/fonts/node_modules

clean: ## remove what make made, except the data
	@rm -rf .venv $(TOOLS) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

tools: $(TOOLS)/ministack/.done build/libraries/.done $(if $(NPM),$(TOOLS)/dynoxide/.done)

# A stamp is written last: what was interrupted is done again.
$(BIN)/.done: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0] + ": install it, or name one: make PYTHON=python3.12")'
	@echo "Installing Python packages into .venv (once, about a minute)" >&2
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip $(QUIET_PIP) -r requirements-dev.txt
	@touch $@

$(TOOLS)/ministack/.done: infra/dev/engines/ministack.txt | $(BIN)/.done
	@echo "Installing ministack (S3, SQS, EventBridge, KMS) into $(TOOLS) (once)" >&2
	@mkdir -p $(TOOLS) && rm -rf $(TOOLS)/ministack && $(PYTHON) -m venv $(TOOLS)/ministack
	@$(TOOLS)/ministack/bin/python -m pip $(QUIET_PIP) -r infra/dev/engines/ministack.txt
	@touch $@

$(TOOLS)/fonts/.done: infra/dev/fonts/requirements.txt infra/dev/fonts/package.json infra/dev/fonts/package-lock.json | $(BIN)/.done
	@echo "Fetching the fonts of certificates into $(TOOLS) (once)" >&2
	@rm -rf $(TOOLS)/fonts && mkdir -p $(TOOLS) && $(PYTHON) -m venv $(TOOLS)/fonts
	@$(TOOLS)/fonts/bin/python -m pip $(QUIET_PIP) -r infra/dev/fonts/requirements.txt
	@cp infra/dev/fonts/package.json infra/dev/fonts/package-lock.json $(TOOLS)/fonts/
	@npm ci --prefix $(TOOLS)/fonts $(QUIET_NPM) >/dev/null
	@touch $@

# The pages are committed as they are built: only who changes them, and the tests, need these packages.
$(TOOLS)/faces/.done: faces/package.json faces/package-lock.json
	@echo "Installing what builds and tries the pages into $(TOOLS) (once)" >&2
	@rm -rf $(TOOLS)/faces && mkdir -p $(TOOLS)/faces
	@cp faces/package.json faces/package-lock.json $(TOOLS)/faces/
	@npm ci --prefix $(TOOLS)/faces $(QUIET_NPM) >/dev/null
	@touch $@

$(TOOLS)/quint/.done: infra/dev/quint/package.json infra/dev/quint/package-lock.json
	@echo "Installing Quint (runs the designs of tests/designs) into $(TOOLS) (once)" >&2
	@rm -rf $(TOOLS)/quint && mkdir -p $(TOOLS)/quint
	@cp infra/dev/quint/package.json infra/dev/quint/package-lock.json $(TOOLS)/quint/
	@npm ci --prefix $(TOOLS)/quint $(QUIET_NPM) >/dev/null
	@touch $@

$(TOOLS)/fuzz/.done: infra/dev/fuzz/requirements.txt | $(BIN)/.done
	@echo "Installing Schemathesis (generated requests) into $(TOOLS) (once)" >&2
	@mkdir -p $(TOOLS) && rm -rf $(TOOLS)/fuzz && $(PYTHON) -m venv $(TOOLS)/fuzz
	@$(TOOLS)/fuzz/bin/python -m pip $(QUIET_PIP) -r infra/dev/fuzz/requirements.txt
	@touch $@

$(TOOLS)/mutate/.done: infra/dev/mutate/requirements.txt | $(BIN)/.done
	@echo "Installing mutmut (small changes of the code) into $(TOOLS) (once)" >&2
	@mkdir -p $(TOOLS) && rm -rf $(TOOLS)/mutate && $(PYTHON) -m venv $(TOOLS)/mutate
	@$(TOOLS)/mutate/bin/python -m pip $(QUIET_PIP) -r infra/dev/mutate/requirements.txt
	@touch $@

$(TOOLS)/peers/.done: infra/dev/bench/peers/requirements.txt | $(BIN)/.done
	@echo "Installing FastAPI, psycopg and django-hordak (peers of the benchmark) into $(TOOLS) (once)" >&2
	@mkdir -p $(TOOLS) && rm -rf $(TOOLS)/peers && $(PYTHON) -m venv $(TOOLS)/peers
	@$(TOOLS)/peers/bin/python -m pip $(QUIET_PIP) -r infra/dev/bench/peers/requirements.txt
	@touch $@

# What the zip is made of: the tests build it then without the network.
build/libraries/.done: requirements.txt | $(BIN)/.done
	@echo "Fetching the libraries that ship into build/libraries (once)" >&2
	@$(BIN)/python -m infra.release.package.wheels
	@touch $@

$(TOOLS)/dynoxide/.done: infra/dev/engines/package.json infra/dev/engines/package-lock.json
	@echo "Installing dynoxide (DynamoDB in one file) into $(TOOLS) (once)" >&2
	@rm -rf $(TOOLS)/dynoxide && mkdir -p $(TOOLS)/dynoxide
ifeq ($(PLATFORM),Linux x86_64)
	@cp infra/dev/engines/package.json infra/dev/engines/package-lock.json $(TOOLS)/dynoxide/
	@npm ci --prefix $(TOOLS)/dynoxide $(QUIET_NPM) >/dev/null
else
	@npm install --prefix $(TOOLS)/dynoxide $(QUIET_NPM) dynoxide@1.2.1 >/dev/null 2>&1 || \
		echo "There is no dynoxide for $(PLATFORM): a weaker store serves, make run says what that costs" >&2
endif
	@touch $@
