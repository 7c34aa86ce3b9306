"""Time protocols in captures become remarks."""

from __future__ import annotations

import numpy as np

from correlate.clocks.hints import find_time_hints
from correlate.pipeline import correlate
from correlate.report.document import report_json
from tests.clocks.tables import packet_table
from tests.clocks.test_ntp import CLIENT, MS, NOW, SERVER, exchange
from tests.netsim.files import write_capture


def udp_frame(source, destination, sport, dport, payload, ident):
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw

    return bytes(
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(src=source, dst=destination, id=ident)
        / UDP(sport=sport, dport=dport)
        / Raw(payload)
    )


def test_an_exchange_through_the_whole_pipeline(tmp_path):
    """Two vantages, clocks 0 and 2 s ahead of the server's: each is told, none is used as a bound."""
    paths = {}
    for name, offset, before in (("client", 0, 4 * MS), ("server", 2 * 10**9, MS)):
        frames = []
        for n in range(3):
            for i, one in enumerate(exchange(NOW + n * 10**9, offset, 5 * MS, 5 * MS)):
                shift = -before if i == 0 else before
                ports = (40_000, 123) if one.source == CLIENT else (123, 40_000)
                data = udp_frame(one.source, one.destination, *ports, one.payload, 100 + 2 * n + i)
                frames.append((one.at_ns + shift, data, len(data)))
        paths[name] = tmp_path / f"{name}.pcap"
        write_capture(paths[name], frames, 0)
    found = correlate(paths)
    notes = {note.vantages[0]: note.text for note in found.clocks.notes}
    assert SERVER in notes[0]
    assert "between +1" in notes[1]
    assert "3 seen" in notes[1]
    assert any("not used for bounds" in note for note in report_json(found)["clocks"][1]["notes"])


def test_captures_without_time_protocols_read_nothing_again():
    def fetch(_vantage, _rows):
        raise AssertionError

    assert find_time_hints([packet_table(np.arange(5))], fetch) == ()
