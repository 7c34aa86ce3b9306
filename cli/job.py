"""The main job: correlate the captures, write the folder, print the verdict.

**In:** ``Request``, the checked command line. **Out:** exit status; text on standard output, talk on standard error.
**Method:** heavy packages are imported here, when there is work; the output folder is checked before the run, so that
a long run does not fail at its end.
**Not here:** parsing the command line (``main.py``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from correlate.errors import CorrelateError
from correlate.jit import expect_little, must_compile

from .captures import Captures, find_captures, plain_bytes
from .files import check_capture_file, folder_names, folder_writers, merger, write_capture
from .memory import share_heap, uncollected
from .names import pieces_of_one
from .output import put_all
from .page import texts_of
from .request import MET, NOTHING_IN_COMMON, OK, Outcome, Request
from .standins import stand_ins
from .talk import Talk
from .turns import take_short_turns

if TYPE_CHECKING:
    from correlate.model.correlation import Correlation
    from correlate.options import Options
    from correlate.report import CaptureParts

SEVERITIES = ("info", "warning", "error")
SURE = ("proven", "likely")
"""Grades that ``--fail-on`` counts."""


def do(request: Request) -> int:
    """Do the main job and return the exit status."""
    captures = find_captures(request.captures)
    expect_little(plain_bytes(captures))
    try:
        if not request.is_anonymous:
            return _do(request, captures)
        with stand_ins(captures, request.out, force=request.force) as copies:
            return _do(request, copies)
    except CorrelateError as error:
        if captures.spooled is not None and error.where == str(captures.spooled):
            raise attrs.evolve(error, where="standard input") from None
        raise
    finally:
        if captures.spooled is not None:
            captures.spooled.unlink(missing_ok=True)


def _do(request: Request, captures: Captures) -> int:
    share_heap()
    take_short_turns()
    with uncollected():
        from correlate.focus import Focus  # noqa: PLC0415
        from correlate.options import Options  # noqa: PLC0415  -- numpy and the model: 0.2 s
        from correlate.scale.estimate import must_be_cut  # noqa: PLC0415

    if not request.quiet:
        for note in captures.notes:
            print(f"correlate: {note}", file=sys.stderr)
        if must_compile():
            print(
                "correlate: first run: compiling for this machine, some ten seconds; later runs skip this",
                file=sys.stderr,
            )
    _check_places(request, captures)
    options = Options(
        order=request.order,
        reference=request.reference,
        kinds=request.kinds,
        floors=request.floors,
        sha256=request.sha256,
        memory_bytes=request.memory_bytes,
        focus=Focus(**request.scope),
    )
    talk = Talk(is_shown=not request.quiet and sys.stderr.isatty())
    try:
        is_large = must_be_cut(captures.paths, request.memory_bytes)
        outcome = None if is_large else _in_memory(request, captures, options, talk)
        if outcome is None:
            from .large import tell_large  # noqa: PLC0415  -- cattrs, filelock

            outcome = tell_large(request, captures, options, talk)
    finally:
        talk.finish()
    put_all(outcome.texts)
    return _closed(request, outcome, talk)


class _Full(Exception):
    """The captures hold more than they seemed to."""


def _in_memory(request: Request, captures: Captures, options: Options, talk: Talk) -> Outcome | None:
    """Do the job in memory; None if the captures, now read, do not fit: nothing more was done."""
    with uncollected():
        from correlate.loading import begin_loading  # noqa: PLC0415
        from correlate.progress import FULL  # noqa: PLC0415

    def watched(stage: str, done: int, total: int) -> None:
        if stage == FULL:
            raise _Full
        talk(stage, done, total)

    try:
        with begin_loading(captures.paths, options=options, progress=watched) as loading:
            with uncollected():
                from correlate.model.renaming import renamed  # noqa: PLC0415
                from correlate.pipeline import correlate  # noqa: PLC0415 -- all stages: 0.1 s, while captures are read
                from correlate.report import has_nothing_in_common  # noqa: PLC0415

            found: Correlation = correlate(captures.paths, options=options, progress=watched, loading=loading)
    except _Full:
        return None
    parts = _parts(request, found)
    found = renamed(found, captures.told_as)
    written = _write(request, found, parts, talk)
    is_apart = has_nothing_in_common(found)
    return Outcome(found=found, texts=texts_of(request, found, written), has_nothing_in_common=is_apart)


def _closed(request: Request, outcome: Outcome, talk: Talk) -> int:
    """Say what remains to be said on standard error, and return the exit status."""
    if not request.quiet:
        for warning in warnings_about(outcome.found):
            print(f"correlate: {warning}", file=sys.stderr)
    if request.stats:
        for stage, seconds, peak in talk.times():
            print(f"{stage:<10} {seconds:8.3f} s{peak}", file=sys.stderr)
    if outcome.has_nothing_in_common:
        return NOTHING_IN_COMMON
    return MET if is_met(outcome.found, request.fail_on) else OK


def warnings_about(found: Correlation) -> list[str]:
    """Return what about the command line looks mistaken now that the captures are known."""
    warnings = []
    if not found.path.is_inferred and found.path.contradicts_given:
        warnings.append(
            "evidence orders the vantages otherwise than --order given does; leave it out to follow evidence"
        )
    single = [index for index, vantage in enumerate(found.vantages) if len(vantage.files) == 1]
    pieces = [single[at] for at in pieces_of_one([found.vantages[index].files[0].path for index in single])]
    is_shared = ((found.match.rows[:, pieces] >= 0).sum(axis=1) > 1).any()
    if pieces and not is_shared:
        names = ", ".join(found.vantages[index].name for index in pieces[:3]) + (" ..." if len(pieces) > 3 else "")
        warnings.append(f"{names}: these look like pieces of one capture: quote the glob or name the folder")
    return warnings


def is_met(found: Correlation, fail_on: str | None) -> bool:
    """Return True if a sure finding is as severe as ``--fail-on`` asks."""
    if fail_on is None:
        return False
    enough = SEVERITIES[SEVERITIES.index(fail_on) :]
    return any(finding.severity in enough and finding.grade in SURE for finding in found.findings)


def _check_places(request: Request, captures: Captures) -> None:
    """Check where files will go, before any long work."""
    if request.out is not None:
        from correlate.report import prepare_folder  # noqa: PLC0415

        names = folder_names(list(captures.paths), is_split=request.is_split)
        prepare_folder(request.out, names, force=request.force)
    if request.capture is not None:
        inputs = [path for paths in captures.paths.values() for path in paths]
        check_capture_file(request.capture, inputs, is_split=request.is_split, force=request.force)


def _parts(request: Request, found: Correlation) -> CaptureParts:
    """Return the way back to the captured frames; standard input is still under the name of its copy."""
    from correlate.report import CaptureParts  # noqa: PLC0415
    from correlate.rereading import fetcher, frame_source, side_blocks  # noqa: PLC0415

    is_asked = request.out is not None or request.capture is not None
    sides = side_blocks(found, with_secrets=request.keeps_secrets) if is_asked else {}
    return CaptureParts(frames=frame_source(found), sides=sides, fetch=fetcher(found.vantages, found.packets))


def _write(request: Request, found: Correlation, parts: CaptureParts, talk: Talk) -> list[Path]:
    """Write all files that were asked for and return those with a name."""
    written: list[Path] = []
    if request.out is not None:
        from correlate.report import write_folder  # noqa: PLC0415

        talk("write", 0, 0)
        extra = folder_writers(found, parts, is_split=request.is_split)
        written += write_folder(found, request.out, force=request.force, extra=extra)
    if request.capture is not None:
        talk("write", 0, 0)
        names = [vantage.name for vantage in found.vantages]
        merged = merger(found, parts)
        written += write_capture(request.capture, names, merged, is_split=request.is_split, force=request.force)
    return written
