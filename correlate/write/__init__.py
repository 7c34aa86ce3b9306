"""Frames to capture files: ``pcapng.py`` (the format), ``place.py`` (where it is safe to write)."""

from correlate.write.pcapng import PcapngWriter
from correlate.write.place import check_place, new_file

__all__ = ["PcapngWriter", "check_place", "new_file"]
