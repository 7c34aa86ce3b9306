"""Findings: what happened, on which hop, how sure, and the frames that prove it.

In: a ``Correlation`` without findings and a function that reads frames again. Out: ranked findings.
Method: each rule is a generator in a module of its own; verdicts come last because they need all the others.
Not here: fates, mutations and figures, which the rules only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from correlate.diagnose.alg_rewrite import find_gateways
from correlate.diagnose.alteration import find_alterations
from correlate.diagnose.black_hole import find_black_holes
from correlate.diagnose.blocked import find_blocks
from correlate.diagnose.capture import find_capture_faults
from correlate.diagnose.capture_window import find_outside
from correlate.diagnose.catalogue import BLAMES_A_HOP, CATALOGUE, Code
from correlate.diagnose.clock import find_clock_facts
from correlate.diagnose.clock_directions import find_two_clocks
from correlate.diagnose.clock_step import find_steps
from correlate.diagnose.clock_zone import find_zones
from correlate.diagnose.consequence import tell_consequences
from correlate.diagnose.delay import find_delays
from correlate.diagnose.filtering import find_filters
from correlate.diagnose.forgotten import find_forgotten_flows
from correlate.diagnose.fragment import find_lost_fragments
from correlate.diagnose.host import find_slow_hosts
from correlate.diagnose.idle_resets import find_idle_resets
from correlate.diagnose.late_pieces import find_late_pieces
from correlate.diagnose.loss import find_losses
from correlate.diagnose.origin import find_origins
from correlate.diagnose.policing import find_policing
from correlate.diagnose.proxied_content import find_altered_content
from correlate.diagnose.ranking import rank
from correlate.diagnose.refusal import find_refusals
from correlate.diagnose.remapped import find_remapped_flows
from correlate.diagnose.reordering import find_reordering
from correlate.diagnose.route import find_route_changes, find_sums
from correlate.diagnose.sack import find_stale_sack
from correlate.diagnose.segment_size import find_ignored_sizes
from correlate.diagnose.silence import find_silence
from correlate.diagnose.termination import find_terminations
from correlate.diagnose.translation import find_translations
from correlate.diagnose.tunnel import find_tunnels
from correlate.diagnose.verdict import give_verdicts
from correlate.diagnose.view import Fetch, View
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.parallel import two_at_a_time

__all__ = ["BLAMES_A_HOP", "CATALOGUE", "Code", "diagnose"]

RULES = (
    find_alterations,
    find_gateways,
    find_altered_content,
    find_losses,
    find_blocks,
    find_black_holes,
    find_lost_fragments,
    find_forgotten_flows,
    find_idle_resets,
    find_remapped_flows,
    find_origins,
    find_refusals,
    find_policing,
    find_delays,
    find_route_changes,
    find_reordering,
    find_slow_hosts,
    find_silence,
    find_ignored_sizes,
    find_stale_sack,
    find_translations,
    find_tunnels,
    find_terminations,
    find_capture_faults,
    find_outside,
    find_filters,
    find_late_pieces,
    find_clock_facts,
    find_two_clocks,
    find_steps,
    find_zones,
)

LONG = (find_losses, find_slow_hosts, find_policing, find_route_changes, find_delays)
"""Begun first, so that both threads have something to do up to the end."""


def diagnose(run: Correlation, fetch: Fetch, *, is_part: bool = False) -> tuple[Finding, ...]:
    """Return every finding of a run, the most harmful first.

    Parameters
    ----------
    run
        The run; its ``findings`` are ignored.
    fetch
        ``(vantage, rows) -> raw frames``, to quote payload bytes.
    is_part
        The run is a part of larger captures: what it counts will be added to what others count.
    """
    view = View(run=run, fetch=fetch, is_part=is_part)
    # A rule only reads; what it finds is listed in the order of the rules, whichever is through first.
    rules = [*LONG, *(rule for rule in RULES if rule not in LONG)]
    calls = [partial(_told, rule, view) for rule in rules]
    told_by = dict(zip(rules, two_at_a_time(calls, packets=len(run.trajectories)), strict=True))
    found = [finding for rule in RULES for finding in told_by[rule]]
    found += find_sums(view, found)
    told = tell_consequences(view, found)
    return rank([*told, *give_verdicts(view, told)])


def _told(rule: Callable[[View], Iterable[Finding]], view: View) -> list[Finding]:
    return list(rule(view))
