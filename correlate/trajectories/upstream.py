"""Packets first seen downstream of where their flow comes from: born on the hop, or missed by the capture upstream.

**In:** packets of one direction whose first sighting is after its first step. **Out:** rulings for the hop before it.

**Method:** algorithms section 3, rules 0 and 4. Saying *born here* accuses a box, so it needs the upstream capture to
hold the flow around it; a reset is believed only if its claimed sender went on as if it had not sent it, the capture
upstream counted its drops and had none, or there are too many for the misses of all captures upstream. Anything else
only if its claimed sender sent something else in its place (``forged.py``).

**Not here:** what the packet is (``diagnose``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import F64, I8, I32, I64, Bool, take
from correlate.model.packets import TCP
from correlate.model.trajectories import Fate, Reason
from correlate.trajectories.absence import Ruling
from correlate.trajectories.groups import host_pairs, is_at_host
from correlate.trajectories.rates import LOST_ODDS, most_missed
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import RST
from correlate.trajectories.window import Window

BURSTS = 3.0
"""Captures miss several packets at a time: that many times the known rate."""

LEAST_ANSWERS = 2
"""Surplus answers of name servers: two captures may have missed one query."""

LEAST_MISSES = 2
"""One miss is no matter of odds: any capture without drop counters may have missed any one packet."""


@attrs.frozen(kw_only=True)
class Arrival:
    """Packets first seen at ``step``; the hop judged is the one before it."""

    scene: Scene
    travel: Travel
    step: int
    index: I64
    window: I8
    """At the step before."""
    is_terminated: Bool
    """Per joined flow: a proxy on this hop makes this direction (``FlowView.is_absorbed`` of the other)."""
    missed: I64
    """Per place: packets that its capture surely missed."""
    passed: I64
    """Per place: packets that surely passed it."""
    back: Travel
    """The opposite direction."""
    forged: I32
    """The packet that shows that its sender cannot have sent it, -1 = none."""


def judge_arrivals(arrival: Arrival) -> Iterator[Ruling]:
    """Yield rulings in order; the first that applies decides."""
    table, travel, index = arrival.scene.table, arrival.travel, arrival.index
    flow = travel.flow[index]
    before = arrival.scene.places[travel.places[arrival.step - 1]]
    original = table.duplicate_of[travel.packets[index]]
    stretches, packets = arrival.scene.stretches, travel.packets[index]
    edge = stretches.first[packets] if travel.direction > 0 else stretches.last[packets]
    is_made = (edge == travel.places[arrival.step]) & (edge != travel.places[0])
    yield Ruling(applies=np.asarray(is_made, np.bool_), fate=Fate.ORIGINATED, reason=Reason.BORN_ON_HOP)
    yield Ruling(applies=original >= 0, fate=Fate.ORIGINATED, reason=Reason.NETWORK_DUPLICATE, witness=original)
    yield Ruling(applies=arrival.window == Window.OUTSIDE, fate=Fate.NOT_CAPTURED, reason=Reason.WINDOW)
    is_cut = np.full(len(index), before.cuts_headers)
    yield Ruling(applies=is_cut, fate=Fate.NOT_CAPTURED, reason=Reason.TRUNCATED, is_sure=False)
    yield Ruling(applies=arrival.is_terminated[flow], fate=Fate.ORIGINATED, reason=Reason.BORN_ON_HOP)
    is_shown = travel.held_in_flow[flow, arrival.step - 1] > 0
    yield Ruling(applies=~is_shown, fate=Fate.NOT_CAPTURED, reason=Reason.BYPASS, is_sure=False)
    yield Ruling(applies=arrival.window != Window.INSIDE, fate=Fate.NOT_CAPTURED, reason=Reason.WINDOW, is_sure=False)
    # Any router on the way makes errors, in the name of the flow that they quote (RFC 1812 section 4.3.2.1).
    yield Ruling(applies=_is_error(arrival), fate=Fate.NOT_CAPTURED, reason=Reason.BYPASS, is_sure=False)
    is_complete = before.is_complete and int(arrival.missed[travel.places[arrival.step - 1]]) == 0
    yield from _forged(arrival, is_complete=is_complete)
    is_reset = _is_reset(arrival)
    witness = _sender_went_on(arrival, is_reset)
    is_alone = ~_flow_has_unmatched(travel, arrival.step)[flow]
    is_sure = (witness >= 0) | is_complete | _is_beyond_chance(arrival, is_reset)
    is_born = is_reset & is_alone & is_sure & ~table.is_ambiguous[travel.packets[index]]
    yield Ruling(applies=is_born, fate=Fate.ORIGINATED, reason=Reason.BORN_ON_HOP, witness=witness)
    yield Ruling(applies=is_reset, fate=Fate.AMBIGUOUS, reason=Reason.UNSEEN_UPSTREAM)
    yield Ruling(
        applies=np.ones(len(index), np.bool_),
        fate=Fate.NOT_CAPTURED,
        reason=Reason.UNSEEN_UPSTREAM,
        is_sure=not is_complete,
    )


def _forged(arrival: Arrival, *, is_complete: bool) -> Iterator[Ruling]:
    """Rule what its sender cannot have sent: made on this hop, or further up and missed by every capture before it.

    Nothing can be made further up where the first capture stands at the sender's host.
    """
    travel, index = arrival.travel, arrival.index
    is_forged = (arrival.forged >= 0) & ~_flow_has_unmatched(travel, arrival.step)[travel.flow[index]]
    chance = take(_chance_unseen(arrival, travel, arrival.step), travel.flow[index])
    columns = arrival.scene.places[travel.places[arrival.step]].packets.columns
    is_tcp = columns.proto[travel.rows[index, arrival.step]] == TCP
    for is_kind, least in ((is_tcp, 1), (~is_tcp, LEAST_ANSWERS)):
        mine = is_forged & is_kind
        count = int(mine.sum())
        is_sure = _are_too_many(count, count, chance) | _is_sent_here(arrival) | is_complete
        yield Ruling(
            applies=mine & is_sure & (count >= least),
            fate=Fate.ORIGINATED,
            reason=Reason.BORN_ON_HOP,
            witness=arrival.forged,
        )
    yield Ruling(applies=arrival.forged >= 0, fate=Fate.AMBIGUOUS, reason=Reason.UNSEEN_UPSTREAM)


def _is_sent_here(arrival: Arrival) -> Bool:
    """Mark packets whose sender stands right at the vantage before the hop."""
    travel, flow = arrival.travel, arrival.travel.flow[arrival.index]
    if arrival.step != 1:
        return np.zeros(len(flow), np.bool_)
    pair = host_pairs(arrival.scene, travel, 0)
    at_host = is_at_host(arrival.scene, travel, 0, pair, int(pair.max(initial=-1)) + 1)
    return np.asarray((pair[flow] >= 0) & np.append(at_host, False)[pair[flow]], np.bool_)


def _is_reset(arrival: Arrival) -> Bool:
    columns = arrival.scene.places[arrival.travel.places[arrival.step]].packets.columns
    rows = arrival.travel.rows[arrival.index, arrival.step]
    return np.asarray((columns.proto[rows] == TCP) & ((columns.tcp_flags[rows] & RST) != 0), np.bool_)


def _is_error(arrival: Arrival) -> Bool:
    """Mark ICMP errors."""
    table = arrival.scene.places[arrival.travel.places[arrival.step]].packets
    return np.isin(arrival.travel.rows[arrival.index, arrival.step], table.quotes.row)


def _sender_went_on(arrival: Arrival, is_reset: Bool) -> I64:
    """Return a packet that the claimed sender sent after a reset (same flow and direction, no reset), -1 = none.

    After by clock bounds: the later packet's earliest time upstream exceeds this one's latest time here.
    """
    travel, table = arrival.travel, arrival.scene.table
    if not is_reset.any():
        return np.full(len(arrival.index), -1, np.int64)
    place = travel.places[arrival.step - 1]
    columns = arrival.scene.places[place].packets.columns
    is_asked = np.zeros(arrival.scene.flow_count, np.bool_)
    is_asked[travel.flow[arrival.index[is_reset]]] = True
    held = np.flatnonzero(travel.held[:, arrival.step - 1] & is_asked[travel.flow])
    held = held[(columns.tcp_flags[travel.rows[held, arrival.step - 1]] & RST) == 0]
    # The latest such packet of each flow decides.
    held = held[np.argsort(table.lo_ns[travel.packets[held], place], kind="stable")]
    latest = np.full(arrival.scene.flow_count, -1, np.int64)
    latest[travel.flow[held]] = travel.packets[held]
    candidate = latest[travel.flow[arrival.index]]
    here = travel.places[arrival.step]
    own_hi = table.hi_ns[travel.packets[arrival.index], here]
    went_on = (candidate >= 0) & (table.lo_ns[np.maximum(candidate, 0), place] > own_hi)
    return np.where(went_on, candidate, -1)


def _is_beyond_chance(arrival: Arrival, is_reset: Bool) -> Bool:
    """Mark resets too many to have been missed by every capture upstream that shows their flow.

    Expected misses among all resets that arrive here, by the posterior mean of each capture's miss rate, against those
    in fact absent upstream: 999:1. That so many were missed must be as unlikely even if captures miss in bursts, and
    never rests on one miss. Where both ends of a connection get a reset that the other end did not send, the captures
    on both sides must have missed one: such connections are counted by themselves.
    """
    travel, back, step = arrival.travel, arrival.back, arrival.step
    if not is_reset.any():
        return is_reset
    mirror = travel.step_count - step
    columns = arrival.scene.places[travel.places[step]].packets.columns
    rows = travel.rows[travel.held[:, step], step]
    arriving = int(((columns.tcp_flags[rows] & RST) != 0).sum())
    chance = _chance_unseen(arrival, travel, step).of(arrival.index, travel)
    is_double = is_reset & _has_birth(arrival, back, mirror)[travel.flow[arrival.index]]
    both = chance.times(_chance_unseen(arrival, back, mirror).of(arrival.index, travel))
    is_single = _are_too_many(int(is_reset.sum()), arriving, chance)
    return np.asarray(is_single | (is_double & _are_too_many(int(is_double.sum()), arriving, both)), np.bool_)


class Chance(NamedTuple):
    """That captures missed a packet, per flow or per packet."""

    mean: F64
    most: F64
    """95 % bound of each capture's rate, and misses in bursts."""
    captures: I64
    """How many must have missed it."""

    def of(self, index: I64, travel: Travel) -> Chance:
        """Return the chances of packets from those of flows."""
        return take(self, travel.flow[index])

    def times(self, other: Chance) -> Chance:
        """Return the chance that the captures of both missed."""
        return Chance(self.mean * other.mean, self.most * other.most, self.captures + other.captures)


