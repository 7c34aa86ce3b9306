"""Rule: every frame that was read is in exactly one bucket (contract, ledger)."""

from __future__ import annotations

import attrs
import pytest

from correlate import correlate
from correlate.focus import Focus
from correlate.options import Options
from tests.netsim import DnsLoad, TcpLoad, chain, simulate

BUCKETS = ("matched", "unmatched", "copy", "not_ip", "fragment_incomplete", "unsupported_link", "malformed")


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    world = chain(2, loads=(TcpLoad(flows=2), DnsLoad(flows=3)))
    return {name: str(path) for name, path in simulate(world, 1).write(tmp_path_factory.mktemp("captures")).items()}


def test_on_a_clean_path_everything_is_matched(paths):
    found = correlate(paths)
    assert [ledger.read for ledger in found.ledgers] == [vantage.frames for vantage in found.vantages]
    assert all(ledger.matched == ledger.read for ledger in found.ledgers)
    assert [vantage.duplicates for vantage in found.vantages] == [0, 0]


def test_what_an_option_leaves_out_is_counted_before_anything_else(paths):
    for ledger in correlate(paths, options=Options(focus=Focus(display_filter="udp"))).ledgers:
        assert ledger.filtered_by_option > 0
        assert ledger.matched == ledger.read - ledger.filtered_by_option


def test_frames_of_one_vantage_alone_are_unmatched(paths):
    (ledger,) = correlate({"client": paths["client"]}).ledgers
    assert ledger.unmatched == ledger.read
    assert sum(attrs.asdict(ledger)[bucket] for bucket in BUCKETS) == ledger.read
