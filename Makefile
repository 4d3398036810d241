# Two commands: "make run" and "make test". Needs Python >= 3.11 and make; everything else lands in .venv.
# Recipes quote every path: the folder may have spaces. The work is done in scripts that can say what is wrong.

PYTHON ?= python3
VENV := .venv/bin/python
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help install run test prove bench trace lint format pins backup restore

help:
	@echo "make run      start everything and print the address and the logins (Ctrl-C ends it)"
	@echo "make test     style, types, room borders, migrations, and every test"
	@echo "make prove    the long proofs: crashes, races, a million of everything"
	@echo "make bench    measure, and print the figures of docs/benchmarks.md"
	@echo "make trace    which requirements no test shows yet"
	@echo "make lint     style, types and room borders only"
	@echo "make backup   write a backup; make restore FILE=... brings it back (WIPE=1: over data that may go)"
	@echo "make pins     choose the newest versions again and write requirements*.txt"

install:
	@sh scripts/install.sh dev

# exec: a signal to make reaches the supervisor, and no shell stands between them.
run:
	@sh scripts/install.sh run
	@exec "$(VENV)" -m feedback_system.supervisor

lint: install
	@"$(VENV)" -m ruff check .
	@"$(VENV)" -m ruff format --check .
	@"$(VENV)" -m mypy
	@"$(VENV)" scripts/import_contracts.py

test: lint
	@"$(VENV)" manage.py makemigrations --check --dry-run
	@"$(VENV)" -m pytest -n 2 --dist loadgroup

prove: install
	@"$(VENV)" -m pytest -m prove -p no:randomly -s

bench: install
	@"$(VENV)" manage.py bench

trace: install
	@"$(VENV)" -m tests.trace

format: install
	@"$(VENV)" -m ruff check --fix .
	@"$(VENV)" -m ruff format .

backup:
	@sh scripts/install.sh run
	@"$(VENV)" -m feedback_system.embedded "$(VENV)" manage.py backup

restore:
	@sh scripts/install.sh run
	@"$(VENV)" -m feedback_system.embedded "$(VENV)" manage.py restore "$(FILE)" $(if $(WIPE),--wipe)

pins: install
	@"$(VENV)" -m piptools compile -q -U --strip-extras --no-header --no-emit-index-url --no-emit-find-links --annotation-style=line -o requirements.txt requirements.in
	@"$(VENV)" -m piptools compile -q -U --strip-extras --no-header --no-emit-index-url --no-emit-find-links --annotation-style=line -o requirements-dev.txt requirements-dev.in
