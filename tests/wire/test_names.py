"""Wireshark's names, held against Wireshark itself."""

import shutil
import subprocess

import pytest

from correlate.model.packets import PacketColumns, PacketFlag, TupleColumns
from correlate.wire.names import OTHER_FIELDS, PACKET_FIELDS, TUPLE_FIELDS


def test_every_column_and_flag_exists():
    """The table names the model's columns by text, so nothing else would notice a renamed one."""
    assert {field.column for field in PACKET_FIELDS} <= set(PacketColumns._fields)
    assert {field.column for field in TUPLE_FIELDS} <= set(TupleColumns._fields)
    assert {field.flag for field in PACKET_FIELDS} - {""} <= set(PacketFlag.__members__)
    names = [field.name for field in (*PACKET_FIELDS, *TUPLE_FIELDS)] + list(OTHER_FIELDS)
    assert len(names) == len(set(names))


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
def test_every_name_is_a_field_of_wireshark():
    """``tshark -G fields`` lists them all, TCP options as protocols of their own (contract: fields are Wireshark's raw names)."""
    listed = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in listed.splitlines() if line[:2] in ("F\t", "P\t")}
    assert {field.name for field in (*PACKET_FIELDS, *TUPLE_FIELDS)} | set(OTHER_FIELDS) <= known
