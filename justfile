# Short names for what `python -m ...` does; nothing here is special.
python := env_var_or_default("PYTHON", "python3")

check:
    {{python}} -m tests.check

fast:
    {{python}} -m tests.check --fast

docs:
    {{python}} -m sphinx -W -b html docs docs/_build

scoreboard:
    {{python}} -m tests.scoreboard

bench:
    {{python}} -m benchmarks.compare
