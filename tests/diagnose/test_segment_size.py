"""``diagnose.segment_size``: a broken promise is proven by two frames; offload sizes are none."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.segment_size import find_ignored_sizes
from correlate.model.packets import ChecksumState
from tests.diagnose.sets import outcome_of_set
from tests.diagnose.worlds import BULK, outcome
from tests.netsim import chain
from tests.netsim.boxes import MssClamp


def test_segments_above_the_peers_offer_are_told_and_where_they_ended() -> None:
    """Case 4: 536 bytes for an MSS of 512; all of them reach the server, which refuses them."""
    one = outcome_of_set("mss-ignored").only("mss-ignored")
    assert (one.vantage, one.grade, one.quantity) == ("client", "proven", 5)
    assert "5 of 5 reach server, and none is acknowledged: the receiver refuses them, not the path." in one.explanation


def test_one_capture_tells_the_broken_promise_but_not_the_end() -> None:
    """The sender's own capture shows both frames; where the segments died it does not show."""
    done = outcome_of_set("mss-ignored", only=("client",))
    one = done.only("mss-ignored")
    assert one.grade == "proven"
    assert "One capture cannot tell whether they died on the way or in the host." in one.explanation


def test_frames_that_a_card_was_to_cut_break_no_promise() -> None:
    """A partial checksum says that the size is not that of the wire."""
    view = outcome_of_set("mss-ignored").view()
    packets = tuple(
        attrs.evolve(
            table,
            columns=table.columns._replace(
                l4_csum_state=np.full(len(table), ChecksumState.PARTIAL, np.uint8),
            ),
        )
        for table in view.run.packets
    )
    assert not list(find_ignored_sizes(attrs.evolve(view, run=attrs.evolve(view.run, packets=packets))))


def test_a_clamp_on_the_way_counts_as_the_offer() -> None:
    """Each sender keeps to what reached it."""
    assert "mss-ignored" not in outcome(chain(3, loads=BULK).with_hop(1, boxes=[MssClamp()])).codes
    assert "mss-ignored" not in outcome(chain(2, loads=BULK)).codes
