"""The files of ``-o DIR`` and ``-w FILE``: which there are, and who writes them.

**In:** the request and the result. **Out:** name -> writer; a merged capture at its place.
**Method:** names are known before the run, so that a name that is taken stops a long run before it begins; every
writer imports what it needs when it is called.
**Not here:** the folder's rules (``correlate.report.folder``), what is in the files (``correlate.report``).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from correlate.errors import OutputError, UsageError

from .output import end_output

if TYPE_CHECKING:
    from correlate.model.correlation import Correlation
    from correlate.report.merged import CaptureParts

STDOUT = "-"
LISTS = ("findings.jsonl", "findings.csv", "flows.log", "junit.xml", "trace.json")
GRAPHS = ("graph.graphml", "graph.json", "graph.gexf", "graph.dot")
Writer = Callable[[Path], Any]
Merger = Callable[[list[int] | None], Callable[[BinaryIO], None]]
"""Vantages (input indices; None = all) -> what writes their merged capture to a stream."""


def capture_names(names: Sequence[str], *, is_split: bool) -> list[str]:
    """Return the captures that ``-o`` writes for these vantages."""
    from correlate.report import MERGED_NAME, split_files  # noqa: PLC0415

    return list(split_files(names)) if is_split else [MERGED_NAME]


def folder_names(names: Sequence[str], *, is_split: bool) -> list[str]:
    """Return every file that ``-o`` writes for these vantages."""
    from correlate.report import PAGE_NAME, REPORT_FILES  # noqa: PLC0415

    return [*REPORT_FILES, PAGE_NAME, *LISTS, *GRAPHS, *capture_names(names, is_split=is_split)]


def folder_writers(found: Correlation, parts: CaptureParts, *, is_split: bool) -> dict[str, Writer]:
    """Return the writers of the files that are not the report's own."""
    from correlate.report import PAGE_NAME, write_page  # noqa: PLC0415

    return {
        PAGE_NAME: partial(write_page, found, parts.fetch),
        **_list_writers(found),
        **_graph_writers(found),
        **merged_writers([one.name for one in found.vantages], merger(found, parts), is_split=is_split),
    }


def whole_writers(found: Correlation, shown: Correlation, document: dict[str, Any]) -> dict[str, Writer]:
    """Return the writers of what tells of captures done part by part, besides captures.

    ``found``: figures and findings of the whole; ``shown``: the part whose frames are shown; ``document``: report.json.
    """
    from correlate.report import PAGE_NAME, csv_of_findings, lines_of_findings, write_page, zeek_of  # noqa: PLC0415
    from correlate.report.places import place_names  # noqa: PLC0415
    from correlate.rereading import fetcher  # noqa: PLC0415

    findings = document["findings"]
    return {
        PAGE_NAME: partial(write_page, found, fetcher(shown.vantages, shown.packets)),
        **_list_writers(found),
        "findings.jsonl": partial(write_text, lambda: "".join(lines_of_findings(findings))),
        "findings.csv": partial(write_text, lambda: csv_of_findings(findings)),
        "flows.log": partial(write_text, lambda: zeek_of(place_names(found), document)),
        **_graph_writers(found),
    }


def _list_writers(found: Correlation) -> dict[str, Writer]:
    """Return the writers of findings, flows and trace in other tools' formats."""
    from correlate.report import finding_csv, finding_lines, junit_xml, trace_json, zeek_log  # noqa: PLC0415

    texts: dict[str, Callable[[], str]] = {
        "findings.jsonl": lambda: "".join(finding_lines(found)),
        "findings.csv": lambda: finding_csv(found),
        "flows.log": lambda: zeek_log(found),
        "junit.xml": lambda: junit_xml(found),
        "trace.json": lambda: trace_json(found),
    }
    return {name: partial(write_text, texts[name]) for name in LISTS}


def write_text(text: Callable[[], str], path: Path) -> None:
    """Write what a call returns."""
    path.write_bytes(text().encode("utf-8"))


