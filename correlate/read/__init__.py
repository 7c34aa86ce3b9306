"""Capture files to frames: whole files, stretches of them, single frames, standard input."""

from correlate.read.again import Known, read_again
from correlate.read.blocks import read_side_blocks
from correlate.read.fetch import fetch_frames
from correlate.read.frames import read_frames
from correlate.read.spool import spool_stdin
from correlate.read.storage import is_file, is_url, listed, open_raw, size_of, version_of
from correlate.read.stretch import read_stretch

__all__ = [
    "Known",
    "fetch_frames",
    "is_file",
    "is_url",
    "listed",
    "open_raw",
    "read_again",
    "read_frames",
    "read_side_blocks",
    "read_stretch",
    "size_of",
    "spool_stdin",
    "version_of",
]
