"""Takes the client's capture out of the set ``slow-answer``: what one vantage can say."""

from __future__ import annotations

import runpy
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHOLE = HERE.parent / "slow-answer"
CAPTURE = "client.pcap"


def main() -> None:
    """Rebuild the whole set where its captures are not, and copy the client's."""
    if not (WHOLE / CAPTURE).exists():
        runpy.run_path(str(WHOLE / "make.py"))["main"]()
    (HERE / CAPTURE).write_bytes((WHOLE / CAPTURE).read_bytes())


if __name__ == "__main__":
    main()
