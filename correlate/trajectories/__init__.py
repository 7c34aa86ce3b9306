"""Packets along the path, and what became of them on each hop.

**In:** packets, matches, path, clocks. **Out:** :class:`~correlate.model.trajectories.TrajectoryTable` and
:class:`~correlate.model.trajectories.FateColumns`.
"""

from correlate.trajectories.drop_logs import drop_logs_of, prove_drops
from correlate.trajectories.fates import count_events, judge_fates
from correlate.trajectories.follow import follow_packets
from correlate.trajectories.rates import judge_alike

__all__ = ["count_events", "drop_logs_of", "follow_packets", "judge_alike", "judge_fates", "prove_drops"]
