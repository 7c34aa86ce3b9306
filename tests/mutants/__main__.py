"""Many of them: ``python -m tests.mutants [COUNT] [SEED]``.

In: every sample set. Out: how many ended how, the slowest, the peak of memory; the seed of each that did not end well.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from random import Random

from tests.mutants.damage import damaged
from tests.mutants.run import ends_well
from tests.mutants.sets import pairs


def main(count: int = 10_000, seed: int = 0) -> int:
    """Run damaged copies until ``count`` are done."""
    ends: Counter[str] = Counter()
    slowest = (0.0, "")
    known = pairs()
    with tempfile.TemporaryDirectory() as scratch:
        for index in range(seed, seed + count):
            chance = Random(index)
            name, paths = chance.choice(known)
            data = damaged(Path(paths[name]).read_bytes(), chance)
            try:
                end, seconds = ends_well(data, name, paths, Path(scratch))
            except Exception:  # noqa: BLE001  -- this is what is looked for
                print(f"seed {index}: {paths[name]}\n{traceback.format_exc()}", flush=True)
                end, seconds = "FAILED", 0.0
            ends[end] += 1
            slowest = max(slowest, (seconds, f"seed {index}"))
    print(
        f"{count} damaged copies: {dict(ends)}; slowest {slowest[0]:.2f} s CPU ({slowest[1]}); peak {_peak_mib()} MiB"
    )
    return 1 if ends["FAILED"] else 0


def _peak_mib() -> str:
    try:
        import resource
    except ImportError:  # not on Windows
        return "unknown"
    return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
