"""Stage ``clocks``: matches -> bounds on every clock, honest for any asymmetry of the delays."""

from correlate.clocks.directions import split_directions, suspect_directions, without_round_trips
from correlate.clocks.fit import fit_clocks
from correlate.clocks.hints import find_time_hints
from correlate.clocks.ticks import measure_tick

__all__ = [
    "find_time_hints",
    "fit_clocks",
    "measure_tick",
    "split_directions",
    "suspect_directions",
    "without_round_trips",
]
