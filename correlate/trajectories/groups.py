"""What whole flows tell: dead flows, host pairs with controls, runs at a flow's end.

**In:** a direction, its evidence. **Out:** :class:`FlowView` per hop, :class:`Runs` per direction.

**Method:** rule 0 of algorithms section 3. A flow of which the far vantage holds nothing may simply not pass there
(ECMP, a tap on one member of a bundle). It accuses the hop only where enough other flows of the same two hosts cross:
with ``s`` the share of them seen there (lower 95 % bound), ``k`` dead flows accuse if ``(1 - s)^k <= 1e-3``; one
suffices where the far vantage stands at the host itself, or shows every flow that is seen before and beyond it.
Resends within one flow count once.

**Not here:** single packets (``rules.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import F64, I32, I64, Bool
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import ARRIVED, COVERED

BYPASS_CHANCE = 1e-3
"""Chance that all dead flows merely took another way; above it they accuse nobody."""

LEAST_WITNESSES = 10
"""Flows seen before and beyond a vantage that must all show there before it is taken to lie on every flow's way."""


@attrs.frozen(kw_only=True)
class FlowView:
    """One hop in one direction, per joined flow."""

    near: I64
    """Packets of this direction that the near vantage holds."""
    far: I64
    """Packets of this direction that the far vantage or any beyond holds."""
    far_only: I64
    """Packets of this direction that the far vantage itself holds."""
    back_near: I64
    """Packets of the opposite direction that the near vantage holds."""
    back_far: I64
    """Packets of the opposite direction that the far vantage or any beyond holds."""
    is_controlled: Bool
    """Enough other flows of the same hosts cross: its absence cannot be a bypass."""
    is_single_way: Bool
    """No flow of its hosts is answered without crossing, and its target has one address on both sides of the hop:
    a bundle member or a NAT that stands for many hosts would show otherwise."""
    is_never_elsewhere: Bool
    """The first half of that: enough for a flow whose other direction is seen beyond."""

    @property
    def is_dead(self) -> Bool:
        """Held near, nothing of this direction crosses."""
        return np.asarray((self.near > 0) & (self.far == 0), np.bool_)

    @property
    def is_half(self) -> Bool:
        """Nothing of this direction crosses, while the far vantage shows the other one."""
        return np.asarray(self.is_dead & (self.back_far > 0) & (self.back_near > 0), np.bool_)

    @property
    def is_absorbed(self) -> Bool:
        """Answered on the hop: a conversation near, nothing of it in either direction beyond."""
        return np.asarray(self.is_dead & (self.back_far == 0) & (self.back_near > 0) & self.is_controlled, np.bool_)


@attrs.frozen(kw_only=True)
class Runs:
    """Runs up to a flow's end that vanish after one step, per packet of a Travel."""

    is_in: Bool
    size: I32
    """Packets of that run."""
    is_leading: Bool
    """In a run, takes no sequence space, and nothing before it in the run does: nobody says that it belongs to it."""


def view_flows(scene: Scene, travel: Travel, back: Travel, step: int) -> FlowView:
    """Return what each flow shows on the hop after ``step``; ``back`` is the opposite direction."""
    mirror = back.step_count - 1 - step
    near, far = travel.held_in_flow[:, step], travel.held_in_flow[:, step + 1 :].sum(axis=1)
    pair = host_pairs(scene, travel, step)
    known = pair >= 0
    size = int(pair.max(initial=-1)) + 1
    crossing = np.bincount(pair[known & (far > 0)], minlength=size)
    dead = np.bincount(pair[known & (near > 0) & (far == 0)], minlength=size)
    share = np.where(crossing > 0, 0.05 ** (1.0 / np.maximum(crossing, 1)), 0.0)
    is_enough = (1.0 - share) ** dead <= BYPASS_CHANCE
    is_enough |= _is_on_way(travel, step, pair, size)
    is_enough |= (crossing > 0) & is_at_host(scene, back, mirror - 1, pair, size)
    elsewhere = _has_other_ways(travel, back, step, pair)
    return FlowView(
        near=near,
        far=far,
        far_only=travel.held_in_flow[:, step + 1],
        back_near=back.held_in_flow[:, mirror],
        back_far=back.held_in_flow[:, :mirror].sum(axis=1),
        is_controlled=known & is_enough[np.maximum(pair, 0)] if size else np.zeros(len(near), np.bool_),
        is_single_way=known & ~(elsewhere | _is_translated(scene, travel, step, pair))[np.maximum(pair, 0)],
        is_never_elsewhere=known & ~elsewhere[np.maximum(pair, 0)],
    )


