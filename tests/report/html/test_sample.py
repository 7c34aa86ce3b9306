"""Which packets a page carries."""

import numpy as np

from correlate.report.html.sample import sample_of
from tests.report.runs import run


def test_small_runs_are_carried_whole():
    found = run("syn-ack-altered")
    sample = sample_of(found)
    assert sample.packets.tolist() == list(range(len(found.trajectories)))
    assert sample.odd == sample.odd_shown == 11


def test_what_is_odd_comes_before_what_is_plain():
    found = run("syn-ack-altered")
    sample = sample_of(found, 8)
    assert len(sample.packets) <= 8 + len(found.findings)
    assert (np.diff(sample.packets) > 0).all()
    assert sample.odd_shown >= 4
    assert sample.total == 12
