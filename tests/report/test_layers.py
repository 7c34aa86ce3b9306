"""What scapy reads above the headers; its faults are not ours."""

from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, TCP, UDP

from correlate.report.layers import MOST_FIELDS, layer_values


def test_a_question_is_read():
    data = bytes(
        IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=4000, dport=53) / DNS(id=77, qd=DNSQR(qname="a.example"))
    )
    values = dict(layer_values(data, is_v6=False))
    assert values["DNS.id"] == "77"
    assert any("a.example" in value for value in values.values())


def test_known_tcp_options_are_left_to_the_field_list():
    data = bytes(IP() / TCP(options=[("MSS", 1460), (77, b"\x80\x05")]))
    assert dict(layer_values(data, is_v6=False)) == {"tcp option 77": "8005"}


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=120), st.booleans())
def test_hostile_bytes_end_the_list_quietly(data, is_v6):
    values = layer_values(data, is_v6=is_v6)
    assert len(values) <= MOST_FIELDS
    assert all(text.isprintable() for _name, text in values)
