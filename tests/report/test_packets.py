"""One row per packet, as JSON Lines, CSV and Arrow."""

import csv
import io
import json

import attrs
import numpy as np
import pytest

from correlate.report.packets import csv_text, packet_blocks, packet_csv, packet_lines, packet_table
from correlate.report.tables import arrow_table
from tests.report.builder import alone, flagship, strangers
from tests.report.runs import run


def test_lines_and_csv_say_the_same():
    found = run("syn-ack-altered")
    objects = [json.loads(line) for line in "".join(packet_lines(found)).splitlines()]
    rows = list(csv.DictReader(io.StringIO("".join(packet_csv(found)), newline="")))
    assert len(objects) == len(rows) == 12
    for one, row in zip(objects, rows, strict=True):
        assert one.pop("type") == "packet"
        assert {key: "" if value is None else str(value) for key, value in one.items()} == row


def test_rows_agree_with_the_parquet_tables():
    found = run("syn-ack-altered")
    rows = {row["packet"]: row for row in packet_table(found).to_pylist()}
    for fate in arrow_table(found, "fates").to_pylist():
        hop = f"{fate['hop_from']}>{fate['hop_to']}"
        row = rows[fate["packet"]]
        assert (row[f"{hop}.fate"], row[f"{hop}.reason"], row[f"{hop}.owd_ns"]) == (
            fate["fate"],
            fate["reason"],
            fate["owd_ns"],
        )
    for sighting in arrow_table(found, "sightings").to_pylist():
        if not sighting["copy"]:
            assert rows[sighting["packet"]][f"{sighting['vantage']}.frame"] == sighting["frame"]


@pytest.mark.parametrize("chosen", [[1, 3, 8], []])
def test_packets_that_the_options_leave_out_have_no_row(chosen):
    """docs/cli.md: ``-Y`` and its like choose what the report speaks of; all tables speak of the same packets."""
    whole = run("syn-ack-altered")
    in_scope = np.zeros(len(whole.trajectories), np.bool_)
    in_scope[chosen] = True
    found = attrs.evolve(whole, in_scope=in_scope)
    numbers = [packet + 1 for packet in chosen]
    assert packet_table(found)["packet"].to_pylist() == numbers
    assert [json.loads(line)["packet"] for line in "".join(packet_lines(found)).splitlines()] == numbers
    assert [
        int(row["packet"]) for row in csv.DictReader(io.StringIO("".join(packet_csv(found)), newline=""))
    ] == numbers
    assert set(arrow_table(found, "sightings")["packet"].to_pylist()) == set(numbers)
    assert [table["packet"].to_pylist() for table in packet_blocks(found, 6)] == [
        [number for number in numbers if number <= 6],
        [number for number in numbers if number > 6],
    ]


def test_blocks_are_the_whole():
    found = run("slow-client")
    whole = packet_table(found).to_pylist()
    assert [row for table in packet_blocks(found, 97) for row in table.to_pylist()] == whole


@pytest.mark.parametrize("build", [alone, strangers, flagship])
def test_runs_of_every_shape(build):
    found = build()
    assert len(packet_table(found)) == len(found.trajectories)
    assert "".join(packet_csv(found)).count("\r\n") == 1 + len(found.trajectories)


def test_formulas_become_text():
    assert [csv_text(text) for text in ("=1", "+1", "-1", "@a", "a=1")] == ["'=1", "'+1", "'-1", "'@a", "a=1"]
