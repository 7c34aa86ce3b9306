"""What a run is asked about: the options that leave packets out of what is told.

In: ``Focus``, all packets with their trajectories. Out: which packets are told of; which rows were left out.
Method: everything is matched and judged first, so what is left out still is evidence; the rest is told. A capture
filter needs the frames themselves: the files are read once more.
Not here: the filters (``scope``), the order of the stages (``pipeline.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from correlate.model.arrays import Bool
from correlate.model.packets import PacketTable
from correlate.read import Known, read_again

if TYPE_CHECKING:
    # Options are made before the captures are read; who uses none of these waits for no filter.
    from correlate.model.matches import MatchTable
    from correlate.model.trajectories import TrajectoryTable
    from correlate.model.vantage import Vantage
    from correlate.scope import CaptureFilter, Everything


@attrs.frozen(kw_only=True)
class Focus:
    """Options of the command line; None = nothing is left out."""

    display_filter: str | None = None
    """``-Y``: packets that satisfy it, as any vantage sees their flow."""
    capture_filter: str | None = None
    """``-f``: frames that libpcap's filter keeps."""
    flow: str | None = None
    """``--flow``: a flow's number in the report, or ``tcp,ADDRESS:PORT,ADDRESS:PORT``."""
    is_part: bool = False
    """Asked of a part of larger captures: the flow may lie in others."""
    since: str | None = None
    """``--from``."""
    until: str | None = None
    """``--to``."""
    between_pings: tuple[int, int] | None = None
    """Bytes of data of the pings that open and close the time."""

    def check(self) -> None:
        """Raise ``UsageError`` if a filter is wrong in itself, before any file is read."""
        from correlate.scope import CaptureFilter, DisplayFilter  # noqa: PLC0415

        if self.display_filter is not None:
            DisplayFilter.from_text(self.display_filter)
        if self.capture_filter is not None:
            CaptureFilter.from_text(self.capture_filter)


def select(focus: Focus, everything: Everything, vantages: Sequence[Vantage]) -> Bool | None:
    """Return which packets of the trajectories the options keep, None if they keep all."""
    if focus == Focus():
        return None
    from correlate.scope import CaptureFilter, DisplayFilter, Scope, select_packets  # noqa: PLC0415

    display = DisplayFilter.from_text(focus.display_filter) if focus.display_filter is not None else None
    capture = CaptureFilter.from_text(focus.capture_filter) if focus.capture_filter is not None else None
    scope = Scope(
        display=display,
        kept_frames=_kept_frames(capture, everything.packets, vantages) if capture is not None else None,
        flow=focus.flow,
        is_part=focus.is_part,
        since=focus.since,
        until=focus.until,
        pings=focus.between_pings,
    )
    return select_packets(scope, everything)


def _kept_frames(
    capture: CaptureFilter, packets: Sequence[PacketTable], vantages: Sequence[Vantage]
) -> tuple[Bool, ...]:
    """Read the files once more and return, per vantage and row, whether the capture filter keeps the frame."""
    kept = []
    for table, vantage in zip(packets, vantages, strict=True):
        columns = table.columns
        of_row = np.zeros(len(table), np.bool_)
        for index, file in enumerate(vantage.files):
            mine = np.flatnonzero(columns.file == index)
            for chunk in read_again(file, Known.from_table(table, index), is_whole=vantage.picked is None):
                ends = (chunk.first_frame, chunk.first_frame + len(chunk))
                here = mine[slice(*np.searchsorted(columns.frame[mine], ends))]
                of_row[here] = capture.keeps(chunk)[columns.frame[here] - chunk.first_frame]
        kept.append(of_row)
    return tuple(kept)


def filtered_rows(match: MatchTable, trajectories: TrajectoryTable, kept: Bool | None) -> list[Bool]:
    """Return per vantage the rows all of whose packets the options leave out."""
    if kept is None:
        return [np.zeros(len(incomplete), np.bool_) for incomplete in match.incomplete_fragments]
    left_out = np.zeros(len(match), np.bool_)
    left_out[trajectories.match_packet] = ~kept
    found = []
    for vantage, incomplete in enumerate(match.incomplete_fragments):
        is_out, is_in = np.zeros(len(incomplete), np.bool_), np.zeros(len(incomplete), np.bool_)
        is_copy = match.copies.vantage == vantage
        for rows, out in (
            (match.rows[:, vantage], left_out),
            (match.copies.row[is_copy], left_out[match.copies.packet[is_copy]]),
        ):
            is_out[rows[(rows >= 0) & out]] = True
            is_in[rows[(rows >= 0) & ~out]] = True
        found.append(is_out & ~is_in)
    return found