def _are_too_many(absent: int, arriving: int, chance: Chance) -> Bool:
    """Tell for which packets ``absent`` of ``arriving`` are too many to have been missed.

    At least k of a Poisson number with mean m: never likelier than m^k / k!.
    """
    is_rare = absent >= LOST_ODDS * arriving * chance.mean
    log_tail = absent * np.log(np.maximum(arriving * chance.most, 1e-300)) - math.lgamma(absent + 1)
    is_rare &= log_tail <= -math.log(LOST_ODDS)
    return np.asarray(is_rare & (absent * chance.captures >= LEAST_MISSES), np.bool_)


def _chance_unseen(arrival: Arrival, travel: Travel, step: int) -> Chance:
    """Return per flow the chance that every capture before ``step`` that shows the flow missed one packet."""
    count = len(travel.held_in_flow)
    mean, most, captures = np.ones(count), np.ones(count), np.zeros(count, np.int64)
    for before in range(step):
        place = travel.places[before]
        missed, passed = int(arrival.missed[place]), int(arrival.passed[place])
        is_shown = travel.held_in_flow[:, before] > 0
        mean[is_shown] *= (missed + 0.5) / (passed + 1.0)
        most[is_shown] *= min(1.0, BURSTS * most_missed(missed, passed))
        captures[is_shown] += 1
    return Chance(mean, most, captures)


def _has_birth(arrival: Arrival, travel: Travel, step: int) -> Bool:
    """Mark flows of which a reset is first seen at ``step``."""
    columns = arrival.scene.places[travel.places[step]].packets.columns
    first = np.flatnonzero(travel.first == step)
    rows = travel.rows[first, step]
    is_reset = (columns.proto[rows] == TCP) & ((columns.tcp_flags[rows] & RST) != 0)
    return np.bincount(travel.flow[first[is_reset]], minlength=len(travel.held_in_flow)) > 0


def _flow_has_unmatched(travel: Travel, step: int) -> Bool:
    """Mark flows with packets that end before ``step``: one of them may be the packet that seems born there."""
    ends = np.bincount(travel.flow[travel.last < step], minlength=travel.held_in_flow.shape[0])
    return ends > 0