def _graph_writers(found: Correlation) -> dict[str, Writer]:
    """Return the writers of the graph files; the graph is built once."""
    from correlate.graph import build_graph, dot_text, node_link, write_gexf, write_graphml  # noqa: PLC0415  -- networkx
    from correlate.report import json_text  # noqa: PLC0415

    graph = build_graph(found)

    return {
        "graph.graphml": partial(write_graphml, graph),
        "graph.json": partial(write_text, lambda: json_text(node_link(graph))),
        "graph.gexf": partial(write_gexf, graph),
        "graph.dot": partial(write_text, lambda: dot_text(graph)),
    }


def merger(found: Correlation, parts: CaptureParts) -> Merger:
    """Return what writes the merged captures of a run in memory."""
    from correlate.report import stream_merged  # noqa: PLC0415

    return lambda vantages: lambda file: stream_merged(found, parts, file, vantages=vantages)


def merged_writers(names: Sequence[str], merged: Merger, *, is_split: bool) -> dict[str, Writer]:
    """Return the writers of the merged capture, or of one per vantage; ``names`` of vantages in input order."""
    from correlate.report import MERGED_NAME, split_files  # noqa: PLC0415

    if not is_split:
        return {MERGED_NAME: partial(_write_stream, merged(None))}
    return {name: partial(_write_stream, merged([index])) for name, index in split_files(names).items()}


def _write_stream(stream: Callable[[BinaryIO], None], path: Path) -> None:
    with path.open("wb") as file:
        stream(file)


def check_capture_file(target: str, inputs: Sequence[str], *, is_split: bool, force: bool) -> None:
    """Check before the run that ``-w`` may write there.

    Raises
    ------
    UsageError
        If it is one of the captures, or captures would go to a terminal, or ``--split`` to a pipe.
    OutputError
        If the file is there and was not written by this tool (``--force`` replaces it).
    """
    if target == STDOUT:
        if is_split:
            raise UsageError(where="-w -", what="several captures cannot go to one pipe", advice="Leave --split out.")
        if sys.stdout.isatty():
            raise UsageError(
                where="-w -", what="captures are not for terminals", advice="Pipe it: ... -w - | wireshark -k -i -"
            )
        return
    path = Path(target)
    if not path.parent.is_dir():
        raise OutputError(where=target, what="its folder does not exist", advice="Make it first.")
    if path.is_dir():
        raise OutputError(where=target, what="this is a folder", advice="Name a file, or use -o for a folder.")
    if not path.exists():
        return
    if not path.is_file():
        advice = "Name a file, or pipe it: ... -w - | wireshark -k -i -"
        raise OutputError(where=target, what="this is a device or a pipe, which stays", advice=advice)
    if any(os.path.exists(one) and path.samefile(one) for one in inputs):  # noqa: PTH110
        raise UsageError(where=target, what="this is one of the captures", advice="Choose another name for -w.")
    from correlate.report import is_own_capture  # noqa: PLC0415

    if not force and not is_own_capture(path):
        raise OutputError(
            where=target,
            what="this file was not written by correlate",
            advice="Choose another name, or add --force to replace it.",
        )


def write_capture(target: str, names: Sequence[str], merged: Merger, *, is_split: bool, force: bool) -> list[Path]:
    """Write the merged capture of ``-w``; return the files (none for standard output)."""
    from correlate.report import split_files  # noqa: PLC0415

    if target == STDOUT:
        try:
            merged(None)(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except OSError as error:
            end_output(error)
        return []
    path = Path(target)
    if not is_split:
        _replace(path, partial(_write_stream, merged(None)))
        return [path]
    files = split_files(names, path.name)
    for name, index in files.items():
        check_capture_file(str(path.with_name(name)), [], is_split=False, force=force)
        _replace(path.with_name(name), partial(_write_stream, merged([index])))
    return [path.with_name(name) for name in files]


def _replace(path: Path, write: Writer) -> None:
    """Write a whole file beside its place, then move it there."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=".correlate-", dir=path.parent)
        os.close(handle)
        try:
            write(Path(temporary))
            mask = os.umask(0o077)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            where=str(path), what=f"this file cannot be written ({error.strerror or error})", advice="Choose another."
        ) from error
