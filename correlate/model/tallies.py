"""How often packets were lost, and how often captures missed them: counts of proven events.

In: made by ``trajectories``. Out: used there to weigh what is not proven; ``scale`` adds those of several parts.
Not here: what counts are worth (``trajectories/rates.py``).
"""

from __future__ import annotations

import attrs

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
