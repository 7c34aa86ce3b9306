"""``diagnose.verdict``: what is cleared, and what is honestly left open."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.verdict import _rounded_up, give_verdicts
from correlate.model.trajectories import Fate, FateGrade, Reason
from tests.diagnose.dialogue import Dialogue, Say
from tests.diagnose.worlds import BULK, CLEAN, CLEAN_THREE, MS, SMALL, of_captures, outcome
from tests.netsim import SECOND, StreamLoad, chain
from tests.netsim.boxes import Nat, SetField


def test_a_clean_path_is_told_once_with_all_its_packets() -> None:
    """findings.md: no loss, change or added delay above the stated floor."""
    done = outcome(CLEAN_THREE)
    one = done.only("clean")
    assert (one.hop, one.grade, one.quantity) == (None, "proven", len(done.result.trajectories))
    assert "above 10 ms on 2 hops" in one.title


def test_beside_a_guilty_hop_the_others_are_cleared_by_name() -> None:
    """What is cleared is as useful as what is blamed."""
    done = outcome(chain(4, loads=SMALL).with_hop(1, reverse={"extra": ((3 * SECOND, 4 * SECOND, 300 * MS),)}))
    assert [one.hop for one in done.of("clean")] == [("client", "fw-int"), ("fw-ext", "server")]


def test_the_stated_floor_is_what_was_measured() -> None:
    """Nothing is called clean below a delay that some packet had."""
    done = outcome(chain(3, loads=SMALL).with_hop(0, both={"jitter_ns": 5 * MS}))
    one = done.only("clean")
    floor = int(one.title.split("above ")[1].split(" ms")[0])
    assert floor > 10


def test_a_hop_that_delays_much_is_not_called_clean_even_if_nobody_is_accused() -> None:
    """A queue that fills is no hold, yet nobody would call it clean."""
    done = outcome(chain(2, loads=SMALL).with_hop(0, reverse={"rate_bps": 2_000_000, "queue_ns": 2 * SECOND}))
    view = done.view()
    fates = view.run.fates
    late = fates.owd_ns.copy()
    row = int(np.flatnonzero((fates.fate == Fate.DELIVERED) & ~view.is_repeated[fates.packet])[-1])
    late[row] += 500 * MS
    changed = attrs.evolve(view, run=attrs.evolve(view.run, fates=fates._replace(owd_ns=late)))
    assert "clean" not in {one.code for one in give_verdicts(changed, [])}


def test_a_harmless_change_is_still_a_change() -> None:
    """A hop that rewrites DSCP does not pass packets unchanged; NAT's own changes are expected."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, boxes=[SetField(value=0x28)]))
    assert [one.hop for one in done.of("clean")] == [("client", "firewall")]
    assert outcome(chain(3, loads=SMALL).with_hop(1, boxes=[Nat()])).only("clean").hop is None


def test_open_questions_are_told_with_what_would_settle_them() -> None:
    """findings.md: 'cannot tell' plus the reason is an answer."""
    done = outcome(chain(2, loads=BULK).with_hop(0, both={"loss": 0.03}).with_tap(1, miss=0.03))
    for one in done.of("cannot-tell"):
        assert (one.grade, one.severity) == ("inconclusive", "info")
        assert one.settle
    assert not done.of("clean")


def test_traffic_one_way_leaves_delay_unknown_and_the_hop_unjudged() -> None:
    """Without packets both ways the clocks are bounded from one side only."""
    done = outcome(chain(3, loads=(StreamLoad(flows=3),)))
    assert [one.hop for one in done.of("cannot-tell")] == [("client", "firewall"), ("firewall", "server")]
    assert "clean" not in done.codes


def test_one_capture_alone_cannot_judge_a_path() -> None:
    """contract.md: one vantage gives no hops, ``cannot-tell`` with ``settle``."""
    done = outcome(CLEAN, drop=("server",))
    one = done.only("cannot-tell")
    assert (one.vantage, done.codes) == ("client", {"cannot-tell"})


def test_an_unrelated_capture_is_named_and_the_rest_is_judged() -> None:
    """Its packets are unmatched, never lost."""
    sim = outcome(CLEAN).sim
    stranger = Dialogue(lines=[Say(who="client", at=0, size=100)], handshake=False).captures()["client"]
    done = of_captures({**sim.captures, "stranger": stranger})
    [one] = [one for one in done.of("cannot-tell") if one.vantage == "stranger"]
    assert "shares no packet" in one.title
    assert not done.accusations
    assert [clean.hop for clean in done.of("clean")] == [("client", "server")]


@pytest.mark.parametrize(
    ("fate", "reason", "grade", "told"),
    [
        (Fate.NOT_CAPTURED, Reason.ACKED_FROM_BEYOND, FateGrade.LIKELY, ["likely"]),
        (Fate.NOT_CAPTURED, Reason.SEEN_BEYOND, FateGrade.PROVEN, ["proven"]),
        (Fate.NOT_CAPTURED, Reason.WINDOW, FateGrade.LIKELY, ["proven"]),
        (Fate.AMBIGUOUS, Reason.NO_EVIDENCE, FateGrade.INCONCLUSIVE, []),
        (Fate.LOST, Reason.RATE, FateGrade.INCONCLUSIVE, []),
        (Fate.ABSORBED, Reason.ANSWERED_ON_HOP, FateGrade.LIKELY, []),
        (Fate.ABSORBED, Reason.ICMP_ANSWERED, FateGrade.PROVEN, ["proven"]),
    ],
)
def test_clean_is_as_sure_as_its_least_sure_packet(fate, reason, grade, told) -> None:
    """Every hop judged; packets outside a capture's window do not count."""
    view = outcome(CLEAN).view()
    fates = view.run.fates
    columns = {name: getattr(fates, name).copy() for name in ("fate", "reason", "grade")}
    for name, value in (("fate", fate), ("reason", reason), ("grade", grade)):
        columns[name][5] = value
    changed = attrs.evolve(view, run=attrs.evolve(view.run, fates=fates._replace(**columns)))
    verdicts = list(give_verdicts(changed, []))
    assert [one.grade for one in verdicts if one.code == "clean"] == told


@pytest.mark.parametrize(("ns", "rounded"), [(0, 0), (1, 5 * MS), (10 * MS, 10 * MS), (10 * MS + 1, 15 * MS)])
def test_floors_are_rounded_up(ns: int, rounded: int) -> None:
    """Rounding down would claim too much."""
    assert _rounded_up(ns) == rounded
