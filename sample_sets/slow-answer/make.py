"""Rebuilds the HTTP answer that takes four seconds, seen by a client with 15.625 ms ticks and by the server."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, ns, tcp

HERE = Path(__file__).parent
CLIENT, SERVER = ("192.168.4.71", 45221), ("10.17.200.49", 80)
BASE = 1_337_000_000 * NS
SERVER_BASE = BASE + 4 * 3600 * NS + ns("0.31244")  # a time zone, and ticks
TICK_NS = 15_625_000
OPTIONS = [("MSS", 1460), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
GET = b"GET /orders/list HTTP/1.1\r\nHost: 10.17.200.49\r\nUser-Agent: poller\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3400\r\n\r\n" + b"<p>order</p>\n" * 100
TRANSIT_NS = 121_000_000  # a long path: the handshake takes 0.25 s


def main() -> None:
    """Write both captures. Client stamps are published; true times lie within the tick that follows."""
    client, server = Capture(BASE), Capture(SERVER_BASE)
    c, s = 880_100_200, 1_200_300_400
    first = ("37.537895", "37.787895", "38.053520", "42.084770", "42.350395")
    syn, same_tick, acked, answer, rest = (ns(text) for text in first)

    def at_client(stamp, packet, *, own):
        macs = ("00:0d:56:00:04:71", "00:04:96:00:00:01") if own else ("00:04:96:00:00:01", "00:0d:56:00:04:71")
        client.add(stamp, ethernet(packet, src=macs[0], dst=macs[1], pad=not own))

    def at_server(stamp, packet, *, own):
        macs = ("00:50:56:00:20:49", "00:04:96:00:00:09") if own else ("00:04:96:00:00:09", "00:50:56:00:20:49")
        server.add(stamp, ethernet(packet, src=macs[0], dst=macs[1], pad=not own))

    def up(flags, numbers, ip_id, ttl, data=b"", options=None):
        return tcp((*CLIENT, *SERVER), flags, numbers, ip_id=ip_id, ttl=ttl, window=65535, data=data, options=options)

    def down(flags, numbers, ip_id, ttl, data=b"", options=None):
        return tcp((*SERVER, *CLIENT), flags, numbers, ip_id=ip_id, ttl=ttl, window=17520, data=data, options=options)

    true = syn + 9_000_000  # within its tick
    at_client(syn, up("S", (c, 0), 900, 128, options=OPTIONS), own=True)
    at_server(true + TRANSIT_NS, up("S", (c, 0), 900, 119, options=OPTIONS), own=False)
    true += TRANSIT_NS + 90_000
    at_server(true, down("SA", (s, c + 1), 5100, 64, options=OPTIONS), own=True)
    back = true + TRANSIT_NS + 100_000  # in the tick of .787895
    assert same_tick <= back < same_tick + TICK_NS
    # The card hands the ACK to the capture before the SYN-ACK that caused it: equal stamps, wrong order.
    at_client(same_tick, up("A", (c + 1, s + 1), 901, 128), own=True)
    at_client(same_tick, down("SA", (s, c + 1), 5100, 55, options=OPTIONS), own=False)
    at_client(same_tick, up("PA", (c + 1, s + 1), 902, 128, data=GET), own=True)
    at_server(back + 50_000 + TRANSIT_NS, up("A", (c + 1, s + 1), 901, 119), own=False)
    at_server(back + 400_000 + TRANSIT_NS, up("PA", (c + 1, s + 1), 902, 119, data=GET), own=False)
    got = c + 1 + len(GET)
    # The acknowledgement leaves the server as a delayed ACK; the answer four seconds later.
    sent = acked + 3_000_000 - TRANSIT_NS
    at_server(sent, down("A", (s + 1, got), 5101, 64), own=True)
    at_client(acked, down("A", (s + 1, got), 5101, 55), own=False)
    sent = answer + 2_000_000 - TRANSIT_NS
    at_server(sent, down("PA", (s + 1, got), 5102, 64, data=OK), own=True)
    at_client(answer, down("PA", (s + 1, got), 5102, 55, data=OK), own=False)
    after = s + 1 + len(OK)
    at_client(answer, up("A", (got, after), 903, 128), own=True)
    at_server(answer + 2_500_000 + TRANSIT_NS, up("A", (got, after), 903, 119), own=False)
    more = b"<p>end</p>\n" * 64
    sent = rest + 5_000_000 - TRANSIT_NS
    at_server(sent, down("PA", (after, got), 5103, 64, data=more), own=True)
    at_client(rest, down("PA", (after, got), 5103, 55, data=more), own=False)
    at_client(rest + 12 * TICK_NS, up("A", (got, after + len(more)), 904, 128), own=True)
    at_server(rest + 12 * TICK_NS + 4_000_000 + TRANSIT_NS, up("A", (got, after + len(more)), 904, 119), own=False)
    server.frames.sort(key=lambda frame: frame[0])
    client.write(HERE / "client.pcap")
    server.write(HERE / "server.pcap")


if __name__ == "__main__":
    main()
