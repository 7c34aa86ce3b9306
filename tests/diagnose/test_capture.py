"""``diagnose.capture``: faults of captures are told as such, and only those that are there."""

from __future__ import annotations

import attrs
import pytest

from correlate.diagnose.capture import NO_GAP, find_capture_faults
from correlate.model.frames import Problem
from tests.diagnose.worlds import BULK, CLEAN, CLEAN_THREE, SMALL, of_captures, outcome
from tests.netsim import chain, simulate


def test_a_capture_that_misses_packets_is_named_with_its_share() -> None:
    """findings.md: quantity, and what it keeps from being known; proven because they are seen beyond."""
    done = outcome(chain(3, loads=SMALL).with_tap(1, miss=0.05))
    one = done.only("capture-loss")
    truth = int((done.sim.truth.seen[:, 1] == 1).sum())
    assert (one.vantage, one.grade, one.severity, one.quantity) == ("firewall", "proven", "warning", truth)
    assert {ref.vantage for ref in one.evidence} <= {"client", "server"}


def test_every_packet_called_missed_was_missed() -> None:
    """Never on packets that nobody saw or acknowledged beyond."""
    done = outcome(chain(2, loads=BULK).with_tap(1, miss=0.05).with_hop(0, both={"loss": 0.02}))
    for one in done.of("capture-loss"):
        place = ("client", "server").index(one.vantage)
        for ref in one.evidence:
            assert done.sim.truth.seen[done.transmission(ref), place] == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lossy_paths_do_not_make_a_capture_suspect(seed: int) -> None:
    """A few merely likely misses are told as information, never as a warning."""
    done = outcome(chain(3, loads=BULK).with_hop(1, both={"loss": 0.03}), seed)
    assert all(one.severity == "info" for one in done.of("capture-loss"))


def test_mirror_copies_are_no_duplicates_of_the_network() -> None:
    """findings.md: ``capture-duplicates``, never ``duplicated``."""
    done = outcome(chain(3, loads=SMALL).with_tap(1, span_copies=0.3))
    one = done.only("capture-duplicates")
    assert (one.vantage, one.quantity) == ("firewall", len(done.sim.truth.copies))
    assert "duplicated" not in done.codes


def test_cut_frames_are_counted() -> None:
    """snaplen: a fact about the capture, no damage."""
    done = outcome(chain(2, loads=SMALL).with_tap(1, snaplen=96))
    one = done.only("capture-truncated")
    assert (one.vantage, one.severity) == ("server", "info")
    assert "snaplen 96" in one.explanation


def test_damage_that_the_reader_met_is_passed_on() -> None:
    """A damaged file is a warning, with the reader's own words."""
    done = outcome(CLEAN)
    broken = attrs.evolve(
        done.result.vantages[0], problems=(Problem(kind="truncated", detail="record 7 is cut off", count=1),)
    )
    view = attrs.evolve(done.view(), run=attrs.evolve(done.result, vantages=(broken, *done.result.vantages[1:])))
    [one] = [one for one in find_capture_faults(view) if one.code == "capture-truncated"]
    assert (one.severity, one.quantity) == ("warning", 1)
    assert "record 7 is cut off" in one.explanation


@pytest.mark.parametrize("kind", NO_GAP)
def test_what_leaves_no_frame_out_makes_no_capture_incomplete(kind) -> None:
    done = outcome(CLEAN)
    odd = attrs.evolve(done.result.vantages[0], problems=(Problem(kind=kind, detail="odd"),))
    view = attrs.evolve(done.view(), run=attrs.evolve(done.result, vantages=(odd, *done.result.vantages[1:])))
    assert "capture-truncated" not in {one.code for one in find_capture_faults(view)}


@pytest.mark.parametrize("world", [CLEAN, CLEAN_THREE])
def test_whole_captures_have_no_faults(world) -> None:
    """Nothing is said of captures that hold everything."""
    assert not {code for code in outcome(world).codes if code.startswith(("capture-", "offload"))}


def test_frames_cut_by_an_editor_are_a_fault_of_the_capture_and_not_missed_packets() -> None:
    """Four bytes taken off every frame, for a check sequence that was not there: no packet is missing."""
    run = simulate(chain(2, loads=SMALL), 3)
    cut = {"client": 0, "server": 4}
    captures = {
        name: [(frame[0], frame[1][: len(frame[1]) - cut[name]], len(frame[1]) - cut[name]) for frame in frames]
        for name, frames in run.captures.items()
    }
    done = of_captures(captures)
    one = done.only("capture-truncated")
    assert (one.vantage, one.severity, one.grade) == ("server", "warning", "proven")
    assert "ends before" in one.explanation or "end before" in one.explanation
    assert not done.codes & {"capture-loss", "payload-altered", "checksum-corrupt", "loss"}
