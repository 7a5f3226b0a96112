# Every command that CI and pre-commit run too. `just` alone runs all checks.

python := "python3"
shared := env("SHARED", "../shared")

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
    {{python}} -m pytest --cov -n auto --dist loadfile {{ARGS}}

# Format, and make the generated files anew
fix:
    {{python}} -m ruff format kg tests examples
    {{python}} -m ruff check --fix kg tests examples
    kg check --write

# Run the example notebook and keep its outputs anew
notebook:
    {{python}} tests/notebook.py

# The five laws on real papers: all of SHARED's listings, then 5,000 papers of the corpus (or as many as told)
laws *ARGS:
    SHARED={{shared}} {{python}} tests/laws/large.py {{ARGS}}

# Timings, not tests: ratios on this machine
bench *ARGS:
    {{python}} -m pytest tests/benchmarks -s {{ARGS}}

# Fit the learned layer anew (`just train --cv` measures it instead); SHARED holds the gold and the conference corpus
train *ARGS:
    {{python}} -m kg.train {{shared}}/gold/listing-papers.jsonl:{{shared}}/gold/listing-entities.jsonl \
        {{shared}}/gold/conference-papers.jsonl:{{shared}}/gold/conference-entities.jsonl {{ARGS}} \
        --extra {{shared}}/corpora/conference-papers.jsonl.xz:seeds/annotations/conference.jsonl \
        --corpus {{shared}}/corpora/conference-papers.jsonl.xz
