"""A chunk of frames without what tells people and machines apart.

In: a chunk, the pseudonyms of a key. Out: the same frames, times and lengths with other bytes.
Method: one kernel lists the places to change, addresses and payloads are replaced there, another kernel puts the
checksums right.
Not here: files (``correlate/anonymize.py``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.frames import FrameChunk, Interface
from correlate.privacy.addresses import Pseudonyms
from correlate.privacy.payloads import PayloadMask
from correlate.privacy.same_kernel import blank_stray, find_strays, thin
from correlate.privacy.sites import AT, COLUMNS, END, KIND, MAC, PAYLOAD, PORT, STAGED, V4, V6, WIRE, ZERO
from correlate.privacy.sites_kernel import find_sites
from correlate.privacy.sums_kernel import fix_sums

STRUCTURE_BYTES = 256
"""First bytes of a frame without a packet that may say so."""
WIDTHS = {MAC: 6, V4: 4, V6: 16}
PLAIN_NAME = re.compile(r"[A-Za-z]{1,8}[0-9./:-]{0,8}")
"""Names of interfaces that tell nothing: eth0, ens1.20; others become numbers."""
ADDRESS_WORD = re.compile(r"[0-9A-Fa-f:.]*[0-9A-Fa-f][0-9A-Fa-f:.]*(?:/\d+)?")
FILTER_WORDS = frozenset(
    [
        "host",
        "net",
        "port",
        "portrange",
        "src",
        "dst",
        "and",
        "or",
        "not",
        "ip",
        "ip6",
        "tcp",
        "udp",
        "icmp",
        "icmp6",
        "arp",
        "ether",
        "gateway",
        "proto",
        "broadcast",
        "multicast",
        "less",
        "greater",
        "vlan",
        "mpls",
        "inbound",
        "outbound",
        "len",
        "mask",
        "sctp",
        "esp",
        "ah",
    ]
)


class _Frames(NamedTuple):
    """Where frames are in the data, one row each."""

    start: I64
    cap_end: I64
    wire_end: I64
    link_type: I32


@attrs.define
class Rewriter:
    """Rewrites chunk after chunk under one key."""

    names: Pseudonyms
    payloads: PayloadMask

    @classmethod
    def from_key(cls, key: bytes, *, has_ports: bool = False) -> Rewriter:
        """Return the rewriter of a key of 32 bytes."""
        names = Pseudonyms(key, has_ports)
        return cls(names, PayloadMask(names.derived(b"payload")))

    def rewrite(self, chunk: FrameChunk) -> FrameChunk:
        """Return the chunk rewritten."""
        interfaces = tuple(self._interface(one, index) for index, one in enumerate(chunk.interfaces))
        if not len(chunk):
            return attrs.evolve(chunk, interfaces=interfaces)
        old = frozen(chunk.data, np.uint8)
        frames = self._frames(chunk)
        sites = self._sites(old, frames)
        new = self._rewritten(old, sites)
        end = frames.start + chunk.columns.cap_len
        tails = np.flatnonzero(end > frames.cap_end).tolist()
        strays = self._strays(old, new, frames)
        if strays.any():
            # Masked, a payload may look like a tunnel where it did not, about once in 100,000: such ones become zeros.
            sites[_lies_in(sites, frames, strays), KIND] = ZERO
            new = self._rewritten(old, sites)
            self._blank_strays(old, new, frames)
        for row in tails:
            new[frames.cap_end[row] : end[row]] = 0
        return attrs.evolve(chunk, data=frozen(new), interfaces=interfaces)

    def _rewritten(self, old: NDArray[np.uint8], sites: I64) -> NDArray[np.uint8]:
        new = old.copy()
        self._blank(new, sites)
        thin(new, frozen(sites))
        self._rename(old, new, sites)
        self._mask(old, new, sites)
        fix_sums(old, new, frozen(sites))
        return new

    def _frames(self, chunk: FrameChunk) -> _Frames:
        columns = chunk.columns
        # Stages of a firewall stand in place of the addresses, and stay.
        links = np.array([STAGED if one.is_stage else one.link_type for one in chunk.interfaces], np.int32)
        fcs = np.array([interface.fcs_len for interface in chunk.interfaces], np.int64)
        start = frozen(columns.offset, np.int64)
        wire_end = frozen(start + np.maximum(columns.wire_len - fcs[columns.interface], 0))
        # What of a frame check sequence is captured is no part of the frame.
        cap_end = frozen(np.minimum(start + columns.cap_len, wire_end))
        return _Frames(start, cap_end, wire_end, frozen(links[columns.interface]))

    def _sites(self, data: NDArray[np.uint8], where: _Frames) -> I64:
        count = int(find_sites(data, *where, np.zeros((0, COLUMNS), np.int64)))
        sites = np.zeros((count, COLUMNS), np.int64)
        find_sites(data, *where, sites)
        return sites

    def _strays(self, old: NDArray[np.uint8], new: NDArray[np.uint8], frames: _Frames) -> Bool:
        """Tell in which frames the walk over headers finds something else than before."""
        strays = np.zeros(len(frames.start), np.bool_)
        find_strays(old, frozen(new), *frames, strays)
        return strays

    def _blank_strays(self, old: NDArray[np.uint8], new: NDArray[np.uint8], frames: _Frames) -> None:
        """Blank the frames that still are not what they were."""
        for row in np.flatnonzero(self._strays(old, new, frames)).tolist():
            at, end, wire_end, link_type = (int(column[row]) for column in frames)
            blank_stray(old, new, at, end, wire_end, link_type, STRUCTURE_BYTES)

    def _blank(self, new: NDArray[np.uint8], sites: I64) -> None:
        for at, end in sites[sites[:, KIND] == ZERO][:, [AT, END]].tolist():
            new[at:end] = 0

    def _rename(self, old: NDArray[np.uint8], new: NDArray[np.uint8], sites: I64) -> None:
        """Replace addresses, each distinct one once per chunk, and ports."""
        for kind, width in WIDTHS.items():
            at = sites[sites[:, KIND] == kind, AT]
            if len(at) == 0:
                continue
            places = at[:, None] + np.arange(width)
            values, which = np.unique(old[places], axis=0, return_inverse=True)
            renamed = b"".join(self.names.of(row.tobytes() for row in values))
            new[places] = np.frombuffer(renamed, np.uint8).reshape(-1, width)[which.reshape(-1)]
        if self.names.ports is not None:
            at = sites[sites[:, KIND] == PORT, AT]
            ports = self.names.ports[(old[at].astype(np.int64) << 8) | old[at + 1]]
            new[at], new[at + 1] = ports >> 8, ports & 0xFF

    def _mask(self, old: NDArray[np.uint8], new: NDArray[np.uint8], sites: I64) -> None:
        source, mask = old.tobytes(), self.payloads.of
        for at, end, wire in sites[sites[:, KIND] == PAYLOAD][:, [AT, END, WIRE]].tolist():
            new[at:end] = np.frombuffer(mask(source[at:end], wire), np.uint8)

    def _interface(self, interface: Interface, index: int) -> Interface:
        name = interface.name if PLAIN_NAME.fullmatch(interface.name) or interface.parent >= 0 else f"if{index}"
        return attrs.evolve(
            interface,
            name=name if interface.name else "",
            description="",
            capture_filter=self.filter_text(interface.capture_filter),
        )

    def filter_text(self, text: str) -> str:
        """Return a capture filter without the addresses and names in it; its structure stays."""
        return " ".join(self._word(word) for word in text.split())

    def _word(self, word: str) -> str:
        if word.isdecimal() or word.lower() in FILTER_WORDS or not re.search(r"[A-Za-z0-9]", word):
            return word
        bare = word.strip("()!")
        if bare.lower() in FILTER_WORDS or bare.isdecimal() or re.fullmatch(r"[a-z0-9]+\[.*", bare):
            return word
        return word.replace(bare, "192.0.2.1" if ADDRESS_WORD.fullmatch(bare) else "renamed")


def _lies_in(sites: I64, frames: _Frames, strays: Bool) -> Bool:
    """Tell which payloads lie in frames that are strays."""
    order = np.argsort(frames.start, kind="stable")
    row = order[np.searchsorted(frames.start[order], sites[:, AT], side="right") - 1]
    return np.asarray((sites[:, KIND] == PAYLOAD) & strays[row])
