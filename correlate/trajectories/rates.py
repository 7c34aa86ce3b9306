"""How much likelier a loss on a hop is than any other explanation of an absence.

**In:** counts of proven events. **Out:** odds at the 5 % quantile of the rates (algorithms section 3, rule 11).

**Method:** counts are Poisson; their rates have gamma posteriors. Losses take the Jeffreys prior (shape n + 1/2),
capture misses a flat one (shape n + 1: with none among M the 95 % bound is the rule of three, 3/M).
The quantile of a ratio of such rates is read off 4,096 draws with a fixed seed, so equal counts give equal odds.

How much is lost beyond the far vantage is read off packets with sequence space that were sent again, and where more
vantages follow also off all that vanishes there: the clearer of the two speaks.

**Not here:** counting (``tally.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import F64, I32, I64
from correlate.model.tallies import Tallies, Tally

LOST_ODDS = 999.0
"""Least odds at which one packet may be called lost on a hop."""

HARMLESS_ODDS = 9.0
"""Least odds for a fate that accuses nobody."""

DRAWS = 4096
QUANTILE = 0.05


MOST_IN_A_RUN = 1 << 16
"""Packets of one flow; whether more of them can all have been missed is not told apart."""


class Tips(NamedTuple):
    """All that rules ask of odds: who judges by other counts that tip alike comes to the same fates.

    Except of ``Tally.births``, for which the very counts of misses are asked (``upstream.py``).
    """

    resent_is_lost: bool
    plain_is_lost: bool
    plain_is_lost_before_silence: bool
    plain_is_missed: bool
    is_faultless: bool
    """No miss is known."""
    one_is_telling: bool
    """A single packet is hardly ever missed."""
    least_run: int
    """So many packets cannot all have been missed."""


@attrs.frozen(kw_only=True)
class Odds:
    """Of one hop and direction, each at the 5 % quantile in its own disfavour."""

    resent: float
    """Lost on the hop against passed unseen, for a packet that was sent again."""
    plain: float
    """Lost on the hop against passed unseen at the far vantage and at all beyond, with no other evidence."""
    plain_far_only: float
    """The same where the vantages beyond cannot speak (outside their windows)."""
    miss: float
    """Passed unseen against lost on the hop, with no other evidence."""
    missed: int
    """Packets that the far vantage surely missed."""
    passed: int
    """Packets that surely passed it."""

    def chance_all_missed(self, count: I32 | I64) -> F64:
        """Return the chance that the far vantage missed each of ``count`` packets that all passed it.

        Mean of ``mu^count`` over the posterior of the miss rate, Beta(missed + 1/2, passed - missed + 1/2).
        """
        most = int(count.max(initial=0))
        steps = np.arange(most)
        factors = (self.missed + 0.5 + steps) / (self.passed + 1.0 + steps)
        return np.concatenate([[1.0], np.cumprod(factors)])[count]

    def tips(self) -> Tips:
        """Return which way these odds tip everything that rules ask of them."""
        all_missed = self.chance_all_missed(np.arange(MOST_IN_A_RUN))
        return Tips(
            self.resent >= LOST_ODDS,
            self.plain >= LOST_ODDS,
            self.plain_far_only >= LOST_ODDS,
            self.miss >= HARMLESS_ODDS,
            self.missed == 0,
            bool(all_missed[1] <= 1.0 / HARMLESS_ODDS),
            int((all_missed > 1.0 / LOST_ODDS).sum()),
        )


def weigh_hops(tally: Tally) -> list[Odds]:
    """Return the odds of each hop, in order of travel."""
    steps = len(tally.resent)
    random = np.random.default_rng(20120501)
    resent = [random.gamma(n + 0.5, size=DRAWS) for n in tally.resent.tolist()]
    beyond = [random.gamma(n + 0.5, size=DRAWS) for n in tally.resent.tolist()]
    ended = [random.gamma(n + 0.5, size=DRAWS) for n in tally.ended.tolist()]
    loss = _losses(tally, random)
    passes = tally.passes
    pairs = zip(tally.missed.tolist(), passes.tolist(), strict=True)
    miss = [np.minimum(1.0, random.gamma(n + 1.0, size=DRAWS) / max(1, m)) for n, m in pairs]
    # Where more vantages lie beyond, packets of every kind tell how much is lost there: what vanishes was lost, or
    # missed by all of them.
    share = [draws / max(1, n) for draws, n in zip(resent, tally.sent.tolist(), strict=True)]
    vanished, came = tally.resent + tally.ended, tally.sent + tally.plain
    vanish = [
        random.gamma(n + 0.5, size=DRAWS) / max(1, m) for n, m in zip(vanished.tolist(), came.tolist(), strict=True)
    ]
    odds = []
    for step in range(steps - 1):
        far = step + 1
        # How often a packet that reached the far vantage is seen no more is read off those that it did capture.
        unseen = np.ones(DRAWS) if far == steps - 1 else np.minimum(1.0, ended[far] / max(1, int(tally.plain[far])))
        resent_odds = _low(resent[step] / (miss[far] * beyond[far]))
        if far < steps - 1:
            resent_odds = max(resent_odds, _low(share[step] / (miss[far] * vanish[far])))
        odds.append(
            Odds(
                resent=resent_odds,
                plain=_low(loss[step] / (miss[far] * unseen)),
                plain_far_only=_low(loss[step] / miss[far]),
                miss=_low(miss[far] / np.maximum(loss[step], 1e-12)),
                missed=int(tally.missed[far]),
                passed=int(passes[far]),
            )
        )
    return odds


def tips_of(tallies: Tallies) -> tuple[Tips, ...]:
    """Return which way counts tip, for each direction and hop."""
    return tuple(odds.tips() for tally in (tallies.forward, tallies.reverse) for odds in weigh_hops(tally))


def judge_alike(one: Tallies, other: Tallies) -> bool:
    """Tell whether packets come to the same fates by either counts; those that ask for the very rates aside."""
    return one.order == other.order and tips_of(one) == tips_of(other)


def most_missed(missed: int, passed: int) -> float:
    """Return the 95 % bound of the rate of a capture that missed ``missed`` of ``passed`` packets."""
    draws = np.random.default_rng(20120501).gamma(missed + 1.0, size=DRAWS)
    return float(np.quantile(draws, 1.0 - QUANTILE)) / max(1, passed)


def _losses(tally: Tally, random: np.random.Generator) -> list[F64]:
    """Return draws of each step's loss rate.

    Before the last hop a packet that vanishes for two vantages at once is hardly a miss of both, so those without
    sequence space count there as well; on the last hop only resends speak of loss.
    """
    last = len(tally.resent) - 2
    losses = []
    for step, (resent, sent) in enumerate(zip(tally.resent.tolist(), tally.sent.tolist(), strict=True)):
        is_inner = step < last
        lost = resent + (int(tally.ended[step]) if is_inner else 0)
        among = sent + (int(tally.plain[step]) if is_inner else 0)
        losses.append(random.gamma(lost + 0.5, size=DRAWS) / max(1, among))
    return losses


def _low(ratio: F64) -> float:
    return float(np.quantile(ratio, QUANTILE))
