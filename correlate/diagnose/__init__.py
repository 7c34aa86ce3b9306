"""Findings: what happened, on which hop, how sure, and the frames that prove it.

In: a ``Correlation`` without findings and a function that reads frames again. Out: ranked findings.
Method: each rule is a generator in a module of its own; verdicts come last because they need all the others.
Not here: fates, mutations and figures, which the rules only read.
"""

from __future__ import annotations

from correlate.diagnose.alteration import find_alterations
from correlate.diagnose.capture import find_capture_faults
from correlate.diagnose.catalogue import BLAMES_A_HOP, CATALOGUE, Code
from correlate.diagnose.clock import find_clock_facts
from correlate.diagnose.clock_directions import find_two_clocks
from correlate.diagnose.clock_step import find_steps
from correlate.diagnose.clock_zone import find_zones
from correlate.diagnose.consequence import tell_consequences
from correlate.diagnose.delay import find_delays
from correlate.diagnose.host import find_slow_hosts
from correlate.diagnose.loss import find_losses
from correlate.diagnose.origin import find_origins
from correlate.diagnose.ranking import rank
from correlate.diagnose.reordering import find_reordering
from correlate.diagnose.termination import find_terminations
from correlate.diagnose.translation import find_translations
from correlate.diagnose.tunnel import find_tunnels
from correlate.diagnose.verdict import give_verdicts
from correlate.diagnose.view import Fetch, View
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding

__all__ = ["BLAMES_A_HOP", "CATALOGUE", "Code", "diagnose"]

RULES = (
    find_alterations,
    find_losses,
    find_origins,
    find_delays,
    find_reordering,
    find_slow_hosts,
    find_translations,
    find_tunnels,
    find_terminations,
    find_capture_faults,
    find_clock_facts,
    find_two_clocks,
    find_steps,
    find_zones,
)


def diagnose(run: Correlation, fetch: Fetch) -> tuple[Finding, ...]:
    """Return every finding of a run, the most harmful first.

    Parameters
    ----------
    run
        The run; its ``findings`` are ignored.
    fetch
        ``(vantage, rows) -> raw frames``, to quote payload bytes.
    """
    view = View(run=run, fetch=fetch)
    found = [finding for rule in RULES for finding in rule(view)]
    told = tell_consequences(view, found)
    return rank([*told, *give_verdicts(view, told)])
