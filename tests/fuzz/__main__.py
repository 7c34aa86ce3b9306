"""Run one target: ``python -m tests.fuzz TARGET [-max_total_time=60 ...]``.

**In:** a target's name, options of libFuzzer. **Out:** a crash file in the current folder if a law breaks.
**Method:** atheris instruments the package's Python code; kernels run uncompiled, so that their branches count too.
**Not here:** the targets.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer's options say stop."""
    os.environ["CORRELATE_JIT"] = "0"
    import atheris

    with atheris.instrument_imports(include=["correlate"]):
        from tests.fuzz.targets import TARGETS

    if not arguments or arguments[0] not in TARGETS:
        sys.exit(f"Name a target: {', '.join(TARGETS)}")
    name, *options = arguments
    has_folder = any(not option.startswith("-") for option in options)
    folders = [] if has_folder else [str(CORPUS / name)]
    atheris.Setup([name, *options, *folders], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
