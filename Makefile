# For a newcomer: `make demo`, `make play`, `make test`. Everything lives in .venv; a bare checkout takes PYTHON=python3.13 as well.
PYTHON ?= python3
BIN := .venv/bin
COVERED := 98
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

# Where Python is told to keep no byte code, each worker and each process that a test starts compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: benchmark site screenshots diagrams demo play test test-long test-training lint types types-training train reference dist coverage mutants update-bundle fuzz kills audit

demo: .venv/.edge
	$(BIN)/gate demo --once

# Portal, guard's page and film together, and a tour of eight stops; Ctrl-C ends it all.
play: .venv/.edge
	$(BIN)/gate demo --tour

# What is quick. `make test-long` has the rest: kills of real processes, disks that are full, browsers, endurance.
test: .venv/.dev
	# Four on two cores: more than half of the time a test waits for boards, servers and browsers.
	$(BIN)/pytest -n 4 --dist worksteal

test-long: .venv/.dev
	# They wait for processes: three on two cores. Only files that name the mark are collected: half a minute less.
	$(BIN)/pytest -n 3 --dist worksteal -m 'long and not training' $$(grep -rl --include='test_*.py' 'mark\.long' tests)

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

# What decides and what moves metal, each of the three for itself: statements and branches together, as coverage counts, and then
# the branches alone (benchmarks/branches.py). COVERED is the least that holds of both: raised with what is shown, never lowered.
coverage: .venv/.dev
	$(BIN)/pytest -n 4 --dist worksteal -m 'not training' --cov --cov-report= \
	  tests/core tests/relay tests/sync tests/contracts tests/cloud/api tests/runtime tests/faults/test_board_answers.py
	@status=0; for package in core relay sync; do \
	  echo "== $$package"; $(BIN)/coverage report --include="$$package/*" --fail-under=$(COVERED) || status=1; done; \
	mkdir -p build && $(BIN)/coverage json -q -o build/coverage.json && \
	$(BIN)/python -m benchmarks.branches build/coverage.json --least $(COVERED) core relay sync || status=1; exit $$status

# Small mistakes in core and relay, one at a time; those that none of the module's tests notices are listed. All of them take hours:
# make mutants FILES=core/decision/standing.py, or SAMPLE=20 of each module.
mutants: .venv/.dev
	$(BIN)/python -m benchmarks.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(FILES)

# docs/reference/, from what the program declares; a test says when it is due.
reference: .venv/.dev
	$(BIN)/python -m docs.build_reference

# Wheel, source archive, .deb, bill of materials and checksums (RELEASING.md); needs no network. KEY=FILE signs the checksums.
dist: .venv/.dev
	$(BIN)/python -m release.dist $(if $(KEY),--key "$(KEY)")

# The pinned versions against the published vulnerabilities (PyPI's advisories). Needs the network; a version of which nothing is known fails too.
audit:
	test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/pip install --quiet --disable-pip-version-check pip-audit; }
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r constraints.txt

# The documentation as a site, Russian and English, in build/site; once .venv-docs is there it needs no network.
.venv-docs/.ready: release/site/constraints.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --disable-pip-version-check -c release/site/constraints.txt mkdocs-material
	@touch $@

site: .venv-docs/.ready
	rm -rf build/site
	@export NO_MKDOCS_2_WARNING=1 PYTHONPATH=$(CURDIR); \
	for language in ru en; do .venv-docs/bin/mkdocs build --strict --quiet -f release/site/$$language.yml || exit 1; done
	@echo "build/site/index.html; with search: python3 -m http.server -d build/site"

# The pictures of the documents, from the program itself; needs chromium. Look at them before you commit them.
screenshots: .venv/.dev
	$(BIN)/python docs/images/make_pages.py
	$(BIN)/python docs/images/make_gate.py
	$(BIN)/python docs/images/draw_field.py

# The diagrams of docs/*.md as pictures for the site; needs chromium and npm, which fetches what draws them.
MERMAID := 11.17.2
build/mermaid/package/dist/mermaid.min.js:
	mkdir -p build/mermaid && cd build/mermaid && npm pack --silent mermaid@$(MERMAID) && tar xzf mermaid-$(MERMAID).tgz

diagrams: .venv/.dev build/mermaid/package/dist/mermaid.min.js
	$(BIN)/python docs/images/draw_diagrams.py build/mermaid/package/dist/mermaid.min.js

# The open benchmark of gate reading (docs/benchmark.md): 600 pictures drawn, held against their seal, read by ours.
# PEERS=DIR reads them with the reference chain as well. Rewrites the tables of the page.
benchmark: .venv/.dev
	rm -rf build/benchmark
	$(BIN)/python -m benchmarks.reading draw --out build/benchmark
	$(BIN)/python -m benchmarks.reading ours --pictures build/benchmark
	$(if $(PEERS),$(BIN)/python -m benchmarks.reading reference --pictures build/benchmark --peers "$(PEERS)")

# A signed update for boxes like this one (its processor, its Python): make update-bundle KEY=~/.ssh/okter-update
update-bundle: .venv/.dev
	@test -n "$(KEY)" || { echo "KEY=FILE: the private Ed25519 key (ssh-keygen -t ed25519)"; exit 2; }
	rm -rf build/update && mkdir -p build/update dist
	$(BIN)/python -m hatchling build -t wheel -d build/update
	$(BIN)/pip download --quiet --only-binary :all: -c constraints.txt -d build/update "$$(ls build/update/okter_gate-*.whl)[call]"
	$(BIN)/gate update --build build/update --key "$(KEY)" dist/okter-gate-$$(uname -m).update

# kill -9 by the hundred, files torn in between: of what writes list and journal, then of whole `gate run`. Hours on two cores;
# fewer: make kills WRITES=100 GATE=20. The log is build/kills.log; what it said goes into docs/reliability.md and .en.md.
kills: .venv/.dev
	@mkdir -p build
	@date -u +%FT%TZ > build/kills.log; status=0; \
	$(BIN)/python -m tests.faults.kills --count $(or $(WRITES),1000) >> build/kills.log || status=1; \
	$(BIN)/python -m tests.faults.gate_kills --count $(or $(GATE),500) >> build/kills.log || status=1; \
	cat build/kills.log; exit $$status

# Odd bytes for everything that reads from others, for as long as wanted: make fuzz MINUTES=60
fuzz: .venv/.dev
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),60)
