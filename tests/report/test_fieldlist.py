"""Fields of one packet under Wireshark's names, held against tshark."""

import subprocess

import pytest

from correlate.report.fieldlist import field_values
from tests.report.runs import SETS, needs_tshark, run


@needs_tshark
@pytest.mark.parametrize(
    ("name", "capture", "vantage"), [("clean-nat", "lan.pcap", "lan"), ("slow-answer", "client.pcap", "client")]
)
def test_values_are_what_tshark_prints(name, capture, vantage):
    found = run(name)
    index = [one.name for one in found.vantages].index(vantage)
    table = found.packets[index]
    for row in (0, 1, len(table) - 1):
        values = field_values(table, row)
        asked = [part for field in values for part in ("-e", field)]
        command = ["tshark", "-n", "-r", str(SETS / name / capture), "-Y", f"frame.number == {int(table.columns.frame[row])}", "-T", "fields", *asked]  # fmt: skip
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip("\n").split("\t")
        for (field, value), other in zip(values.items(), told, strict=True):
            if field in ("tcp.options.sack_perm",):
                continue
            assert value.split(" ")[0].lower() in (other.lower(), {"1": "true", "0": "false"}.get(other, other)), field


def test_fields_of_absent_layers_are_absent():
    values = field_values(run("clean-nat").packets[0], 0)
    assert not any(name.startswith(("ipv6.", "icmp", "vlan")) for name in values)
    assert ("udp.srcport" in values) != ("tcp.srcport" in values)
