"""``correlate repair``: a damaged capture becomes a sound one.

**In:** two paths. **Out:** the new file; what was left out, as text or JSON.
**Not here:** how (``correlate.repair``).
"""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from .output import put

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
MOST_LINES = 20


@app.command(epilog="Exit status: 0 written, 2 nothing can be read or written.")
def repair(
    source: Annotated[str, typer.Argument(metavar="IN", help="The damaged capture file.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="The new file, pcapng.")],
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Leave out frames that a mirror port made twice.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it exists.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write every frame that can be read of a damaged capture to a new file; nothing is guessed."""
    from correlate.repair import repair as work  # noqa: PLC0415  -- numba
    from correlate.wire.text import safe_text  # noqa: PLC0415

    done = work(source, target, is_dropping_duplicates=drop_duplicates, force=force)
    if json:
        document = {
            "schema": "correlate.repair/1",
            "source": done.source,
            "target": done.target,
            "frames": done.frames,
            "duplicates": done.duplicates,
            "skipped_bytes": done.skipped_bytes,
            "problems": [{"kind": p.kind, "count": p.count, "detail": p.detail} for p in done.problems],
        }
        put(json_module.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    lines = [f"{done.target}: {done.frames} frames written"]
    if drop_duplicates:
        lines.append(f"  left out   {done.duplicates} duplicates")
    lines += [f"  left out   {problem.detail}" for problem in done.problems[:MOST_LINES]]
    if len(done.problems) > MOST_LINES:
        lines.append(
            f"  left out   and {len(done.problems) - MOST_LINES} more places, {done.skipped_bytes} bytes in all"
        )
    if not done.problems:
        lines.append("  no damage was found")
    put("\n".join(safe_text(line) for line in lines) + "\n")
