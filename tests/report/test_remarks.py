"""Comments on frames (experience: only where there is something to say)."""

import numpy as np

from correlate.model.trajectories import Fate
from correlate.report.labels import labels_of
from correlate.report.remarks import HOP, remarks_of, row_of_frame
from tests.report.builder import flagship
from tests.report.runs import run


def said(found, vantage):
    remarks = remarks_of(found, labels_of(found))
    rows = remarks.rows[vantage]
    if len(rows.row) == 0:
        return []
    texts = remarks.texts(vantage, 0, len(rows.row))
    raw = texts.data.tobytes()
    strings = [raw[a:b].decode() for a, b in zip(texts.ends[:-1], texts.ends[1:], strict=True)]
    return list(zip(rows.row.tolist(), strings[::2], strings[1::2], strict=True))


def test_a_lost_packet_is_remarked_on_where_it_was_last_seen():
    found = run("syn-ack-altered")
    vantage = [one.name for one in found.vantages].index("fw-int")
    lost = np.flatnonzero((found.fates.fate == Fate.LOST) & (found.fates.hop == 1))
    rows = {int(found.trajectories.rows[packet, 1]) for packet in found.fates.packet[lost]}
    told = {
        row for row, people, _program in said(found, vantage) if people.startswith("Lost between fw-int and fw-ext")
    }
    assert told == rows


def test_program_lines_name_the_packet_hop_and_direction():
    for _row, people, program in said(run("syn-ack-altered"), 0):
        assert people.endswith(".")
        assert program.startswith("correlate packet=")
        words = dict(word.split("=", 1) for word in program.split()[1:])
        if "hop" in words:
            assert words["direction"] in ("forward", "reverse")
            assert words["fate"] in [one.code for one in Fate]


def test_remarks_of_a_stretch_are_those_of_the_whole():
    found = run("syn-ack-altered")
    remarks = remarks_of(found, labels_of(found))
    whole = remarks.texts(0, 0, len(remarks.rows[0].row)).data.tobytes()
    pieces = b"".join(remarks.texts(0, at, at + 1).data.tobytes() for at in range(len(remarks.rows[0].row)))
    assert whole == pieces


def test_what_is_expected_is_not_remarked_on():
    """A NAT changes every packet; nobody wants to read that a thousand times."""
    found = run("clean-nat")
    remarks = remarks_of(found, labels_of(found))
    assert all((rows.kind != HOP).all() for rows in remarks.rows)


def test_hostile_names_are_made_safe_in_remarks():
    found = flagship()
    texts = [text for vantage in range(len(found.vantages)) for row in said(found, vantage) for text in row[1:]]
    assert texts
    assert not any("\x1b" in text for text in texts)


def test_a_frame_is_found_by_file_and_number():
    found = flagship()
    assert row_of_frame(found, 0, found.vantages[0].files[0].path, int(found.packets[0].columns.frame[0])) == 0
    assert row_of_frame(found, 0, "no such file", 1) == -1
    assert row_of_frame(found, 0, found.vantages[0].files[0].path, 10**9) == -1
