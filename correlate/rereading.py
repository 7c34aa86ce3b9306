"""The captured frames once more, for proof and for merged captures: columns hold no bytes.

In: vantages, packet tables, a finished run. Out: functions that read frames again.
Method: only the frames asked for, or all of a vantage in file order.
Not here: reading a capture for the first time (``loading.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.frames import FrameChunk, FrameSource, SideBlock
from correlate.model.packets import PacketTable
from correlate.model.vantage import Vantage
from correlate.read import Known, fetch_frames, read_again, read_side_blocks
from correlate.read.blocks import SECRETS
from correlate.wire.linktypes import NO_PACKET


def fetcher(vantages: Sequence[Vantage], packets: Sequence[PacketTable]) -> Callable[[int, I64], list[bytes]]:
    """Return a function that reads the raw bytes of packet rows again, for proof."""

    def fetch(vantage: int, rows: I64) -> list[bytes]:
        columns = packets[vantage].columns
        files, frames, captured_ns = columns.file[rows], columns.frame[rows], packets[vantage].captured_ns[rows]
        found: dict[tuple[int, int], bytes] = {}
        for index in np.unique(files).tolist():
            wanted, first = np.unique(frames[files == index], return_index=True)
            stamps = captured_ns[files == index][first]
            file = vantages[vantage].files[index]
            for frame, (data, _link) in fetch_frames(file.path, wanted, start=file.start, stamps=stamps).items():
                found[index, frame] = data
        return [found.get((file, frame), b"") for file, frame in zip(files.tolist(), frames.tolist(), strict=True)]

    return fetch


def frame_source(correlation: Correlation) -> FrameSource:
    """Return a function that reads all frames of a vantage (input index) again, file after file."""

    def frames(vantage: int) -> Iterator[tuple[int, FrameChunk]]:
        picked = correlation.vantages[vantage].picked
        for index, file in enumerate(correlation.vantages[vantage].files):
            known = Known.from_table(correlation.packets[vantage], index)
            for chunk in read_again(file, known, is_whole=picked is None):
                yield index, chunk if picked is None else only_interfaces(chunk, picked[index])

    return frames


def only_interfaces(chunk: FrameChunk, picked: frozenset[int]) -> FrameChunk:
    """Return a chunk whose frames of other interfaces are marked as no packets; frame numbers stay."""
    interfaces = [
        one if index in picked else attrs.evolve(one, link_type=NO_PACKET) for index, one in enumerate(chunk.interfaces)
    ]
    return attrs.evolve(chunk, interfaces=tuple(interfaces))


def side_blocks(correlation: Correlation, *, with_secrets: bool = True) -> dict[int, tuple[SideBlock, ...]]:
    """Return the names, and unless told not to the decryption secrets, that each vantage's files carry."""
    return {
        index: sides_of([file.path for file in vantage.files], with_secrets=with_secrets)
        for index, vantage in enumerate(correlation.vantages)
    }


def sides_of(paths: Sequence[str], *, with_secrets: bool) -> tuple[SideBlock, ...]:
    """Return the names, and the secrets if they are wanted, that some files carry."""
    return tuple(side for path in paths for side in read_side_blocks(path) if with_secrets or side.kind != SECRETS)
