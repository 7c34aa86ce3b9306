# One command before every commit: `just check` (or run the lines by hand; nothing here is special).
python := env_var_or_default("PYTHON", "python3")

check: lint types imports test

lint:
    {{python}} -m ruff format --check .
    {{python}} -m ruff check .
    {{python}} -m codespell_lib correlate cli tests docs sample_sets benchmarks README.md CHANGELOG.md

types:
    {{python}} -m mypy

imports:
    lint-imports

test:
    {{python}} -m pytest -q -n 2

scoreboard:
    {{python}} -m tests.scoreboard

bench:
    {{python}} benchmarks/compare.py
