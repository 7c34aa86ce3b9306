"""Packets that the host they claim to come from cannot have sent, for it sent something else in their place.

**In:** both directions. **Out:** per packet first seen beyond its first step the packet that contradicts it.

**Method:** a TCP sender never sends two contents for one place of its stream (RFC 9293 section 3.4), and a name server
answers a query once. So a packet that the vantage before its first sighting lacks is forged if that vantage holds
other bytes of the same sequence number, or if a DNS flow has more different answers than queries and this one is not
among those that crossed. Misses cannot explain it: only where it was made stays open. The contradicting packet must
have crossed unchanged, and no wrong checksum is believed. Cost: sorts of one direction's packets.

**Not here:** resets (``upstream.py``), on which hop it was born (``upstream.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I32, I64, Bool, take
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, UDP, ChecksumState, PacketFlag
from correlate.trajectories.scene import Scene, Travel

HEAD_BYTES = 32
"""What ``head_digest`` covers where there is as much."""

LEAST_BYTES = 8
"""Keep-alives carry a byte that is not of the stream (RFC 9293 section 3.8.4), odd boxes turn padding into payload."""

DNS_PORT = 53

SEQ_SPAN = 1 << 32

SLOTS = 1 << 20
"""Of the table that tells which places of streams are asked for: 1 MiB, some thousand places in it."""

HASH = 2_654_435_761
"""Odd, so that equal sequence numbers of flows that follow one another fall into slots far apart."""


class Contents(NamedTuple):
    """Payloads at one place, one row per entry asked."""

    flow: I64
    seq: I64
    length: I64
    digest: I64
    head: I64
    is_whole: Bool
    is_tcp: Bool
    is_answer: Bool
    """UDP from the port of name servers."""

    def differ(self, other: Contents) -> Bool:
        """Tell row by row whether two payloads that begin at the same place surely differ."""
        is_long = (self.length >= HEAD_BYTES) & (other.length >= HEAD_BYTES) & (self.head != 0) & (other.head != 0)
        is_alike = (self.length == other.length) & self.is_whole & other.is_whole
        return np.asarray((is_long & (self.head != other.head)) | (is_alike & (self.digest != other.digest)), np.bool_)


def find_forged(scene: Scene, travel: Travel, back: Travel) -> I32:
    """Return for each entry of ``travel`` the packet (TrajectoryTable row) that contradicts it, -1 = none."""
    found = np.full(len(travel.packets), -1, np.int32)
    for step in range(1, travel.step_count):
        suspects = np.flatnonzero(travel.first == step)
        is_asked = np.zeros(scene.flow_count, np.bool_)
        is_asked[travel.flow[suspects]] = True
        crossed = np.flatnonzero(travel.held[:, step] & travel.held[:, step - 1] & is_asked[travel.flow])
        mine = _contents(scene, travel, suspects, step)
        crossed = _comparable(scene, travel, mine, crossed, step)
        if len(crossed) == 0:
            continue
        theirs = _contents(scene, travel, crossed, step)
        is_same = ~_contents(scene, travel, crossed, step - 1).differ(theirs)
        crossed, theirs = crossed[is_same], take(theirs, is_same)
        for witness in (_other_bytes(mine, theirs), _other_answer(back, mine, theirs)):
            is_forged = witness >= 0
            found[suspects[is_forged]] = travel.packets[crossed[witness[is_forged]]]
    return found


def _comparable(scene: Scene, travel: Travel, mine: Contents, crossed: I64, step: int) -> I64:
    """Return which of ``crossed`` may say anything of ``mine``: what begins where one of them does, and other answers.

    A table of hashes lets a few more pass, and never one less. All of them count where a flow may have come round to
    the same numbers.
    """
    columns, rows = scene.places[travel.places[step]].packets.columns, travel.rows[crossed, step]
    if int(columns.payload_len[rows].sum(dtype=np.int64)) >= SEQ_SPAN:
        return crossed
    is_begun = np.zeros(SLOTS, np.bool_)
    is_begun[_slot(mine.flow[mine.is_tcp], mine.seq[mine.is_tcp])] = True
    is_asked = is_begun[_slot(travel.flow[crossed], columns.seq[rows].astype(np.int64))]
    if mine.is_answer.any():
        is_asked |= columns.proto[rows] != TCP
    return crossed[is_asked]


def _slot(flow: I64, seq: I64) -> I64:
    return (flow * HASH + seq) % SLOTS


def _contents(scene: Scene, travel: Travel, index: I64, step: int) -> Contents:
    place = scene.places[travel.places[step]].packets
    columns, rows = place.columns, travel.rows[index, step]
    length = columns.payload_len[rows].astype(np.int64)
    is_fit = (columns.flags[rows] & PacketFlag.TRANSPORT) != 0
    is_fit &= (columns.l4_csum_state[rows] != ChecksumState.BAD) & (length >= LEAST_BYTES)
    proto = columns.proto[rows]
    return Contents(
        flow=travel.flow[index],
        seq=columns.seq[rows].astype(np.int64),
        length=length,
        digest=columns.digest[rows],
        head=columns.head_digest[rows],
        is_whole=columns.payload_cap[rows] == columns.payload_len[rows],
        is_tcp=(proto == TCP) & is_fit,
        is_answer=(proto == UDP) & is_fit & (place.tuples.sport[columns.tuple_id[rows]] == DNS_PORT),
    )


def _other_bytes(mine: Contents, theirs: Contents) -> I64:
    """Return for each of ``mine`` the row of ``theirs`` with other bytes at its sequence number, -1 = none."""
    found = np.full(len(mine.flow), -1, np.int64)
    segments = np.flatnonzero(theirs.is_tcp)
    if len(segments) == 0:
        return found
    segments = segments[stable_order(theirs.flow[segments], theirs.seq[segments])]
    keys = theirs.flow[segments] * SEQ_SPAN + theirs.seq[segments]
    wanted = mine.flow * SEQ_SPAN + mine.seq
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    is_there = mine.is_tcp & (keys[at] == wanted)
    # After 4 GiB the same number stands for other bytes.
    sent = np.bincount(theirs.flow, weights=theirs.length, minlength=int(mine.flow.max()) + 1)
    is_there &= sent[mine.flow] < SEQ_SPAN
    is_there &= mine.differ(take(theirs, segments[at]))
    return np.where(is_there, segments[at], found)


def _other_answer(back: Travel, mine: Contents, theirs: Contents) -> I64:
    """Return for each surplus answer of ``mine`` an answer of its flow that crossed, -1 = none or no surplus."""
    found = np.full(len(mine.flow), -1, np.int64)
    if not mine.is_answer.any():
        return found
    flows = int(max(mine.flow.max(initial=-1), theirs.flow.max(initial=-1), back.flow.max(initial=-1))) + 1
    queries = np.bincount(back.flow, minlength=flows)
    parts = take(mine, mine.is_answer), take(theirs, theirs.is_answer)
    both = np.concatenate([part.flow for part in parts])
    digests = np.concatenate([part.digest for part in parts])
    answers = np.bincount(_distinct_flows(both, digests), minlength=flows)
    crossed = np.full(flows, -1, np.int64)
    crossed[theirs.flow[theirs.is_answer]] = np.flatnonzero(theirs.is_answer)
    is_surplus = mine.is_answer & (queries[mine.flow] > 0) & (answers[mine.flow] > queries[mine.flow])
    surplus = np.flatnonzero(is_surplus)
    flow, digest = mine.flow[surplus], mine.digest[surplus]
    is_known = np.isin(flow * 3 + digest, theirs.flow * 3 + theirs.digest)
    found[surplus] = np.where(is_known, -1, crossed[flow])
    return found


def _distinct_flows(flow: I64, digest: I64) -> I64:
    """Return the flow of each distinct (flow, digest)."""
    order = stable_order(flow, digest)
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (flow[order][1:] != flow[order][:-1]) | (digest[order][1:] != digest[order][:-1])
    return flow[order[is_first]]
