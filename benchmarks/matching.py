"""Association and matching alone, stage by stage, and how their cost grows.

**In:** sizes and numbers of flows. **Out:** a table: CPU seconds per stage, pairs wrong and missed against the truth.
**Method:** the traffic of ``generate.py`` (port translation, loss, another clock) with the initial sequence numbers of
the far side rewritten in the columns; and captures of packets that are all alike. CPU seconds of this process, so that
other work on the machine counts little.
**Not here:** whole runs against other tools (``compare.py``).

    python benchmarks/matching.py --packets 100000 1000000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generate import EPOCH_NS, Traffic
from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.load import load_vantage
from correlate.match import match_vantages, vantages
from correlate.model.packets import TCP, PacketTable

PARTS = {
    "repeats": ("find_repeats",),
    "likeness": ("_pairs_by_likeness",),
    "associate": ("_join_flows",),
    "pair": ("_match_pair", "pair_strays"),
    "table": ("build_table",),
}
"""Column -> functions of ``correlate.match.vantages`` timed for it."""


@contextmanager
def clocked(costs: dict[str, float]) -> Iterator[None]:
    """Add the CPU seconds of each part to ``costs`` while it lasts."""
    plain = {name: getattr(vantages, name) for names in PARTS.values() for name in names}

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            began = time.process_time()
            result = function(*values, **named)
            costs[part] = costs.get(part, 0.0) + time.process_time() - began
            return result

        return call

    for part, names in PARTS.items():
        for name in names:
            setattr(vantages, name, timed(part, plain[name]))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(vantages, name, function)


def rewrite_numbers(table: PacketTable, seed: int) -> PacketTable:
    """Return the packets with the sequence numbers of every flow and direction moved by a constant."""
    rng = np.random.default_rng(seed)
    flows = group_flows(table)
    by = rng.integers(0, 2**32, (len(flows), 2))
    out = flows.is_outbound.astype(np.int64)
    is_tcp = table.columns.proto == TCP
    seq = np.where(is_tcp, table.columns.seq + by[flows.of_packet, out], table.columns.seq)
    ack = np.where(table.columns.ack != 0, table.columns.ack + by[flows.of_packet, 1 - out], 0)
    columns = table.columns._replace(
        seq=(seq & 0xFFFFFFFF).astype(table.columns.seq.dtype), ack=(ack & 0xFFFFFFFF).astype(table.columns.ack.dtype)
    )
    return PacketTable(columns=columns, tuples=table.tuples, quotes=table.quotes)


def write_alike(path: Path, count: int, offset_ns: int) -> None:
    """Write datagrams of one flow, 20 ms apart, all alike but the first eight: something must join the flow."""
    body = bytes.fromhex(
        "020000000001020000000002080045000030000040004011000a0a000001c000025082350035001c0000"
    ) + bytes(20)
    record = np.zeros(count, np.dtype([("head", "<u4", 4), ("data", "S62")]))
    stamps = EPOCH_NS + offset_ns + np.arange(count) * 20_000_000
    record["head"] = np.stack([stamps // 10**9, stamps % 10**9, np.full(count, 62), np.full(count, 62)], axis=1)
    raw = record.view(np.uint8).reshape(count, -1)
    raw[:, 16:] = np.frombuffer(body.ljust(62, b"\0"), np.uint8)
    raw[:8, -20:] = np.random.default_rng(1).integers(0, 256, (8, 20))
    head = np.array([0xA1B23C4D, 4 << 16 | 2, 0, 0, 96, 1], "<u4").tobytes()
    path.write_bytes(head + raw.tobytes())


def run(tables: list[PacketTable]) -> tuple[dict[str, float], Any]:
    """Return the costs of one run, and the matches."""
    costs: dict[str, float] = {}
    began = time.process_time()
    flows = [group_flows(table) for table in tables]
    costs["flows"] = time.process_time() - began
    prints = [fingerprint(table) for table in tables]
    costs["fingerprint"] = time.process_time() - began - costs["flows"]
    with clocked(costs):
        match, _ = match_vantages(tables, flows, prints)
    costs["total"] = time.process_time() - began
    return costs, match


def judge(match: Any, tables: list[PacketTable], truth: Path) -> str:
    """Return pairs wrong and missed."""
    both = np.flatnonzero((match.rows >= 0).all(axis=1))
    found = [table.columns.frame[match.rows[both, side]] for side, table in enumerate(tables)]
    known = np.load(truth)
    real = np.zeros(int(known["frame_a"].max()) + 1, np.int64)
    real[known["frame_a"]] = known["frame_b"]
    wrong = int(np.count_nonzero(real[found[0]] != found[1]))
    missed = int(np.count_nonzero((known["frame_a"] > 0) & (known["frame_b"] > 0))) - (len(both) - wrong)
    return f"{wrong} wrong, {missed} missed"


def main() -> None:
    """Time from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--flows", type=int, nargs="+", default=[20, 20_000])
    asked = parser.parse_args()
    columns = ["flows", "fingerprint", *PARTS, "total"]
    print("| traffic | packets | flows | " + " | ".join(columns) + " | pairs |")
    print("|---" * (len(columns) + 4) + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for packets in asked.packets:
            for count in asked.flows:
                traffic = Traffic(folder, packets, 96, 1, flow_packets=max(5, packets // count))
                traffic.write(with_truth=True)
                tables = [load_vantage(side, [str(folder / f"{side}.pcap")]).packets for side in ("a", "b")]
                for title, pair in (
                    ("PAT", tables),
                    ("PAT, ISN rewritten", [tables[0], rewrite_numbers(tables[1], 7)]),
                ):
                    costs, match = run(pair)
                    pairs = judge(match, pair, folder / "truth.npz")
                    _tell(title, packets, len(group_flows(pair[0])), [costs.get(c, 0.0) for c in columns], pairs)
            for side, offset in (("a", 0), ("b", 2_000_000)):
                write_alike(folder / f"{side}.pcap", packets, offset)
            tables = [load_vantage(side, [str(folder / f"{side}.pcap")]).packets for side in ("a", "b")]
            costs, match = run(tables)
            pairs = f"{int((match.rows >= 0).all(axis=1).sum())} pairs"
            _tell("all alike", packets, 1, [costs.get(c, 0.0) for c in columns], pairs)


def _tell(title: str, packets: int, flows: int, seconds: list[float], pairs: str) -> None:
    cells = " | ".join(f"{value:.2f}" for value in seconds)
    print(f"| {title} | {packets} | {flows} | {cells} | {pairs} |", flush=True)


if __name__ == "__main__":
    main()
