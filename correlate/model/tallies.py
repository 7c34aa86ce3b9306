"""How often packets were lost, and how often captures missed them: counts of proven events.

In: made by ``trajectories``. Out: used there to weigh what is not proven; ``scale`` adds those of several parts.
Not here: what counts are worth (``trajectories/rates.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64


@attrs.frozen(kw_only=True, eq=False)
class Tally:
    """Counts of one direction, per step in order of travel."""

    resent: I64
    """TCP packets last seen there and sent again unacknowledged (the last step: lost beyond, or spurious)."""
    sent: I64
    """Packets held there that take TCP sequence space."""
    ended: I64
    """Packets last seen there that take no sequence space; those beyond were capturing."""
    plain: I64
    """Packets held there that take no sequence space."""
    missed: I64
    """Packets, of either direction, that passed this vantage for sure and are not in its capture."""
    passed: I64
    """Packets, of either direction, that passed this vantage for sure."""
    unopposed: I64
    """Packets held at the end of their way that passed as well, unless any of their kind is absent there."""
    absent: I64
    """Packets of that kind that are absent there."""
    births: I64
    """Packets, of either direction, first seen there that may have been made on the way: of these the very rates are
    asked, not only which way they tip."""

    @property
    def passes(self) -> I64:
        """Packets that passed each vantage for sure, with those that nothing absent speaks against."""
        return self.passed + np.where(self.absent == 0, self.unopposed, 0)

    def scaled(self, share: float) -> Tally:
        """Return the counts of so much more."""
        return Tally(**{name: np.rint(column * share).astype(np.int64) for name, column in attrs.asdict(self).items()})

    def plus(self, other: Tally) -> Tally:
        """Return both added; steps are the same."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in attrs.fields_dict(Tally)})


@attrs.frozen(kw_only=True, eq=False)
class Tallies:
    """Counts of both directions on one path."""

    order: tuple[str, ...]
    """Names of the vantages, path order."""
    forward: Tally
    reverse: Tally

    def plus(self, other: Tallies) -> Tallies:
        """Return both added; counts of another path say nothing of this one."""
        if other.order != self.order:
            return self
        return Tallies(
            order=self.order, forward=self.forward.plus(other.forward), reverse=self.reverse.plus(other.reverse)
        )

    def scaled(self, share: float) -> Tallies:
        """Return what so much more of the same would come to."""
        return Tallies(order=self.order, forward=self.forward.scaled(share), reverse=self.reverse.scaled(share))
