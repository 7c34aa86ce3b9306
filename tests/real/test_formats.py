"""The same traffic in every format gives the same packets.

Rule: README of the public captures: `same-traffic` is one capture of 134 frames in many formats; `.erf` holds one
metadata record and no frame.
"""

from __future__ import annotations

import numpy as np
import pytest

from correlate.errors import UnreadableCapture
from correlate.load import load_vantage
from correlate.model.packets import FrameFate
from correlate.read import read_frames
from tests.real.captures import CAPTURES, need

FOLDER = CAPTURES / "formats" / "same-traffic"
COARSE = {"netmon1": 1_000_000}
"""Formats that keep ms only."""
READ = ("modpcap", "netmon1", "netmon2", "nokiapcap", "nsecpcap", "pcapng", "rh6_1pcap", "snoop", "suse6_3pcap")
OTHERS = (
    "5views", "commview-ncf", "commview-ncfx", "k12text", "lanalyzer", "nettl", "ngsniffer", "ngwsniffer_1_1",
    "ngwsniffer_2_0", "observer", "visual",
)  # fmt: skip

pytestmark = pytest.mark.real


def loaded(form: str):
    return load_vantage("home", [str(need(FOLDER / f"nat_home.{form}"))])


@pytest.mark.parametrize("form", READ)
def test_every_format_gives_the_same_packets(form) -> None:
    ours, wanted = loaded(form), loaded("pcap")
    assert ours.vantage.frames == 134
    assert ours.frame_counts == wanted.frame_counts
    columns = ours.packets.columns._asdict()
    unit = COARSE.get(form, 1000)
    for name, column in wanted.packets.columns._asdict().items():
        if name == "ts_ns":
            # Versions of Network Monitor count from a start in ms: whole units of it may differ by rounding.
            assert (np.abs(columns[name] - column) < unit).all()
        else:
            assert np.array_equal(columns[name], column), name


def test_the_erf_file_holds_one_record_and_no_packet() -> None:
    one = loaded("erf")
    assert (one.vantage.frames, len(one.packets)) == (1, 0)
    assert one.frame_counts[FrameFate.PACKET] == 0


@pytest.mark.parametrize("form", OTHERS)
def test_other_formats_end_in_one_line_with_the_way_out(form) -> None:
    path = need(FOLDER / f"nat_home.{form}")
    with pytest.raises(UnreadableCapture, match="editcap -F pcapng IN OUT") as caught:
        next(read_frames(str(path)))
    assert "\n" not in str(caught.value)
