"""Capture files to frames: whole files, stretches of them, single frames, standard input."""

from correlate.read.again import Known, read_again
from correlate.read.blocks import read_side_blocks
from correlate.read.fetch import fetch_frames
from correlate.read.frames import read_frames
from correlate.read.spool import spool_stdin
from correlate.read.stretch import read_stretch

__all__ = [
    "Known",
    "fetch_frames",
    "read_again",
    "read_frames",
    "read_side_blocks",
    "read_stretch",
    "spool_stdin",
]
