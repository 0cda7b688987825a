PYTHON ?= python3.12
BIN := .venv/bin
INSTALLED := .venv/installed
PINNED := requirements.txt tools/requirements.txt bench/requirements.txt
SECTIONS ?= imaging startup sweep pages
LOCK = $(BIN)/uv pip compile --quiet --python $(BIN)/python --generate-hashes --no-strip-extras --no-strip-markers --no-annotate --custom-compile-command 'make lock'

.PHONY: help run test test-fast lint docs bench policies redrive sweep smoke load deploy destroy token screenshots lock audit clean

run: $(INSTALLED)  ## the app on this machine, with pictures: PHOTOS=, PORT=, AWS_PORT=, KEEP=
	@exec $(BIN)/python -m tools.run

test: $(INSTALLED)  ## unit, integration and end-to-end tests, in two workers
	$(BIN)/python -m pytest --numprocesses 2 --cov --cov-report=term

test-fast: $(INSTALLED)  ## the tests that need no local stack: under a minute
	$(BIN)/python -m pytest --numprocesses 2 --quiet -m "not slow" tests/unit tests/model

lint: $(INSTALLED)  ## format, rules, types, the order of imports, the CloudFormation template, the prose
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/cfn-lint .chalice/infrastructure.yaml
	$(BIN)/python -m tools.prose

docs: $(INSTALLED)  ## the tables in docs/ that follow from the code: CHECK=1 only compares
	@exec $(BIN)/python -m tools.docs $(if $(CHECK),--check)

bench: .venv/bench-installed  ## the imaging compared with its peers, cold starts, the sweep, pages: PHOTOS=, QUICK=1, SECTIONS=
	$(if $(filter imaging,$(SECTIONS)),$(BIN)/python -m bench.imaging $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(QUICK),--quick))
	$(if $(filter startup,$(SECTIONS)),$(BIN)/python -m bench.startup)
	$(if $(filter sweep,$(SECTIONS)),$(BIN)/python -m bench.sweep)
	$(if $(filter pages,$(SECTIONS)),$(BIN)/python -m bench.pages $(if $(QUICK),--quick))

lock: $(INSTALLED)  ## pin the packages of tools/*.in and bench/*.in, with the hash of every file
	$(LOCK) tools/app.in -o requirements.txt
	$(LOCK) tools/dev.in -c requirements.txt -o tools/requirements.txt
	$(LOCK) bench/requirements.in -c tools/requirements.txt -o bench/requirements.txt

audit: $(INSTALLED)  ## known vulnerabilities of what is pinned
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off $(PINNED:%=-r %)

policies: $(INSTALLED)  ## of the functions' roles, from the code: STAGE=, CHECK=1 only compares
	@exec $(BIN)/python -m tools.policies

deploy: $(INSTALLED)  ## to AWS, created or updated: STAGE=dev or prod, DRY_RUN=1, PARAMETERS="Name=value"
	@exec $(BIN)/python -m tools.deploy

destroy: $(INSTALLED)  ## take a stage away, but not its data: STAGE=, DELETE_DATA=yes, CONFIRM=<stage>
	@exec $(BIN)/python -m tools.deploy.destroy

redrive: $(INSTALLED)  ## put failed events through again: STAGE=
	@exec $(BIN)/python -m tools.redrive

sweep: $(INSTALLED)  ## find what is missing, stale or orphaned, and have it reconciled: STAGE=
	@exec $(BIN)/python -m tools.sweep

smoke: $(INSTALLED)  ## upload, read and delete one image through a deployed API: STAGE=, API=, TOKEN=
	@exec $(BIN)/python -m tools.smoke

load: $(INSTALLED)  ## uploads through the deployed function, on a new local stack: N=, CONCURRENCY=, KILL=yes
	@exec $(BIN)/python -m bench.load

token: $(INSTALLED)  ## the API's tokens: STAGE=; NAME=ci ROLE=write UNTIL=2027-01-31 makes one; REVOKE=ci
	@exec $(BIN)/python -m tools.deploy.tokens

screenshots: $(INSTALLED)  ## the README's pictures of the gallery, taken anew with Chromium
	@exec $(BIN)/python -m tools.screenshots

help:  ## this list
	@sed -En 's/^([a-z-]+):.*## /\1\t/p' Makefile | expand -t 14

clean:  ## everything that can be made again; not the records of what is deployed on AWS
	rm -rf .venv build .chalice/deployed/local.json .chalice/deployments

$(INSTALLED): requirements.txt tools/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "Python 3.12 or newer is needed: install it (uv python install 3.12, or pyenv), or name it: make PYTHON=<path> ..."; exit 1; }
	@echo "Installing into .venv, once: about 350 MB, a minute or two ..."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r tools/requirements.txt
	@touch $@

.venv/bench-installed: $(INSTALLED) bench/requirements.txt $(wildcard bench/*/package.json)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.txt
	mkdir -p build/bench/sharp && cp bench/sharp/package*.json build/bench/sharp
	mkdir -p build/bench/dynalite && cp bench/dynalite/package*.json build/bench/dynalite
	npm ci --silent --prefix build/bench/sharp && npm ci --silent --prefix build/bench/dynalite || echo "Without npm, the benchmarks leave out sharp and pages."
	@touch $@

# As they are typed: make would replace what follows a dollar sign.
override PHOTOS := $(value PHOTOS)
override KEEP := $(value KEEP)
export CHECK N CONCURRENCY KILL PHOTOS PORT AWS_PORT KEEP STAGE DRY_RUN PARAMETERS DELETE_DATA CONFIRM ROLE API TOKEN
