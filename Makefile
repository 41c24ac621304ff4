# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check format soak clean

demo: .venv/ready
	$(BIN)/regbulk demo

test: check
	$(BIN)/pytest --numprocesses 2 --dist worksteal

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	rm -rf .check build
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --target .check .
	MYPYPATH=.check $(BIN)/mypy --package regbulk
	PYTHONPATH=.check $(BIN)/lint-imports

soak: .venv/ready
	$(BIN)/pytest -m soak

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip setuptools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	touch .venv/ready

clean:
	rm -rf .venv .check build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
