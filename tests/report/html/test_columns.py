"""What the page carries of each packet."""

import base64
import json
import zlib

import attrs
import numpy as np

from correlate.report.html.columns import page_data
from correlate.report.html.sample import sample_of
from tests.report.builder import alone, flagship, strangers
from tests.report.html.test_coding import read_varints
from tests.report.runs import run


def columns(found, most=100_000):
    data, blob = page_data(found, sample_of(found, most))
    raw, at, read = zlib.decompress(base64.b64decode(blob), -15), 0, {}
    for name, count, size in data["columns"]:
        read[name] = read_varints(raw[at : at + size])
        assert len(read[name]) == count
        at += size
    assert at == len(raw)
    json.dumps(data, allow_nan=False)
    return data, read


def signed(values):
    return [value // 2 if value % 2 == 0 else -(value + 1) // 2 for value in values]


def test_packets_of_a_part_have_the_numbers_of_the_whole():
    found = run("syn-ack-altered")
    numbers = np.arange(len(found.trajectories)) * 3
    assert "number" not in columns(found)[1]
    assert columns(attrs.evolve(found, numbers=numbers))[1]["number"] == numbers.tolist()


def test_times_frames_and_fates_are_the_tables():
    found = run("syn-ack-altered")
    data, read = columns(found)
    base, total, times = int(data["base_ns"]), 0, []
    for step in signed(read["time"]):
        total += step
        times.append(base + total)
    seen = found.trajectories.rows >= 0
    assert times == [int(found.trajectories.time_ns[at][seen[at]].min()) for at in range(len(found.trajectories))]
    frame = 0
    for at, step in enumerate(read["n1"]):
        if step:
            frame += signed([step - 1])[0]
            assert frame == int(found.packets[found.path.order[1]].columns.frame[found.trajectories.rows[at, 1]])
        else:
            assert not seen[at, 1]
    fates = {
        (int(p), int(h)): int(f) for p, h, f in zip(found.fates.packet, found.fates.hop, found.fates.fate, strict=True)
    }
    for hop in range(3):
        assert [value - 1 if value else None for value in read[f"fate{hop}"]] == [
            fates.get((at, hop)) for at in range(12)
        ]


def test_labels_are_of_the_packet_as_sent():
    """The SYN-ACK left the server without data; what the client got is a change, not its name."""
    _data, read = columns(run("syn-ack-altered"))
    assert read["f_payload_len"][1] == 0


def test_unexpected_changes_are_carried_with_their_values():
    data, read = columns(run("syn-ack-altered"))
    fields = {data["changed"][at] for at in read["c_field"]}
    assert {"ip.len", "tcp.len", "tcp.payload"} <= fields
    assert "ip.ttl" not in fields
    assert "0000" in data["texts"]


def test_runs_without_hops_or_common_packets_have_columns_too():
    for found in (alone(), strangers(), flagship(half_width=None)):
        columns(found)


def test_rates_count_all_packets_of_every_vantage():
    found = run("held-last-segment")
    _data, read = columns(found, 50)
    for place, vantage in enumerate(found.path.order):
        assert sum(read[f"rate{place}"]) == len(found.packets[vantage])
