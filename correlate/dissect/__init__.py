"""Stage: frames to packet columns."""

from correlate.dissect.frames import PacketPart, dissect_frames, gather
from correlate.dissect.room import Room
from correlate.dissect.tuples import TupleInterner
from correlate.dissect.whole_kernel import frame_digests

__all__ = ["PacketPart", "Room", "TupleInterner", "dissect_frames", "frame_digests", "gather"]
