"""Bursts of UDP datagrams that one vantage holds as one frame.

**In:** packets of a pair of vantages that only one of them holds. **Out:** the stream with those of them that can be
placed, in the byte numbering of the first vantage.
**Method:** UDP numbers no bytes, so both captures count them, from *anchors*: packets held by both, and leftovers with
the same first bytes. Between two anchors with the same distance on both sides nothing is missing, and everything
between lies where the count says. Where something is missing, a datagram lies where the identification says that the
card counts up per datagram (one per segment, each of the size of the first). What neither places is left alone.
**Not here:** overlaps of what is placed (``ranges.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.match.joins import unique_pairs
from correlate.match.lanes import NO_LANE, Draft, Stream
from correlate.match.sides import Side
from correlate.model.arrays import I64, Bool, Int, take
from correlate.model.fingerprints import mixed
from correlate.model.ordering import stable_order

_WIRE = 1472
"""Payload of the largest UDP datagram that an Ethernet frame takes."""


class _Line(NamedTuple):
    """UDP packets of one side in capture order within each block."""

    packet: I64
    block: Int
    begin: I64
    """Payload bytes of the block before it."""
    end: I64
    opening: I64
    ident: I64
    """-1 = tells nothing."""
    is_open: Bool


class _Anchors(NamedTuple):
    """Positions in both lines that begin with the same byte, by position in X's line."""

    x: I64
    y: I64


def place_runs(
    draft: Draft, stream: Stream, sides: Sequence[Side], pair: tuple[int, int], masks: tuple[Bool, Bool]
) -> Stream:
    """Return the stream with placed packets in lanes of their blocks, all others in none. Cost O(n log n)."""
    blocks = np.zeros(int(draft.block.max(initial=0)) + 1, np.bool_)
    blocks[draft.block[masks[0] & stream.is_udp]] = True
    nowhere = np.full(len(draft.block), NO_LANE, np.int64)
    if not blocks.any():
        return stream._replace(lane=nowhere)
    x, y = (_line(draft, stream, sides[place], place, blocks, mask) for place, mask in zip(pair, masks, strict=True))
    anchors = _anchors(x, y)
    begin = np.full(len(y.packet), -1, np.int64)
    _by_count(x, y, anchors, begin)
    _by_ident(x, y, anchors, begin)
    start, lane = stream.start.copy(), nowhere
    start[x.packet], lane[x.packet] = x.begin, x.block
    known = np.flatnonzero(begin >= 0)
    start[y.packet[known]], lane[y.packet[known]] = begin[known], y.block[known]
    return stream._replace(lane=lane, start=start, end=start + stream.end - stream.start)


def _line(draft: Draft, stream: Stream, side: Side, place: int, blocks: Bool, mask: Bool) -> _Line:
    packet = np.flatnonzero((draft.rows[:, place] >= 0) & stream.is_udp & blocks[draft.block])
    packet = packet[stable_order(draft.block[packet], draft.rows[packet, place], stream.at[packet, place])]
    block, length = draft.block[packet], (stream.end - stream.start)[packet]
    total = np.cumsum(length)
    is_first = np.concatenate([[True], block[1:] != block[:-1]]) if len(block) else np.zeros(0, np.bool_)
    base = np.maximum.accumulate(np.where(is_first, total - length, 0))
    row = draft.rows[packet, place]
    is_telling = side.prints.is_telling[row] & (stream.at[packet, place] == 0)
    return _Line(
        packet=packet,
        block=block,
        begin=total - length - base,
        end=total - base,
        opening=stream.opening[packet],
        ident=np.where(is_telling, side.prints.at("ident", row), -1),
        is_open=mask[packet],
    )


def _anchors(x: _Line, y: _Line) -> _Anchors:
    """Return anchors in order; those that run against the order of the others are left out."""
    order = np.argsort(y.packet, kind="stable")
    at = np.searchsorted(y.packet[order], x.packet)
    at = np.minimum(at, max(0, len(order) - 1))
    shared = np.flatnonzero(y.packet[order][at] == x.packet) if len(order) else np.zeros(0, np.int64)
    ones, twos = [shared], [order[at[shared]]]
    left_x, left_y = np.flatnonzero(x.is_open & (x.opening != 0)), np.flatnonzero(y.is_open & (y.opening != 0))
    some = unique_pairs(mixed(x.block[left_x], x.opening[left_x]), mixed(y.block[left_y], y.opening[left_y]))
    ones.append(left_x[some[0]])
    twos.append(left_y[some[1]])
    one, two = np.concatenate(ones), np.concatenate(twos)
    in_order = np.argsort(one, kind="stable")
    one, two = one[in_order], two[in_order]
    # A packet that overtook another is no place to count from.
    ahead = two < np.minimum.accumulate(np.concatenate([two[1:], [len(y.packet)]])[::-1])[::-1]
    behind = two > np.concatenate([[-1], np.maximum.accumulate(two)[:-1]])
    return take(_Anchors(one, two), ahead & behind)


