"""The clocks of all vantages on a path.

In: packets, matches, path, stamp quanta, floors. Out: ``ClockModel``.
Method: every pair that shares packets is fitted (``pairs.py``), all pairs are solved together (``joint.py``), and what
the whole says of each vantage is put into words (``compose.py``); then each step is given to the vantage that stepped
(``steppers.py``). With floors all of it is done twice: with them, and from the captures alone.
Not here: any formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from correlate.clocks.compose import Composer
from correlate.clocks.floors import Floors
from correlate.clocks.jitter import jitter_notes, stamp_slacks
from correlate.clocks.joint import culprit
from correlate.clocks.pairs import PairFit, fit_pairs
from correlate.clocks.steppers import attribute_steps
from correlate.model.arrays import frozen
from correlate.model.clocks import ClockModel, ClockNote, DirectionClock, VantageClock
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path


def fit_clocks(  # noqa: PLR0913 -- one argument per table of the pipeline
    packets: Sequence[PacketTable],
    match: MatchTable,
    path: Path,
    ticks_ns: Sequence[int],
    *,
    reference: int | None,
    floors: Floors | None = None,
    directions: Sequence[DirectionClock] = (),
) -> ClockModel:
    """Bound every vantage's clock against the reference.

    Parameters
    ----------
    packets
        Tables in input order.
    match
        Which of their packets are the same.
    path
        Order of the vantages and direction of the flows.
    ticks_ns
        Stamp quantum of each vantage, input order, ns.
    reference
        Input index of the vantage whose clock is the reference; None = the first of the path. One that is not on the
        path cannot serve and is replaced by the first.
    floors
        (from, to), input indices: a packet takes at least so many ns from the one to the other.
    directions
        Vantages with a clock per direction; ``packets`` are on one clock each already.

    Returns
    -------
    ClockModel
        Hops and vantages in path order; bounds hold for any asymmetry of the delays.
    """
    order = path.order
    home = order.index(reference) if reference in order else 0
    slacks = stamp_slacks(packets, directions, match)
    pairs = fit_pairs(packets, match, path, ticks_ns, floors or {}, slacks)
    whole = Composer(pairs, {pair: fit.floored for pair, fit in pairs.items()}, len(order))
    clocks = whole.vantages(home, order)
    if any(fit.floored is not fit.plain for fit in pairs.values()):
        plain = Composer(pairs, {pair: fit.plain for pair, fit in pairs.items()}, len(order))
        clocks = [_with_causal(*both) for both in zip(clocks, plain.vantages(home, order), strict=True)]
    clocks = attribute_steps(packets, match, path, whole, clocks)
    clocks = [attrs.evolve(clock, slack_ns=slacks[clock.vantage]) for clock in clocks]
    notes = [*_refusals(pairs, order), *_contradiction(home, whole, order), *jitter_notes(packets, slacks)]
    return ClockModel(
        reference=order[home],
        hops=tuple(whole.hop(place) for place in range(path.hop_count)),
        vantages=tuple(clocks),
        notes=tuple(notes),
        directions=tuple(directions),
    )


def _with_causal(clock: VantageClock, plain: VantageClock) -> VantageClock:
    """Return a clock with floors beside its bounds without them."""
    is_same = clock.curve.at_ns.shape == plain.curve.at_ns.shape and bool(
        (clock.curve.lo == plain.curve.lo).all() and (clock.curve.hi == plain.curve.hi).all()
    )
    if is_same:
        return clock
    above = float(plain.base_ns - clock.base_ns)
    curve = plain.curve
    moved = curve._replace(
        lo=frozen(curve.lo + above), hi=frozen(curve.hi + above), estimate=frozen(curve.estimate + above)
    )
    return attrs.evolve(clock, tier="floors", causal=moved)


def _refusals(pairs: Mapping[tuple[int, int], PairFit], order: Sequence[int]) -> list[ClockNote]:
    """Say which floors the captures refute."""
    return [
        ClockNote(
            vantages=(order[first], order[second]),
            text="the floors given are more than the least two-way transit seen: they are refuted and not used",
        )
        for (first, second), fit in pairs.items()
        if fit.is_floor_refuted
    ]


def _contradiction(home: int, whole: Composer, order: Sequence[int]) -> list[ClockNote]:
    """Say that the pairs contradict one another, and who causes it if that can be told."""
    if not whole.is_contradictory:
        return []
    place = culprit(home, whole.count, whole.curves)
    if place is None:
        text = "the clocks' bounds contradict one another here and there; the widest stand there"
        return [ClockNote(vantages=tuple(order), text=text)]
    return [
        ClockNote(vantages=(order[place],), text="its stamps contradict those of all others; without it they agree")
    ]
