"""Stage: frames to packet columns."""

from correlate.dissect.frames import PacketPart, dissect_frames, gather
from correlate.dissect.tuples import TupleInterner
from correlate.dissect.whole_kernel import frame_digests

__all__ = ["PacketPart", "TupleInterner", "dissect_frames", "frame_digests", "gather"]