def _by_count(x: _Line, y: _Line, anchors: _Anchors, begin: I64) -> None:
    """Place what lies between two anchors with nothing missing, or fills the frame at an anchor exactly."""
    if not len(anchors.x):
        return
    distance = x.begin[anchors.x] - y.begin[anchors.y]
    follows = np.concatenate([x.block[anchors.x][1:] == x.block[anchors.x][:-1], [False]])
    same = follows & (np.concatenate([distance[1:], [0]]) == distance)
    # The anchor before each packet of Y.
    place = np.searchsorted(anchors.y, np.arange(len(y.packet)), side="right") - 1
    known = (place >= 0) & (y.block[anchors.y[np.maximum(place, 0)]] == y.block)
    place = np.maximum(place, 0)
    moved = y.begin + distance[place]
    is_last = ~follows[place]
    edges = np.sort(mixed(y.block, y.end))
    frame = anchors.x[place]
    want = mixed(x.block[frame], x.end[frame] - distance[place])
    at = np.minimum(np.searchsorted(edges, want), max(0, len(edges) - 1))
    fills = is_last & (edges[at] == want) & (moved < x.end[frame])
    good = known & (same[place] | fills | (np.arange(len(y.packet)) == anchors.y[place]))
    begin[good] = moved[good]


def _by_ident(x: _Line, y: _Line, anchors: _Anchors, begin: I64) -> None:
    """Place datagrams of Y within the frame of X whose identifications they continue.

    Goal: go on behind a lost datagram. Trick: unwrap identifications along X and count Y's from the nearest anchor; the
    distance to the frame's own, times the flow's datagram size, is the place. Needs a size that single frames show.
    """
    tells = (x.ident[anchors.x] >= 0) & (y.ident[anchors.y] >= 0)
    anchors = take(anchors, tells)
    frames = np.flatnonzero(x.ident >= 0)
    asked = np.flatnonzero((begin < 0) & (y.ident >= 0))
    if not len(anchors.x) or not len(frames) or not len(asked):
        return
    # Per block the identifications grow; blocks are kept apart by more than any flow can count.
    step = np.concatenate([[0], np.diff(x.ident[frames]) & 0xFFFF])
    step[np.concatenate([[False], x.block[frames][1:] != x.block[frames][:-1]])] += 1 << 40
    unwrapped = np.cumsum(step)
    place = np.minimum(np.searchsorted(anchors.y, asked), len(anchors.y) - 1)
    # An anchor behind serves as well as one before; both are of the same block or none is.
    place = np.where(y.block[anchors.y[place]] == y.block[asked], place, np.maximum(place - 1, 0))
    head_y, head_x = anchors.y[place], np.searchsorted(frames, anchors.x[place])
    distance = ((y.ident[asked] - y.ident[head_y] + 0x8000) & 0xFFFF) - 0x8000
    number = unwrapped[head_x] + distance
    at = np.searchsorted(unwrapped, number, side="right") - 1
    frame = frames[np.maximum(at, 0)]
    before = number - unwrapped[np.maximum(at, 0)]
    within = (at >= 0) & (y.block[head_y] == y.block[asked]) & (x.block[frame] == y.block[asked])
    in_frame = np.append(np.diff(unwrapped), 0)[np.maximum(at, 0)]
    tails = _Tails(y.block[asked], (x.end - x.begin)[frame], (y.end - y.begin)[asked], before, in_frame)
    size = _unit_sizes(x, y, take(tails, within))[y.block[asked]]
    offset = before * size
    good = within & (size > 0)
    good &= offset + (y.end - y.begin)[asked] <= x.end[frame] - x.begin[frame]
    begin[asked[good]] = (x.begin[frame] + offset)[good]


class _Tails(NamedTuple):
    """Datagrams of Y that may be the end of a frame of X."""

    block: I64
    whole: I64
    """Payload of X's frame."""
    part: I64
    """Payload of Y's."""
    before: I64
    """Datagrams of the frame before them, as identifications count."""
    in_frame: I64
    """Datagrams of the frame, as the next frame's identification tells."""


def _unit_sizes(x: _Line, y: _Line, tails: _Tails) -> I64:
    """Return per block the payload of a datagram: bursts are cut to equal sizes but for the last. 0 = not known.

    The end of a frame shows it, where bytes and datagrams before it divide evenly and the rest makes up the number that
    the frame has; else the largest single frame does.
    """
    units = np.zeros(int(max(x.block.max(initial=0), y.block.max(initial=0))) + 1, np.int64)
    for line in (x, y):
        length = line.end - line.begin
        single = length <= _WIRE
        np.maximum.at(units, line.block[single], length[single])
    size, rest = np.divmod(tails.whole - tails.part, np.maximum(1, tails.before))
    fits = (tails.before > 0) & (rest == 0) & (size > 0) & (size <= _WIRE)
    fits &= tails.before - (-tails.part // np.maximum(1, size)) == tails.in_frame
    greatest, least = np.zeros_like(units), np.full(len(units), _WIRE + 1)
    np.maximum.at(greatest, tails.block[fits], size[fits])
    np.minimum.at(least, tails.block[fits], size[fits])
    return np.where(least == greatest, greatest, units)
