"""A clock that is set wrong by days changes nothing but its own offset.

Rule: style, laws; algorithms section 7 (shift invariance).
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.telling import run_frames, tell
from tests.laws.worlds import WORLDS, world_run

DAY = 86_400 * 10**9
ROUNDING_NS = 2
"""Curves are float64 around a base: a nanosecond each way."""


def shifted(run, name, by_ns):
    captures = dict(run.captures)
    captures[name] = [(stamp + by_ns, data, wire_len) for stamp, data, wire_len in captures[name]]
    return captures


def assert_same_but_offset(before, after, name, by_ns):
    was, now = tell(before), tell(after)
    assert was.order == now.order
    assert was.packets == now.packets
    assert was.fates == now.fates
    assert was.mutations == now.mutations
    # An offset of whole hours is worth a note of its own.
    kept = [[f for f in told.findings if f[0] != "clock-zone"] for told in (was, now)]
    assert kept[0] == kept[1]
    for key, delays in was.delays.items():
        assert all(abs(a - b) <= ROUNDING_NS for a, b in zip(delays, now.delays[key], strict=True))
    is_reference = before.vantages[before.clocks.reference].name == name
    for old, new in zip(before.clocks.vantages, after.clocks.vantages, strict=True):
        moved = by_ns * ((before.vantages[old.vantage].name == name) - is_reference)
        stamps = before.packets[old.vantage].columns.ts_ns
        old_bounds, new_bounds = old.offset_at(stamps), new.offset_at(after.packets[new.vantage].columns.ts_ns)
        for a, b in zip(old_bounds, new_bounds, strict=True):
            assert (abs(b - a - moved) <= ROUNDING_NS).all()


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_shifting_one_clock_by_days_moves_only_its_offset(name, tmp_path):
    run = world_run(name)
    before = run_frames(tmp_path / "before", run.captures)
    for vantage in run.captures:
        by_ns = 3 * DAY + 12_345_000
        after = run_frames(tmp_path / "after", shifted(run, vantage, by_ns))
        assert_same_but_offset(before, after, vantage, by_ns)


@pytest.fixture(scope="module")
def unshifted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shift")
    return folder, run_frames(folder / "before", world_run("nat and loss").captures)


@given(by_ns=st.integers(-10_000 * DAY, 10_000 * DAY), at_server=st.booleans())
@settings(max_examples=12, deadline=None)
def test_any_shift_will_do(unshifted, by_ns, at_server):
    folder, before = unshifted
    name = "server" if at_server else "client"
    after = run_frames(folder / "after", shifted(world_run("nat and loss"), name, by_ns))
    assert_same_but_offset(before, after, name, by_ns)
