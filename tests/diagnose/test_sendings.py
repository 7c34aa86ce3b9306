"""``diagnose.sendings``: what a host sent again."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from correlate.diagnose import sendings
from correlate.diagnose.sendings import find_sendings
from tests.diagnose.worlds import BULK, SMALL, outcome
from tests.netsim import chain

LOSSY = chain(3, loads=(*SMALL, *BULK)).with_hop(0, both={"loss": 0.05}).with_tap(0, miss=0.05)


def naive(run) -> tuple[list[int], list[bool], list[bool]]:
    """Group packets by what tells sendings apart, where the path sees them first."""
    table, groups, flags = run.trajectories, defaultdict(list), []
    for i, seen in enumerate(table.rows.tolist()):
        place = next((place for place, row in enumerate(seen) if row >= 0), 0)
        columns = run.packets[run.path.order[place]].columns
        row = max(0, seen[place])
        is_tcp = columns.proto[row] == 6
        flags.append(int(columns.tcp_flags[row]) if is_tcp else 0)
        if is_tcp and columns.payload_len[row]:
            what = ("data",)
        elif is_tcp:
            what = (flags[-1] & 7, int(columns.ack[row]))
        else:
            what = ("content", int(columns.digest[row]))
        groups[int(table.flow[i]), bool(table.is_outbound[i]), int(columns.seq[row]), *what].append(i)
    repeated = [False] * len(flags)
    early = [False] * len(flags)
    for members in groups.values():
        for member in members:
            repeated[member] = len(members) > 1
            early[member] = member != members[-1]
    return flags, repeated, early


def found(run) -> tuple[list[int], list[bool], list[bool]]:
    columns = find_sendings(run)
    return columns.tcp_flags.tolist(), columns.is_repeated.tolist(), columns.is_early.tolist()


def test_sendings_are_those_of_the_plain_twin() -> None:
    """A lossy world with a capture that misses packets."""
    run = outcome(LOSSY).result
    assert found(run) == naive(run)
    assert 0 < int(find_sendings(run).is_early.sum()) < int(find_sendings(run).is_repeated.sum())


def test_keys_that_fall_together_are_sorted_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer, however a capture was made; what the table marked before it gave up is right."""
    run = outcome(LOSSY).result
    marked = sendings.mark_repeats

    def give_up(*args: object) -> int:
        marked(*args)
        return 1

    monkeypatch.setattr(sendings, "mark_repeats", give_up)
    assert found(run) == naive(run)


def test_no_packets_are_no_sendings() -> None:
    """An empty table."""
    assert [len(part) for part in sendings._shared(np.zeros(0, np.uint64))] == [0, 0]
