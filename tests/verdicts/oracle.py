"""What the best of all tools could call lost, and born on a hop, from the captures alone.

**In:** a simulated run. **Out:** its losses behind a sighting, each with what two oracles would say.
**Method:** neither oracle knows which packet met what. The first knows the true rates of loss and of capture misses: a
packet that is absent while the far capture was running can be called lost if it is 999 times likelier lost on this hop
than missed there and unseen beyond. Where the receiver must acknowledge, a miss is unseen only if the packet also died
further on; where not, also if every capture beyond missed it. Where nothing is ever missed this oracle is sure of all.
The second has to learn the rates from these captures, with every other packet's true fate at hand: the odds are those
at the 5 % quantile of the rates (algorithms section 3). No tool can learn more, short of evidence about the packet itself.
**Not here:** what the tool says (``guilty.py``).
"""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
from numpy.typing import NDArray

from tests.netsim import NOT_LOST, Run, Seen, Truth

ODDS = 999.0
DRAWS = 4096
QUANTILE = 0.05

TAKES_SEQUENCE = ("data", "data-again", "syn", "syn-again", "syn-ack", "syn-ack-again", "fin", "fin-again")
"""Kinds of transmissions that a TCP receiver must acknowledge."""


@attrs.frozen(kw_only=True)
class Loss:
    """A packet that was lost on a hop whose near vantage captured it."""

    transmission: int
    hop: int
    takes_sequence: bool
    is_answered: bool
    """Takes sequence space, and later the near capture holds a packet of its flow from the receiver."""
    can_call: bool
    """The oracle that knows the true rates calls it."""
    can_learn: bool
    """The oracle that learns the rates from the captures calls it."""


class Oracle:
    """Odds of one run."""

    def __init__(self, run: Run) -> None:
        self.truth: Truth = run.truth
        self.taps = run.world.taps
        self.known: dict[tuple[int, bool, bool], tuple[float, float]] = {}

    @cached_property
    def losses(self) -> list[Loss]:
        """Return all losses between vantages that a capture before them shows."""
        truth, last = self.truth, len(self.taps) - 1
        inner = (truth.lost_hop != NOT_LOST) & (truth.lost_hop >= 0) & (truth.lost_hop < last) & (truth.copy_of < 0)
        found = []
        for tid in np.flatnonzero(inner).tolist():
            hop, forward = int(truth.lost_hop[tid]), bool(truth.forward[tid])
            near, far = (hop, hop + 1) if forward else (hop + 1, hop)
            if truth.seen[tid, near] != Seen.CAPTURED:
                continue
            takes = str(truth.kind[tid]) in TAKES_SEQUENCE
            is_watched = self._is_running(far, int(truth.time_ns[tid, near]) + self._transit(near, far))
            odds = self._odds(hop, forward=forward, takes_sequence=takes)
            found.append(
                Loss(
                    transmission=tid,
                    hop=hop,
                    takes_sequence=takes,
                    is_answered=takes and self._is_answered(tid, near),
                    can_call=is_watched and odds[0] >= ODDS,
                    can_learn=is_watched and odds[1] >= ODDS,
                )
            )
        return found

    def _is_running(self, place: int, time: int) -> bool:
        """Return whether the capture shows frames before and after a time: only so it says that it was running."""
        times = self.truth.time_ns[self.truth.frame[:, place] > 0, place]
        return bool(len(times)) and int(times.min()) <= time <= int(times.max())

    def _transit(self, near: int, far: int) -> int:
        times = self.truth.time_ns
        both = (times[:, near] >= 0) & (times[:, far] >= 0) & (self.truth.forward == (near < far))
        return int((times[both, far] - times[both, near]).min(initial=0))

    def _is_answered(self, tid: int, near: int) -> bool:
        truth = self.truth
        back = (truth.flow == truth.flow[tid]) & (truth.forward != truth.forward[tid]) & (truth.frame[:, near] > 0)
        return bool((truth.time_ns[back, near] > truth.time_ns[tid, near]).any())

    def _odds(self, hop: int, *, forward: bool, takes_sequence: bool) -> tuple[float, float]:
        """Return the odds of a loss on the hop by the true rates, and by the learnt ones."""
        key = hop, forward, takes_sequence
        if key not in self.known:
            far, beyond = (hop + 1, range(hop + 2, len(self.taps))) if forward else (hop, range(hop - 1, -1, -1))
            hops = range(hop + 1, len(self.taps)) if forward else range(-1, hop)
            miss = self.taps[far].miss
            later = sum(self._lost_share(one, forward) for one in hops)
            unseen = later + (0.0 if takes_sequence else float(np.prod([self.taps[place].miss for place in beyond])))
            true = self._lost_share(hop, forward) / (miss * unseen) if miss * unseen else np.inf
            self.known[key] = (true, self._learnt(hop, far, beyond, hops, key))
        return self.known[key]

    def _learnt(self, hop: int, far: int, beyond: range, hops: range, key: tuple[int, bool, bool]) -> float:
        random = np.random.default_rng(7)
        _, forward, takes_sequence = key

        def lost(one: int) -> NDArray[np.float64]:
            count, among = self._lost_counts(one, forward)
            return random.gamma(count + 0.5, size=DRAWS) / max(1, among)

        def missed(place: int) -> NDArray[np.float64]:
            seen = self.truth.seen[:, place]
            count = int((seen == Seen.MISSED).sum())
            return random.gamma(count + 1.0, size=DRAWS) / max(1, count + int((seen == Seen.CAPTURED).sum()))

        unseen = np.sum([lost(one) for one in hops], axis=0)
        if not takes_sequence:
            unseen = unseen + np.prod([missed(place) for place in beyond], axis=0)
        return float(np.quantile(lost(hop) / (missed(far) * unseen), QUANTILE))

    def _lost_share(self, hop: int, forward: bool) -> float:
        count, among = self._lost_counts(hop, forward)
        return count / max(1, among)

    def _lost_counts(self, hop: int, forward: bool) -> tuple[int, int]:
        alive = self.truth.forward == forward
        return int((alive & (self.truth.lost_hop == hop)).sum()), int(alive.sum())
