"""What people do without this tool: joins of two captures by hand, each as short as such scripts are.

**In:** the name of the way and two captures. **Out:** the number of joined packets on standard output.
**Method:** ``dpkt`` and ``scapy``: a dictionary from what a NAT leaves alone (IP ID, length, sequence and
acknowledgement numbers) to the packet; ``pandas``: two exports by tshark, merged; ``pcapdiff``: in the manner of the
EFF's tool, hashes of every packet's bytes beyond addresses, ports, TTL and checksums, struck out one by one.
They learn nothing of clocks, losses or changes.
**Not here:** timing (``compare.py``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "frame.len",
    "ip.src",
    "ip.dst",
    "ip.id",
    "ip.ttl",
    "ip.len",
    "ip.proto",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.len",
)


def tshark_command(path: str) -> list[str]:
    """Return the export of one capture that others are measured against."""
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for field in FIELDS:
        command += ["-e", field]
    return command


def with_dpkt(first: str, second: str) -> int:
    """Join by a dictionary over dpkt's packets."""
    import dpkt  # noqa: PLC0415

    def keys(path: str) -> Iterator[tuple[Any, ...]]:
        with Path(path).open("rb") as stream:
            for _stamp, data in dpkt.pcap.Reader(stream):
                ip = dpkt.ethernet.Ethernet(data).data
                if isinstance(ip, dpkt.ip.IP):
                    upper = ip.data
                    yield ip.id, ip.len, ip.p, getattr(upper, "seq", 0), getattr(upper, "ack", 0)

    return _joined(keys(first), keys(second))


def with_scapy(first: str, second: str) -> int:
    """Join by a dictionary over scapy's packets."""
    from scapy.layers.inet import IP, TCP  # noqa: PLC0415
    from scapy.layers.l2 import Ether  # noqa: F401, PLC0415  -- binds the link type
    from scapy.utils import PcapReader  # noqa: PLC0415

    def keys(path: str) -> Iterator[tuple[Any, ...]]:
        with PcapReader(path) as reader:
            for packet in reader:
                if IP in packet:
                    ip, tcp = packet[IP], packet.getlayer(TCP)
                    yield ip.id, ip.len, ip.proto, tcp.seq if tcp else 0, tcp.ack if tcp else 0

    return _joined(keys(first), keys(second))


def with_pandas(first: str, second: str) -> int:
    """Export both by tshark, merge the tables."""
    import pandas as pd  # noqa: PLC0415

    tables = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in (("a", first), ("b", second)):
            target = Path(folder) / name
            with target.open("wb") as stream:
                subprocess.run(tshark_command(path), check=True, stdout=stream, stderr=subprocess.DEVNULL)
            tables.append(pd.read_csv(target, sep="\t", names=FIELDS, low_memory=False))
    keys = ["ip.id", "ip.len", "ip.proto", "tcp.seq_raw", "tcp.ack_raw"]
    merged = tables[0].merge(tables[1], on=keys)
    return len(merged.drop_duplicates("frame.number_x").drop_duplicates("frame.number_y"))


def with_pcapdiff(first: str, second: str) -> int:
    """Hash every packet's constant bytes; walk the second capture and strike out of the first."""
    import struct  # noqa: PLC0415

    def hashes(path: str) -> Iterator[tuple[Any, ...]]:
        data = Path(path).read_bytes()
        at = 24
        while at + 16 <= len(data):
            kept = struct.unpack_from("<I", data, at + 8)[0]
            frame = data[at + 16 : at + 16 + kept]
            at += 16 + kept
            if frame[12:14] == b"\x08\x00":
                beyond = 14 + 4 * (frame[14] & 15)
                yield frame[16:22], frame[23], frame[beyond + 4 : beyond + 16], hash(frame[beyond + 20 :])

    return _joined(hashes(first), hashes(second))


def _joined(first: Iterator[tuple[Any, ...]], second: Iterator[tuple[Any, ...]]) -> int:
    waiting: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, key in enumerate(first):
        waiting[key].append(number)
    joined = 0
    for key in second:
        if waiting.get(key):
            waiting[key].pop(0)
            joined += 1
    return joined


WAYS: dict[str, Callable[[str, str], int]] = {
    "dpkt": with_dpkt,
    "scapy": with_scapy,
    "pandas": with_pandas,
    "pcapdiff": with_pcapdiff,
}

if __name__ == "__main__":
    print(WAYS[sys.argv[1]](*sys.argv[2:4]))
