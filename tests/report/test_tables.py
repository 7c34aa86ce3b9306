"""The Parquet files (contract: names, types and order of the columns)."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.report import tables, write_parquet
from tests.report.builder import DNS, NAMES, Seen, alone, build, flagship, strangers

TEXT = pa.dictionary(pa.int32(), pa.string())
CONTRACT = {
    "sightings": [
        ("packet", pa.int64()), ("flow", pa.int32()), ("direction", TEXT), ("vantage", TEXT), ("file", TEXT),
        ("frame", pa.int64()), ("captured_ns", pa.int64()), ("time_ns", pa.int64()), ("time_lo_ns", pa.int64()),
        ("time_hi_ns", pa.int64()), ("copy", pa.bool_()),
    ],
    "fates": [
        ("packet", pa.int64()), ("flow", pa.int32()), ("direction", TEXT), ("hop_from", TEXT), ("hop_to", TEXT),
        ("fate", TEXT), ("grade", TEXT), ("reason", TEXT), ("copy_of", pa.int64()), ("owd_ns", pa.int64()),
        ("owd_lo_ns", pa.int64()), ("owd_hi_ns", pa.int64()),
    ],
    "mutations": [
        ("packet", pa.int64()), ("flow", pa.int32()), ("direction", TEXT), ("hop_from", TEXT), ("hop_to", TEXT),
        ("field", TEXT), ("kind", TEXT), ("expected", pa.bool_()), ("before", TEXT), ("after", TEXT),
        ("frame_from", pa.int64()), ("file_from", TEXT), ("frame_to", pa.int64()), ("file_to", TEXT),
    ],
}  # fmt: skip


@pytest.mark.parametrize("build_run", [flagship, strangers, alone])
def test_columns_are_the_contracts(build_run, tmp_path):
    write_parquet(build_run(), tmp_path)
    for name, columns in CONTRACT.items():
        schema = pq.read_schema(tmp_path / f"{name}.parquet")
        assert [(field.name, field.type) for field in schema] == columns


def rows(run, name, folder):
    write_parquet(run, folder)
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def test_a_sighting_says_both_clocks(tmp_path):
    row = next(r for r in rows(flagship(), "sightings", tmp_path) if (r["vantage"], r["frame"]) == ("fw-int", 6457))
    assert row["packet"] == 1
    assert row["time_ns"] - row["captured_ns"] == 643_000 * 10**6
    assert row["time_lo_ns"] <= row["time_ns"] <= row["time_hi_ns"]
    assert (row["direction"], row["file"], row["copy"]) == ("forward", "fw-int.pcap", False)


def test_unbounded_times_and_delays_are_null(tmp_path):
    run = flagship(half_width=None)
    assert {r["time_lo_ns"] for r in rows(run, "sightings", tmp_path) if r["vantage"] == "server"} == {None}
    assert {r["owd_lo_ns"] for r in rows(run, "fates", tmp_path)} == {None}


def test_a_lost_packet_has_no_delay_and_no_row_beyond(tmp_path):
    """Contract: no row after lost."""
    third = [r for r in rows(flagship(), "fates", tmp_path) if r["packet"] == 3]
    assert [(r["hop_from"], r["hop_to"], r["fate"], r["reason"], r["owd_ns"]) for r in third] == [
        ("client", "fw-int", "delivered", "seen", 290_000),
        ("fw-int", "fw-ext", "lost", "rejected", None),
    ]


def test_a_network_duplicate_names_its_original_where_it_was_made(tmp_path):
    """Contract: copy_of on the hop that made it, else null."""
    seen = [
        Seen(flow=0, outbound=True, at={0: (0, 1), 1: (10, 1)}, fields={}),
        Seen(
            flow=0,
            outbound=True,
            at={1: (20, 2)},
            fields={},
            duplicate_of=0,
            fates=((0, Fate.ORIGINATED, FateGrade.LIKELY, Reason.NETWORK_DUPLICATE),),
        ),
    ]
    run = build(NAMES[:2], [DNS], seen)
    assert [(r["packet"], r["fate"], r["copy_of"]) for r in rows(run, "fates", tmp_path)] == [
        (1, "delivered", None),
        (2, "originated", 1),
    ]


def test_mutation_frames_belong_to_their_vantage_whatever_the_direction(tmp_path):
    """Contract: for a reverse packet before is the value in frame_to."""
    row = next(r for r in rows(flagship(), "mutations", tmp_path) if r["field"] == "tcp.len")
    assert (row["direction"], row["before"], row["after"]) == ("reverse", "0", "2")
    assert (row["frame_from"], row["file_from"], row["frame_to"], row["file_to"]) == (
        456,
        "client.pcap",
        6461,
        "fw-int.pcap",
    )


def test_small_row_groups_hold_the_same_rows(tmp_path, monkeypatch):
    """Law: how the work is cut changes nothing."""
    whole = {name: rows(flagship(), name, tmp_path) for name in CONTRACT}
    monkeypatch.setattr(tables, "BLOCK", 2)
    for name, expected in whole.items():
        assert rows(flagship(), name, tmp_path) == expected
        assert pq.ParquetFile(tmp_path / f"{name}.parquet").num_row_groups > 1
