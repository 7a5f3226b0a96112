# Every command that CI and pre-commit run too. `just` alone runs all checks.

python := "python3"

default: check

# What must hold before a change is offered
check: lint types layers fresh test

lint:
    {{python}} -m ruff format --check kg tests examples
    {{python}} -m ruff check kg tests examples

types:
    {{python}} -m mypy

layers:
    lint-imports

# Generated files are current, seeds and decisions consistent
fresh:
    kg check

test *ARGS:
    {{python}} -m pytest --cov {{ARGS}}

# Format, and make the generated files anew
fix:
    {{python}} -m ruff format kg tests examples
    {{python}} -m ruff check --fix kg tests examples
    kg check --write

# Timings, not tests: ratios on this machine
bench *ARGS:
    {{python}} -m pytest tests/benchmarks -s {{ARGS}}
