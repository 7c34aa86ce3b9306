"""merged.pcapng of captures done part by part.

In: the run as it is told, what was recorded where, the parts' folders. Out: the capture on a stream.
Method: interfaces and their counters are those of the surveys; frames come from the files, what is said of them from
the parts. Stamps are moved by the clock of the part that a packet belongs to.
Not here: frames and remarks (``telling.py``), the file (``report/merge_stream.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import attrs

from correlate.model.correlation import Correlation
from correlate.model.frames import Interface, Start, Stretch
from correlate.report.merge_stream import Head, stream_frames
from correlate.report.merged import outlets_of
from correlate.rereading import sides_of
from correlate.scale.marks import Marks
from correlate.scale.sources import Source, members_of_outlets, picked_by
from correlate.scale.survey import Survey
from correlate.scale.telling import PartTeller, evidence_of


@attrs.frozen(kw_only=True)
class Recorded:
    """What was recorded at a vantage, and what of it is written."""

    paths: Sequence[str]
    interfaces: Sequence[Sequence[Interface]]
    """Per file."""
    stretches: Mapping[int, Sequence[Stretch]]
    """File index -> frames."""


def whole_stretches(survey: Survey) -> dict[int, list[Stretch]]:
    """Return all frames of all files."""
    places, found = survey.places, {}
    for row, file in enumerate(places.file.tolist()):
        if file not in found:
            start = Start(int(places.position[row]), int(places.frame[row]), int(places.interfaces[row]))
            found[file] = [Stretch(start, survey.frames_of(file))]
    return found


def stream_parts(  # noqa: PLR0913 -- each is a thing of its own
    run: Correlation,
    recorded: Mapping[str, Recorded],
    folders: Sequence[Path],
    firsts: Sequence[int],
    chosen: Sequence[int],
    file: BinaryIO,
    *,
    with_secrets: bool,
) -> None:
    """Write the merged capture.

    Parameters
    ----------
    run
        Vantages and findings of the whole, path and reference of all parts.
    recorded
        By name of the vantage.
    folders, firsts
        Per part, in order of time: where it lies, packets told of before it.
    chosen
        Vantages (input indices) that are written.
    file
        Where to.
    with_secrets
        Write decryption secrets of the captures, too.
    """
    mine = [recorded[vantage.name] for vantage in run.vantages]
    picked = [
        picked_by([Marks(folder=folder, vantage=index) for folder in folders], len(one.paths))
        for index, one in enumerate(mine)
    ]
    sources = [
        Source(paths=one.paths, stretches=one.stretches, picked=own) for one, own in zip(mine, picked, strict=True)
    ]
    members = [members_of_outlets(one.interfaces, own) for one, own in zip(mine, picked, strict=True)]
    texts = [_clock_text(run, index) for index in range(len(run.vantages))]
    paths = list(dict.fromkeys(path for index in chosen for path in mine[index].paths))
    sides = tuple(dict.fromkeys(sides_of(paths, with_secrets=with_secrets)))
    reference = run.vantages[run.clocks.reference].name
    teller = PartTeller(sources=sources, folders=folders, firsts=firsts, evidence=evidence_of(run))
    stream_frames(Head(reference, outlets_of(run, chosen, members, texts), sides), chosen, teller, file)


def _clock_text(run: Correlation, vantage: int) -> str:
    if vantage == run.clocks.reference:
        return "own clock, on which all stamps are"
    if vantage not in run.path.order:
        return "own clock: it shares no packet with the others"
    return f"stamps moved to {run.vantages[run.clocks.reference].name}'s clock, which was fitted part by part"