def _has_other_ways(travel: Travel, back: Travel, step: int, pair: I64) -> Bool:
    """Mark pairs whose flows surely take ways that the far vantage does not show (per pair, at least one entry)."""
    size = int(pair.max(initial=0)) + 1
    mirror = back.step_count - 1 - step
    beyond = travel.held_in_flow[:, step + 1 :].sum(axis=1) + back.held_in_flow[:, :mirror].sum(axis=1)
    is_answered = (travel.held_in_flow[:, step] > 0) & (beyond == 0) & (back.held_in_flow[:, mirror] > 0)
    return np.bincount(pair[is_answered & (pair >= 0)], minlength=size) > 0


def _is_translated(scene: Scene, travel: Travel, step: int, pair: I64) -> Bool:
    """Mark pairs whose target has another address beyond the hop (per pair, at least one entry)."""
    found = np.zeros(int(pair.max(initial=0)) + 1, np.bool_)
    flows = np.flatnonzero((travel.of_flows.crossed[:, step] > 0) & (pair >= 0))
    # Nearly all flows have one tuple on either side: one look is enough.
    is_plain = travel.of_flows.is_one_tuple[flows, step] & travel.of_flows.is_one_tuple[flows, step + 1]
    plain, rest = flows[is_plain], np.zeros(0, np.int64)
    if len(plain) < len(flows):
        others = np.zeros(scene.flow_count, np.bool_)
        others[flows[~is_plain]] = True
        rest = np.flatnonzero(travel.held[:, step] & travel.held[:, step + 1] & others[travel.flow])
    targets = []
    for at in (step, step + 1):
        packets = scene.places[travel.places[at]].packets
        seen = packets.columns.tuple_id[travel.rows[rest, at]]
        targets.append(packets.tuples.dst[np.concatenate([travel.of_flows.tuple_id[plain, at], seen])])
    is_translated = (targets[0] != targets[1]).any(axis=1)
    found[pair[np.concatenate([plain, travel.flow[rest]])[is_translated]]] = True
    return np.asarray(found, np.bool_)


def _is_on_way(travel: Travel, step: int, pair: I64, size: int) -> Bool:
    """Mark pairs of which the far vantage shows every flow that is seen before and beyond it.

    Taps on one member of a bundle would miss some, so all flows of all pairs have to agree, and be several.
    """
    beyond = (travel.held_in_flow[:, step] > 0) & (travel.held_in_flow[:, step + 2 :].sum(axis=1) > 0)
    missing = beyond & (travel.held_in_flow[:, step + 1] == 0)
    if int(beyond.sum()) < LEAST_WITNESSES or missing.any():
        return np.zeros(size, np.bool_)
    return np.bincount(pair[beyond & (pair >= 0)], minlength=size) > 0


def find_elsewhere(scene: Scene, travel: Travel, back: Travel) -> Bool:
    """Return which flows, as far as anyone can tell, do not take each hop; shape (flows, steps - 1).

    Nothing of such a flow is seen beyond, in either direction, nor anything else between its two hosts: nothing says
    that they talk across this hop at all. Beyond the last step that holds a flow its first such hop stands.
    """
    elsewhere = np.zeros((scene.flow_count, max(0, travel.step_count - 1)), np.bool_)
    for step in range(travel.step_count - 1):
        mirror = back.step_count - 1 - step
        beyond = travel.held_in_flow[:, step + 1 :].sum(axis=1) + back.held_in_flow[:, :mirror].sum(axis=1)
        pair = host_pairs(scene, travel, step, back)
        crossing = np.bincount(pair[(pair >= 0) & (beyond > 0)], minlength=int(pair.max(initial=-1)) + 1)
        before = elsewhere[:, step - 1] if step else np.zeros(scene.flow_count, np.bool_)
        elsewhere[:, step] = (beyond == 0) & before
        elsewhere[pair >= 0, step] = crossing[pair[pair >= 0]] == 0
    return elsewhere


