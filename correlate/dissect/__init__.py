"""Stage: frames to packet columns."""

from correlate.dissect.frames import PacketPart, dissect_frames, gather
from correlate.dissect.tuples import TupleInterner

__all__ = ["PacketPart", "TupleInterner", "dissect_frames", "gather"]
