"""Capture filters, compiled by the system's libpcap.

**In:** a filter in pcap-filter(7) syntax, link types. **Out:** a program per link type; which frames it keeps.
**Method:** ``pcap_open_dead`` and ``pcap_compile`` through ctypes: the same compiler that tcpdump uses; our own machine
runs the program over whole chunks (``bpf_kernel.py``).
**Not here:** display filters (``display.py``).
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import cache

import attrs
import numpy as np

from correlate.errors import UsageError
from correlate.model.arrays import I64, Bool, frozen
from correlate.model.frames import FrameChunk
from correlate.scope.bpf_kernel import accept_frames

SNAPLEN = 262_144

DLT_OF = {101: 12}
"""LINKTYPE_ values whose libpcap number differs (LINKTYPE_RAW is DLT_RAW 12 here); all others are the same."""


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.POINTER(_Instruction)))


@attrs.frozen(kw_only=True)
class CaptureFilter:
    """A capture filter in the words of tcpdump."""

    text: str

    @classmethod
    def from_text(cls, text: str) -> CaptureFilter:
        """Check a filter by compiling it for Ethernet.

        Raises
        ------
        UsageError
            If libpcap is absent or refuses the filter.
        """
        one = cls(text=text)
        one.program(1)
        return one

    def program(self, link_type: int) -> tuple[I64, I64, I64, I64]:
        """Return opcode, jump if true, jump if false and operand of each instruction."""
        return _compile(self.text, link_type)

    def keeps(self, chunk: FrameChunk) -> Bool:
        """Return which frames of a chunk the filter keeps."""
        kept = np.zeros(len(chunk), np.bool_)
        columns = chunk.columns
        links = np.array([interface.link_type for interface in chunk.interfaces], np.int64)
        of_frame = links[columns.interface] if len(chunk) else np.zeros(0, np.int64)
        for link in np.unique(of_frame).tolist():
            at = np.flatnonzero(of_frame == link)
            accepted = np.zeros(len(at), np.bool_)
            accept_frames(
                *self.program(link),
                chunk.data,
                frozen(columns.offset[at]),
                frozen(columns.cap_len[at]),
                frozen(columns.wire_len[at]),
                accepted,
            )
            kept[at] = accepted
        return kept


@cache
def _compile(text: str, link_type: int) -> tuple[I64, I64, I64, I64]:
    library = _libpcap()
    handle = library.pcap_open_dead(DLT_OF.get(link_type, link_type), SNAPLEN)
    program = _Program()
    try:
        if library.pcap_compile(handle, ctypes.byref(program), text.encode(), 1, 0xFFFFFFFF) != 0:
            reason = library.pcap_geterr(handle).decode(errors="replace")
            raise UsageError(where=f"-f '{text}'", what=reason, advice="See pcap-filter(7), or use -Y.")
        rows = [program.instructions[i] for i in range(program.length)]
        columns = [[getattr(row, name) for row in rows] for name in ("code", "jt", "jf", "k")]
        library.pcap_freecode(ctypes.byref(program))
    finally:
        library.pcap_close(handle)
    code, jt, jf, k = (frozen(column, np.int64) for column in columns)
    return code, jt, jf, k


@cache
def _libpcap() -> ctypes.CDLL:
    name = ctypes.util.find_library("pcap")
    if name is None:
        raise UsageError(
            where="-f", what="libpcap is not installed", advice="Use -Y instead: -Y 'tcp.port == 443' needs nothing."
        )
    library = ctypes.CDLL(name)
    library.pcap_open_dead.restype = ctypes.c_void_p
    library.pcap_open_dead.argtypes = (ctypes.c_int, ctypes.c_int)
    library.pcap_compile.argtypes = (
        ctypes.c_void_p,
        ctypes.POINTER(_Program),
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_uint32,
    )
    library.pcap_geterr.restype = ctypes.c_char_p
    library.pcap_geterr.argtypes = (ctypes.c_void_p,)
    library.pcap_freecode.argtypes = (ctypes.POINTER(_Program),)
    library.pcap_close.argtypes = (ctypes.c_void_p,)
    return library
