"""Digests of whole frames.

In: a chunk of frames. Out: one number per frame, equal where all bytes are.
Method: the digest of payloads (``bytes_kernel``) over the frame, mixed with its lengths.
Not here: what the bytes mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import digest_and_sum
from correlate.jit import kernel
from correlate.model.arrays import I64, frozen
from correlate.model.fingerprints import mixed
from correlate.model.frames import FrameChunk


@kernel
def digest_frames(data: Any, offset: Any, cap_len: Any, out: Any) -> None:
    """Fill ``out`` uint64 with the digest of each frame's captured bytes; 0 for none."""
    for row in range(len(offset)):
        out[row] = np.uint64(0)
        if cap_len[row] > 0:
            digest, _ = digest_and_sum(data, np.uint64(offset[row]), np.uint64(cap_len[row]))
            out[row] = digest


def frame_digests(chunk: FrameChunk) -> I64:
    """Return a digest of each frame of a chunk: its bytes and its length on the wire."""
    columns = chunk.columns
    out = np.zeros(len(chunk), np.uint64)
    with np.errstate(over="ignore"):  # 64-bit digests wrap on purpose
        digest_frames(frozen(chunk.data, np.uint8), columns.offset, columns.cap_len, out)
        return mixed(out.view(np.int64), columns.wire_len)
