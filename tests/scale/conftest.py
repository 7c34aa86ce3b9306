"""One small world, correlated in memory and as two parts, for all tests of sums.

**In:** nothing. **Out:** fixtures ``small`` (captures), ``whole_run``, ``parts``, ``runs``, ``summaries``.
**Not here:** the run over parts (``test_run.py``).
"""

from __future__ import annotations

import pytest

from correlate.pipeline import correlate
from correlate.scale.alignment import align
from correlate.scale.cuts import AFTER, BEFORE, part_of
from correlate.scale.summary import summary_of
from correlate.scale.survey import survey
from tests.netsim import DnsLoad, PingLoad, TcpLoad, chain, simulate
from tests.netsim.boxes import MssClamp, Nat

WORLD = (
    chain(2, loads=(TcpLoad(flows=12, response_bytes=(100, 6000)), DnsLoad(flows=8), PingLoad(flows=1, count=20)))
    .with_hop(0, both={"loss": 0.02}, boxes=(Nat(), MssClamp()))
)  # fmt: skip


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Captures of a NAT that loses packets."""
    written = simulate(WORLD, 3).write(tmp_path_factory.mktemp("small"))
    return {name: (str(path),) for name, path in written.items()}


@pytest.fixture(scope="session")
def whole_run(small):
    """Everything in one piece."""
    return correlate(small)


@pytest.fixture(scope="session")
def parts(small, whole_run):
    """Two halves of the time, each of which reads everything."""
    surveys = [survey(paths) for paths in small.values()]
    offsets = align([one.sample for one in surveys])
    first = whole_run.vantages[0]
    middle = (first.first_captured_ns + first.last_captured_ns) // 2
    return [part_of(list(small), surveys, offsets, own) for own in ((BEFORE, middle), (middle, AFTER))]


@pytest.fixture(scope="session")
def runs(small, parts):
    """Each half's run."""
    return [correlate(small, part=part) for part in parts]


@pytest.fixture(scope="session")
def summaries(runs, parts):
    """Each half's summary."""
    name = runs[0].vantages[0].name
    return [summary_of(run, part, at, part.owned[name]) for at, (run, part) in enumerate(zip(runs, parts, strict=True))]
