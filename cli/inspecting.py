"""``correlate inspect``: whether captures are sound, and what they are good for.

**In:** CAPTURE arguments as of the main job. **Out:** a paragraph per vantage, or JSON; status 0 if all are usable.
**Method:** each capture is loaded by itself, so that one that cannot be read does not hide the others.
**Not here:** what is looked at (``correlate.doctor``).
"""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from correlate.errors import CorrelateError, UsageError

from .captures import find_captures
from .output import put

if TYPE_CHECKING:
    from correlate.doctor import Examination

BAD_INPUT = 2
SCHEMA = "correlate.inspect/1"

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog="Exit status: 0 all captures can be used, 2 one cannot.")
def inspect(
    captures: Annotated[
        list[str] | None,
        typer.Argument(metavar="CAPTURE...", help="As for the main job: [NAME=]PATH.", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is known of captures before they are compared: damage, times, drops, offload, filters, copies."""
    if not captures:
        raise UsageError(where="inspect", what="no capture given", advice="Write correlate inspect CAPTURE...")
    found = find_captures(captures)
    try:
        examined, refused = _examine(found.paths)
    finally:
        if found.spooled is not None:
            found.spooled.unlink(missing_ok=True)
    if json:
        put(json_module.dumps(_document(examined, refused), indent=2, ensure_ascii=False) + "\n")
    else:
        put(
            "\n".join(
                [*(text_of(one) for one in examined), *(f"{name}: not usable\n  {why}\n" for name, why in refused)]
            )
        )
    raise typer.Exit(0 if not refused and all(one.is_usable for one in examined) else BAD_INPUT)


def _examine(paths: dict[str, tuple[str, ...]]) -> tuple[list[Examination], list[tuple[str, str]]]:
    """Examine what can be loaded; return the rest with the reason."""
    from correlate.doctor import examine  # noqa: PLC0415  -- numba
    from correlate.loading import load_captures  # noqa: PLC0415

    loaded, refused = [], []
    for name, files in paths.items():
        try:
            loaded += load_captures({name: files})
        except CorrelateError as error:
            refused.append((name, str(error)))
    return examine(loaded), refused


def _document(examined: list[Examination], refused: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "captures": [_figures(one) for one in examined],
        "refused": [{"name": name, "reason": why} for name, why in refused],
    }


def _figures(one: Examination) -> dict[str, Any]:
    """Return an examination with the contract's names and units."""
    from correlate.wire.linktypes import link_name  # noqa: PLC0415

    vantage = one.vantage
    return {
        "name": vantage.name,
        "usable": one.is_usable,
        "caveats": list(one.caveats),
        "files": [{"path": file.path, "frames": file.frames, "bytes": file.bytes} for file in vantage.files],
        "frames": vantage.frames,
        "packets": one.packets,
        "not_ip": one.not_ip,
        "unsupported_link": one.unsupported_link,
        "malformed": one.malformed,
        "flows": one.flows,
        "first_captured_ns": vantage.first_captured_ns,
        "last_captured_ns": vantage.last_captured_ns,
        "tick_ns": vantage.tick_ns,
        "snaplen": vantage.snaplen,
        "link_types": [link_name(link) for link in vantage.link_types],
        "interfaces": [
            {"name": i.name, "received": i.received, "dropped": i.dropped, "capture_filter": i.capture_filter}
            for i in vantage.interfaces
        ],
        "problems": [{"kind": p.kind, "count": p.count, "detail": p.detail} for p in vantage.problems],
        "cut": one.cut,
        "out_of_order": one.out_of_order,
        "untimed": one.untimed,
        "duplicates": one.duplicates,
        "partial_checksums": one.partial_checksums,
        "super_frames": one.super_frames,
        "one_sided": one.one_sided,
        "likely_filters": list(one.likely_filters),
        "shared_packets": one.shared,
        "overlap_ns": one.overlap_ns,
    }


def text_of(one: Examination) -> str:
    """Return what a person wants to know of one capture."""
    from correlate.wire.linktypes import link_name  # noqa: PLC0415
    from correlate.wire.text import safe_text  # noqa: PLC0415

    vantage = one.vantage
    head = "usable" if one.is_usable else "not usable"
    head += ", sound" if one.is_usable and not one.caveats else ", with caveats" if one.is_usable else ""
    links = ", ".join(link_name(link) for link in vantage.link_types)
    lines = [f"{vantage.name}: {head}", f"  files      {', '.join(file.path for file in vantage.files[:4])}"]
    lines.append(f"  frames     {vantage.frames}, of them {one.packets} IP packets in {one.flows} flows; {links}")
    if vantage.first_captured_ns is not None and vantage.last_captured_ns is not None:
        span = (vantage.last_captured_ns - vantage.first_captured_ns) / 1e9
        lines.append(f"  time       {_utc(vantage.first_captured_ns)}, {span:.3f} s, steps of {_step(vantage.tick_ns)}")
    dropped = [interface.dropped for interface in vantage.interfaces]
    known = [count for count in dropped if count is not None]
    lines.append(f"  drops      {sum(known) if known else 'not counted'}; snaplen {vantage.snaplen or 'not limited'}")
    if one.likely_filters:
        lines.append(f"  filter     {'; '.join(one.likely_filters)}")
    lines += [f"  with {name:<6}{_shared(count, one.overlap_ns[name])}" for name, count in one.shared.items()]
    lines += [f"  note       {text}" for text in one.caveats]
    return "\n".join(safe_text(line) for line in lines) + "\n"


def _shared(count: int, overlap_ns: int | None) -> str:
    said = f" {count} packets for sure in common"
    if overlap_ns is None:
        return said
    if overlap_ns < 0:
        return f"{said}; as stamped {-overlap_ns / 1e9:.3f} s lie between them (clocks may differ)"
    return f"{said}; both ran for {overlap_ns / 1e9:.3f} s as stamped"


def _step(tick_ns: int) -> str:
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 1000)):
        if tick_ns >= size:
            return f"{tick_ns / size:g} {unit}"
    return f"{tick_ns} ns"


def _utc(stamp_ns: int) -> str:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stamp_ns // 1000)
    except OverflowError:
        return f"{stamp_ns} ns since 1970"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
