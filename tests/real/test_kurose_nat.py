"""A home router's NAT between two real clocks.

Rule: README of the captures: 131 of 132 home packets are at the ISP; the missing one precedes the ISP capture; the
ISP's clock is 0.4209 s ahead.
"""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.trajectories import Fate, Reason
from tests.real.captures import bounds_of, correlated, frames_of, names_in_order

pytestmark = pytest.mark.real

LEAST_TWO_WAY_NS = 1_115_000


@pytest.fixture(scope="module")
def result():
    return correlated("kurose-nat", home="NAT_home_side.pcap", isp="NAT_ISP_side.pcap")


def test_131_of_132_home_packets_are_found_at_the_isp(result):
    frames = frames_of(result)
    assert names_in_order(result) == ["home", "isp"]
    assert int((frames[:, 0] > 0).sum()) == 132
    assert int((frames > 0).all(axis=1).sum()) == 131
    assert not result.trajectories.is_ambiguous[(frames > 0).all(axis=1)].any()


def test_the_icmp_error_whose_quoted_header_is_translated_is_found(result):
    assert [49, 53] in frames_of(result).tolist()


def test_none_is_called_lost_and_the_missing_one_precedes_the_capture(result):
    fates = result.fates
    assert not (fates.fate == Fate.LOST).any()
    (first,) = np.flatnonzero(frames_of(result)[:, 0] == 1)
    (row,) = np.flatnonzero(fates.packet == first)
    assert (fates.fate[row], fates.reason[row]) == (Fate.NOT_CAPTURED, Reason.WINDOW)


def test_source_nat_is_learned_with_its_addresses(result):
    (group,) = result.metrics.translations
    assert (group.hop, group.kind) == (0, "snat")
    c, table = result.mutations.columns, result.mutations
    of_source = c.field == table.fields.index("ip.src")
    seen = {
        (table.text(int(f), int(b)), table.text(int(f), int(a)))
        for f, b, a in zip(c.field[of_source], c.before[of_source], c.after[of_source], strict=True)
    }
    assert ("192.168.1.100", "71.192.34.104") in seen
    assert c.expected[of_source].all()


def test_the_known_offset_lies_inside_bounds_as_narrow_as_causality_allows(result):
    """The truth is known to 0.1 ms; a bound may not be wider than 1.05 times the least two-way transit."""
    lo, hi = bounds_of(result, "isp")
    assert (lo <= 420_950_000).all()
    assert (hi >= 420_850_000).all()
    assert int((hi - lo).min()) <= 1.05 * LEAST_TWO_WAY_NS


def test_nobody_is_accused(result):
    assert {finding.severity for finding in result.findings} == {"info"}
    assert {"nat", "clean"} <= {finding.code for finding in result.findings}