def host_pairs(scene: Scene, travel: Travel, step: int, back: Travel | None = None) -> I64:
    """Return a number per flow for its two hosts as the near vantage sees them; -1 = not seen there.

    With ``back`` a flow seen there only in the opposite direction counts as well.
    """
    source, target = scene.places[travel.places[step]].addresses
    span = 1 + max(int(source.max(initial=0)), int(target.max(initial=0)))
    key = np.full(scene.flow_count, -1, np.int64)
    if back is not None:
        tuples = back.of_flows.tuple_id[:, back.step_count - 1 - step]
        key = np.where(tuples >= 0, np.append(target, 0)[tuples] * span + np.append(source, 0)[tuples], key)
    tuples = travel.of_flows.tuple_id[:, step]
    key = np.where(tuples >= 0, np.append(source, 0)[tuples] * span + np.append(target, 0)[tuples], key)
    pair = np.full(scene.flow_count, -1, np.int64)
    pair[key >= 0] = np.unique(key[key >= 0], return_inverse=True)[1].reshape(-1)
    return pair


def is_at_host(scene: Scene, back: Travel, step: int, pair: I64, size: int) -> Bool:
    """Mark pairs whose far host stands right at the far vantage (no router between, or the user said so)."""
    place = scene.places[back.places[step]]
    if place.vantage.kind == "end-host":
        return np.ones(size, np.bool_)
    known = np.flatnonzero(pair >= 0)
    fresh, every = (
        np.bincount(pair[known], weights=counts[known, step], minlength=size)
        for counts in (back.of_flows.fresh, back.held_in_flow)
    )
    return np.asarray(fresh * 2 > every, np.bool_)


def find_runs(travel: Travel, back: Travel, evidence: Evidence) -> Runs:
    """Return the packets that end their flow at their last step, none crossing after them and none acknowledged.

    A run counts only if something in it was sent again and if, between its packets, packets of the opposite direction
    crossed: the far capture was running and the far side was alive.
    """
    is_in = np.zeros(len(travel.packets), np.bool_)
    size = np.zeros(len(travel.packets), np.int32)
    is_leading = np.zeros(len(travel.packets), np.bool_)
    count = len(travel.held_in_flow)
    for step in range(travel.step_count - 1):
        # What crosses is never behind the last that crosses.
        ended = np.flatnonzero(travel.held[:, step] & (travel.last <= step))
        is_tail = travel.rows[ended, step] > travel.of_flows.last_crossing[travel.flow[ended], step]
        tail = ended[is_tail]
        flow, row = travel.flow[tail], travel.rows[tail, step]
        members = np.bincount(flow, minlength=count)
        has_resend = np.bincount(flow, weights=evidence.is_resent[tail], minlength=count) > 0
        may_be = has_resend & ~_any_acknowledged(evidence, tail, flow, count)
        is_run = may_be & _is_alive(back, step, may_be, flow, row)
        chosen = tail[is_run[flow]]
        is_in[chosen] = True
        size[chosen] = members[travel.flow[chosen]]
        first_data = np.full(count, np.iinfo(np.int64).max)
        takes = chosen[evidence.has_sequence[chosen]]
        np.minimum.at(first_data, travel.flow[takes], travel.rows[takes, step])
        is_leading[chosen] = travel.rows[chosen, step] < first_data[travel.flow[chosen]]
    return Runs(is_in=is_in, size=size, is_leading=is_leading)


def _any_acknowledged(evidence: Evidence, index: I64, flow: I64, count: int) -> Bool:
    got: F64 = ((evidence.bits[index] & (COVERED | ARRIVED)) != 0).astype(np.float64)
    return np.bincount(flow, weights=got, minlength=count) > 0


def _is_alive(back: Travel, step: int, is_asked: Bool, flow: I64, row: I32) -> Bool:
    """Mark flows asked whose opposite direction crosses the hop between the first and the last row of their run."""
    if not is_asked.any():
        return is_asked
    count = len(is_asked)
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, np.int64)
    np.minimum.at(first, flow, row)
    np.maximum.at(last, flow, row)
    mirror = back.step_count - 1 - step
    crossed = np.flatnonzero(back.held[:, mirror] & back.held[:, mirror - 1] & is_asked[back.flow])
    of_flow, at = back.flow[crossed], back.rows[crossed, mirror]
    inside = (at > first[of_flow]) & (at < last[of_flow])
    return np.bincount(of_flow[inside], minlength=count) > 0
