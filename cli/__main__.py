"""``python -m correlate_cli``: the same as ``correlate``."""

from .main import run

if __name__ == "__main__":
    run()
