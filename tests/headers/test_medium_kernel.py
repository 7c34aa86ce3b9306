"""Media and capture systems beyond the common links: what is opened, what is not, and never beyond the frame."""

import shutil
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from correlate.model.packets import FrameFate
from tests.dissect import naive_links
from tests.dissect.chunks import dissect
from tests.dissect.packets import LINKS, MEDIA, link_ethernet, pktap, radiotap, wireless

V4 = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / b"payload"
V6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=1, dport=2) / b"payload"
UNKNOWN_TO_TSHARK = {"arcnet", "pktap raw", "switch tag", "cisco with direction", "netanalyzer", "pppd", "slip"}
"""Not read by tshark 4.0, or only with a preference or a device's own fields: see the layouts at tcpdump.org."""


def fate_of(frame, link_type):
    _, counts = dissect([frame], link_type=link_type)
    return next(fate for fate, count in counts.items() if count)


@pytest.mark.parametrize(
    ("frame", "link_type", "fate"),
    [
        (wireless(V4, flags=0x41), 105, FrameFate.NOT_IP),  # encrypted
        (wireless(V4, control=0x48), 105, FrameFate.NOT_IP),  # without a body
        (wireless(V4, control=0x80), 105, FrameFate.NOT_IP),  # beacon
        (wireless(V4, control=0x88, extra=b"\x80\0"), 105, FrameFate.NOT_IP),  # several packets in one frame
        (wireless(V4, flags=5), 105, FrameFate.NOT_IP),  # more fragments follow
        (radiotap(wireless(V4), flags=0x20), 127, FrameFate.NOT_IP),  # padded header
        (wireless(V4)[:20], 105, FrameFate.MALFORMED),
        (b"\0\0\xff\xff" + bytes(40), 127, FrameFate.MALFORMED),
        (struct.pack("<III", 108, 1, 147).ljust(108, b"\0") + bytes(V4), 258, FrameFate.UNSUPPORTED_LINK),
        (struct.pack("<III", 12, 1, 258) * 5, 258, FrameFate.UNSUPPORTED_LINK),  # wrapped without end
        (pktap(link_ethernet(V4), 1)[:108], 258, FrameFate.MALFORMED),
        (b"MGC\x02" + bytes(V4), 178, FrameFate.NOT_IP),
        (b"\x18\x41\x03\xcf" + bytes(V4), 107, FrameFate.NOT_IP),  # another NLPID
        (b"\x02\0\0\0\x02\0\x01\0", 239, FrameFate.MALFORMED),  # an attribute shorter than its own header
        (bytes(4) + b"\xd4\x03\0\0" + bytes(V4), 129, FrameFate.NOT_IP),  # one part of a split packet
        (bytes(12) + b"\x88\xe5\x0c\0\0\0\0\1\x08\0" + bytes(V4), 1, FrameFate.NOT_IP),  # MACsec, encrypted
    ],
)
def test_what_cannot_be_read_says_why(frame, link_type, fate):
    assert fate_of(frame, link_type) is fate


@given(
    link=st.sampled_from(sorted(MEDIA)),
    packet=st.sampled_from([V4, V6]),
    changes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 200),
)
def test_kernel_and_twin_agree_on_damaged_frames(link, packet, changes, cut):
    """Both say packet, or both say the same of why there is none."""
    link_type, wrap = MEDIA[link]
    frame = bytearray(wrap(packet))
    for place, value in changes:
        frame[min(place, len(frame) - 1)] = value
    frame = bytes(frame[: max(cut, 1)])
    fate = fate_of(frame, link_type)
    try:
        inner, *_ = naive_links.enter(frame, link_type)
    except naive_links.Broken:
        assert fate is FrameFate.MALFORMED
    except naive_links.Unread:
        assert fate is FrameFate.NOT_IP
    else:
        assert (fate is FrameFate.UNSUPPORTED_LINK) == (inner not in KNOWN)


KNOWN = {
    1,
    113,
    276,
    12,
    14,
    101,
    228,
    229,
    0,
    108,
    9,
    50,
    104,
    105,
    107,
    239,
    7,
    129,
    100,
    106,
    51,
    281,
    284,
    285,
} | set(naive_links.HEADERS)


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("link", sorted(set(MEDIA) - UNKNOWN_TO_TSHARK))
def test_tshark_reads_the_same_packet_there(link, tmp_path):
    """The layouts of these tests are those of the real links."""
    link_type, wrap = LINKS[link]
    frame = wrap(V4)
    path = tmp_path / "one.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    path.write_bytes(header + struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "ip.src", "-e", "udp.dstport"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["10.0.0.1", "2"]
