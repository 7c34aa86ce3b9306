"""Capture files to frames: ``frames.py`` (whole files), ``fetch.py`` (single frames), ``spool.py`` (standard input)."""

from correlate.read.blocks import read_side_blocks
from correlate.read.fetch import fetch_frames
from correlate.read.frames import read_frames
from correlate.read.spool import spool_stdin

__all__ = ["fetch_frames", "read_frames", "read_side_blocks", "spool_stdin"]
