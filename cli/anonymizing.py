"""``correlate anonymize``: captures that can be given away.

**In:** all captures of a set. **Out:** pcapng files in a folder; a line per file.
**Not here:** how (``correlate.anonymize``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from correlate.errors import UsageError

from .captures import find_captures
from .output import put

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog="Exit status: 0 written, 2 something cannot be read or written.")
def anonymize(
    captures: Annotated[
        list[str] | None,
        typer.Argument(metavar="CAPTURE...", help="All captures of the set, [NAME=]PATH.", show_default=False),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write NAME.pcapng there.")] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="FILE", help="Keep the key in FILE, or use the one in it. Default: thrown away."),
    ] = None,
    ports: Annotated[bool, typer.Option("--ports", help="Rename ports too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Rename addresses and mask payloads, the same way in all captures of a set; what they prove together stays."""
    if not captures or out is None:
        advice = "Write correlate anonymize CAPTURE... -o DIR."
        raise UsageError(where="anonymize", what="captures or -o DIR missing", advice=advice)
    from correlate.anonymize import anonymize as work  # noqa: PLC0415  -- numba
    from correlate.anonymize import new_key, read_key  # noqa: PLC0415
    from correlate.wire.text import safe_text  # noqa: PLC0415

    secret = read_key(key) if key else new_key()
    found = find_captures(captures)
    try:
        written = work(found.paths, out, key=secret, has_ports=ports, force=force)
    finally:
        if found.spooled is not None:
            found.spooled.unlink(missing_ok=True)
    put("".join(f"{safe_text(one.target)}: {one.frames} frames\n" for one in written))
