"""The columns, held against tshark on real captures (``../shared/captures``; skipped where absent)."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from correlate.model.packets import ChecksumState
from correlate.model.packets import PacketFlag as Flag
from correlate.model.tunnels import layers_of
from correlate.wire.names import PACKET_FIELDS, TUPLE_FIELDS
from tests.dissect.chunks import dissect, read_pcap

CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
PREFERENCES = (
    "tcp.relative_sequence_numbers:FALSE", "tcp.analyze_sequence_numbers:FALSE", "tcp.desegment_tcp_streams:FALSE", "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE", "ip.check_checksum:TRUE", "ip.defragment:FALSE", "ipv6.defragment:FALSE", "ip.tso_support:FALSE",
)  # fmt: skip
STATES = (
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
    "ip.checksum.status",
)
FIELDS = (*(field.name for field in (*PACKET_FIELDS, *TUPLE_FIELDS)), "ieee8021ad.id", *STATES)
LAYER_OF = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}
ECHO = {"icmp.seq", "icmp.ident", "icmpv6.echo.sequence_number", "icmpv6.echo.identifier"}

VANTAGES = (
    "kurose-nat/*.pcap", "ns3-pat/*nat-[12]*.pcap", "rewrites/test.rewrite_[2lmst]*", "rewrites/test2.rewrite_vlan*",
    "proxydetection/base-base_http1/*.pcap",
)  # fmt: skip

TUNNELS = (
    "erspan-type-i-4.pcap", "erspan-type-ii-2.pcap", "geneve.pcap", "gso-ipv4-vxlan-ipv6.pcap", "gso-ipv6-geneve-ipv4.pcap",
    "ipv6-srh-ext-header.pcap", "lspping-fec-ldp.pcap", "mpls-over-udp.pcap", "mpls-traceroute.pcap", "vxlan.pcap",
)  # fmt: skip
"""Captures of the zoo that hold packets in packets; tshark opens each as we do."""


def real_captures():
    """A sample that runs in seconds; all of them agreed when this was written (hostile bytes: ``test_frames``)."""
    named = [path for pattern in VANTAGES for path in sorted((CAPTURES / "vantages").glob(pattern))]
    zoo = CAPTURES / "formats" / "tcpdump"
    return named + sorted({*sorted(zoo.glob("*.pcap"))[::40], *(zoo / name for name in TUNNELS)})


def checksum_differences(table, row, theirs):
    """Verdicts of tshark (1 good, 0 bad) against ours, where both have one."""
    found = []
    state = int(table.columns.l4_csum_state[row])
    layer = LAYER_OF.get(int(table.columns.proto[row]))
    if layer and state in (ChecksumState.GOOD, ChecksumState.BAD):
        verdict = theirs[f"{layer}.checksum.status"]
        if verdict in ("0", "1") and (verdict == "1") != (state == ChecksumState.GOOD):
            found.append((f"{layer}.checksum.status", state, verdict))
    header = theirs["ip.checksum.status"]
    is_checked = header in ("0", "1") and table.columns.ip_csum[row] and "ip" in layers(table, row)
    if is_checked and (header == "0") != bool(table.columns.flags[row] & Flag.IP_CSUM_BAD):
        found.append(("ip.checksum.status", int(table.columns.flags[row]), header))
    return found


def tshark_rows(path, frames):
    """One dictionary per frame: all values of every field, in the order of the headers, joined by ``|``."""
    command = [
        "tshark",
        "-n",
        "-r",
        str(path),
        "-c",
        str(frames),
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=|",
        "-E",
        "separator=/t",
    ]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for name in FIELDS:
        command += ["-e", name]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in text.splitlines()]


def outside(table, row, layer):
    """How many headers of a layer are outside the packet: each tunnel has one IP header, and some a UDP header."""
    count = 0
    for number in layers_of(table.tunnels, int(table.columns.tunnel[row])):
        at = int(table.tunnels.tuple_id[number])
        if at >= 0:
            count += {"ip": table.tuples.version[at] == 4, "ipv6": table.tuples.version[at] == 6}.get(
                layer, layer == LAYER_OF.get(int(table.tuples.proto[at]))
            )
    return count


def of_packet(table, row, theirs):
    """What tshark prints of the packet that is our row: headers outside it come before, those it quotes after."""
    if not table.columns.tunnel[row]:
        return {name: value.split("|")[0] for name, value in theirs.items()}
    picked = {}
    for name, value in theirs.items():
        values = value.split("|")
        at = outside(table, row, name.split(".")[0])
        picked[name] = values[at] if at < len(values) else ""
        if name == "vlan.id":
            picked[name] = values[-1]
    return picked


def layers(table, row):
    """The layers of a packet that we read."""
    flags = Flag(int(table.columns.flags[row]))
    found = {"ipv6" if flags & Flag.IPV6 else "ip"}
    if table.columns.vlan[row] != -1:
        found.add("vlan")
    if flags & Flag.TRANSPORT:
        found.add(LAYER_OF[int(table.columns.proto[row])])
    return found


def rendered(field, value):
    """A value as a number, whatever base tshark prints it in."""
    if field.codec == "text":
        return value
    return int(value, 0) if value not in ("True", "False") else int(value == "True")


def differences(table, row, theirs):
    """(field, ours, theirs) where the two disagree."""
    flags = int(table.columns.flags[row])
    is_length_sure = not flags & (
        Flag.LEN_LIES | Flag.IP_LEN_ZERO | Flag.FRAGMENT | Flag.OPTIONS_CUT | Flag.OPTIONS_BAD
    )
    found = []
    for field in (*PACKET_FIELDS, *TUPLE_FIELDS):
        if field.layer not in layers(table, row) or (field.flag and not flags & Flag[field.flag]):
            continue
        if field.name in ("ip.len", "ipv6.plen", "tcp.len", "udp.length") and not is_length_sure:
            continue
        is_echo = int(table.columns.icmp_type[row]) in (0, 8, 128, 129)
        if field.codec == "text" or (field.name in ECHO and not is_echo):
            continue
        if field.name == "vlan.id" and theirs["ieee8021ad.id"]:
            continue  # tshark names the tag after its EtherType
        columns, at = (
            (table.columns, row) if field in PACKET_FIELDS else (table.tuples, int(table.columns.tuple_id[row]))
        )
        ours = ((int(getattr(columns, field.column)[at]) >> field.shift) & field.mask) + field.add
        if theirs[field.name] == "" or rendered(field, theirs[field.name]) != ours:
            found.append((field.name, ours, theirs[field.name]))
    return found


@pytest.mark.real
@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None or not CAPTURES.is_dir(), reason="no tshark or no captures")
@pytest.mark.parametrize("path", real_captures(), ids=lambda path: path.name)
def test_columns_are_what_tshark_prints(path):
    """dissect = tshark (style: Laws), field by field."""
    capture = read_pcap(path)
    if capture is None:
        pytest.skip("not a sound classic pcap file")
    link_type, frames = capture
    frames = frames[:300]
    table, _ = dissect([frame for frame, _ in frames], wire_lens=[wire for _, wire in frames], link_type=link_type)
    theirs = tshark_rows(path, len(frames))
    wrong = [
        (int(frame), *difference)
        for row, frame in enumerate(table.columns.frame)
        if frame <= len(theirs) and not table.columns.flags[row] & Flag.IP_LEN_ZERO  # tshark 4.0 stops at a length of 0
        for check in (differences, checksum_differences)
        for difference in check(table, row, of_packet(table, row, theirs[frame - 1]))
    ]
    assert wrong == []
    assert not np.any(table.columns.payload_cap > table.columns.payload_len)
