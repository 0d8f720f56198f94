# For a newcomer: `make demo`, `make play`, `make test`. Everything lives in .venv; a bare checkout takes PYTHON=python3.13 as well.
PYTHON ?= python3
BIN := .venv/bin
COVERED := 90
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo play test test-long test-training lint types types-training train reference dist coverage mutants update-bundle fuzz

demo: .venv/.edge
	$(BIN)/gate demo --once

# Portal, guard's page and film together, and a tour of eight stops; Ctrl-C ends it all.
play: .venv/.edge
	$(BIN)/gate demo --tour

# What is quick. `make test-long` has the rest: kills of real processes, disks that are full, browsers, endurance.
test: .venv/.dev
	$(BIN)/pytest -n 2 --dist worksteal

test-long: .venv/.dev
	$(BIN)/pytest -n 2 --dist worksteal -m 'long and not training'

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { echo "Installing python3-venv, which Debian keeps apart from python3"; \
	  rm -rf .venv; apt-get -qq update && apt-get -qq install -y python3-venv && $(PYTHON) -m venv .venv; }

.venv/.edge: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[cloud]'
	@touch $@

.venv/.dev: .venv/.edge pyproject.toml constraints.txt
	$(PIP) -e '.[cloud,nats,s3,dev]'
	@touch $@

# Training needs torch, which is large: only the one who trains installs it.
.venv/.train: .venv/.dev pyproject.toml constraints.txt
	$(PIP) -e '.[cloud,nats,s3,dev,train]'
	@touch $@

test-training: .venv/.train
	$(BIN)/pytest -n 2 --dist worksteal -m training tests/models

types-training: .venv/.train
	$(BIN)/mypy models

train: .venv/.train
	$(BIN)/python -m models.training.train

# Branches of what decides and what moves metal. COVERED is the least that holds: raised with what is shown, never lowered.
coverage: .venv/.dev
	$(BIN)/pytest -n 2 --dist worksteal -m 'not training' --cov --cov-report=term --cov-fail-under=$(COVERED) \
	  tests/core tests/relay tests/sync tests/contracts tests/cloud/api tests/runtime

# Small mistakes in core and relay, one at a time; those no test notices are listed. All of them take hours:
# make mutants FILES=core/standing.py, or SAMPLE=20 of each module.
mutants: .venv/.dev
	$(BIN)/python -m benchmarks.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(FILES)

# docs/reference/, from what the program declares; a test says when it is due.
reference: .venv/.dev
	$(BIN)/python -m docs.build_reference

# Wheel, source archive, .deb, bill of materials and checksums (RELEASING.md); needs no network.
dist: .venv/.dev
	$(BIN)/python -m release.dist

# A signed update for boxes like this one (its processor, its Python): make update-bundle KEY=~/.ssh/okter-update
update-bundle: .venv/.dev
	@test -n "$(KEY)" || { echo "KEY=FILE: the private Ed25519 key (ssh-keygen -t ed25519)"; exit 2; }
	rm -rf build/update && mkdir -p build/update dist
	$(BIN)/python -m hatchling build -t wheel -d build/update
	$(BIN)/pip download --quiet --only-binary :all: -c constraints.txt -d build/update build/update/okter_gate-*.whl
	$(BIN)/gate update --build build/update --key "$(KEY)" dist/okter-gate-$$(uname -m).update

# Odd bytes for everything that reads from others, for as long as wanted: make fuzz MINUTES=60
fuzz: .venv/.dev
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),60)
