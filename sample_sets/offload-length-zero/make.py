"""Rebuilds the frame whose IP length is 0: segmentation offload, seen before the card cut it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import struct

from craft import NS, Capture, ethernet, tcp

HERE = Path(__file__).parent
SERVER, CLIENT = ("192.168.121.51", 8081), ("192.168.100.23", 3268)
SERVER_MAC, SERVER_GATEWAY = "00:50:56:b1:79:33", "00:09:0f:09:00:79"
CLIENT_GATEWAY, CLIENT_MAC = "00:09:0f:09:00:64", "00:21:86:5e:64:17"
BASE = 1_338_800_000 * NS
CLIENT_BASE = BASE + 91 * NS + 333_000
SEQ, ACK = 1384358898, 2728527550
# The published bytes after Ethernet: IP total length 0, header checksum 0, TCP checksum = folded pseudo-header sum.
PUBLISHED = bytes.fromhex(
    "45 00 00 00 57 d0 40 00 80 06 00 00 c0 a8 79 33 c0 a8 64 17"
    "1f 91 0c c4 52 83 a3 f2 a2 a2 06 be 50 18 fa db 5e a2 00 00"
)
OPTIONS = [("MSS", 1460), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
BODY = (b"HTTP/1.1 200 OK\r\nContent-Length: 5080\r\n\r\n" + b"".join(b"%07d\n" % i for i in range(700)))[:2580]
FORWARD_NS = 480_000


def main() -> None:
    """Write both captures."""
    server, client = Capture(BASE), Capture(CLIENT_BASE)
    at_server = {"src": SERVER_MAC, "dst": SERVER_GATEWAY, "pad": False}
    at_client = {"src": CLIENT_GATEWAY, "dst": CLIENT_MAC}

    def from_client(at, flags, numbers, ip_id, **more):
        ends = (*CLIENT, *SERVER)
        client.add(at, ethernet(tcp(ends, flags, numbers, ip_id=ip_id, ttl=128, window=65535, **more),
                                src=CLIENT_MAC, dst=CLIENT_GATEWAY, pad=False))  # fmt: skip
        server.add(at + FORWARD_NS, ethernet(tcp(ends, flags, numbers, ip_id=ip_id, ttl=127, window=65535, **more),
                                             src=SERVER_GATEWAY, dst=SERVER_MAC))  # fmt: skip

    def from_server(at, flags, numbers, ip_id, **more):
        ends = (*SERVER, *CLIENT)
        sent = tcp(ends, flags, numbers, ip_id=ip_id, ttl=128, window=64219, **more)
        arrived = tcp(ends, flags, numbers, ip_id=ip_id, ttl=127, window=64219, **more)
        server.add(at, ethernet(sent, **at_server))
        client.add(at + FORWARD_NS, ethernet(arrived, **at_client))

    get = b"GET /report HTTP/1.1\r\nHost: 192.168.121.51:8081\r\n\r\n"
    request = ACK - len(get)
    from_client(0, "S", (request - 1, 0), 700, options=OPTIONS)
    from_server(FORWARD_NS + 60_000, "SA", (SEQ - 1, request), 0x57CE, options=OPTIONS)
    from_client(1_200_000, "A", (request, SEQ), 701)
    from_client(1_300_000, "PA", (request, SEQ), 702, data=get)
    from_server(2_100_000, "A", (SEQ, ACK), 0x57CF)
    # Frame 8852 of the published trace: one frame of 2634 bytes at the server, 1460 + 1120 bytes at the client.
    frame = bytes.fromhex("00090f090079" + "005056b17933" + "0800") + PUBLISHED + BODY
    assert len(frame) == 2634
    server.add(9_500_000, frame, number=8852)
    numbers = (SEQ, ACK)
    first = tcp((*SERVER, *CLIENT), "A", numbers, ip_id=0x57D0, ttl=127, window=64219, data=BODY[:1460])
    second = tcp((*SERVER, *CLIENT), "PA", (SEQ + 1460, ACK), ip_id=0x57D1, ttl=127, window=64219, data=BODY[1460:])
    client.add(9_500_000 + FORWARD_NS, ethernet(first, **at_client))
    client.add(9_512_000 + FORWARD_NS, ethernet(second, **at_client))
    from_client(10_150_000, "A", (ACK, SEQ + 2580), 703)
    from_client(11_000_000, "FA", (ACK, SEQ + 2580), 704)
    from_server(11_600_000, "FA", (SEQ + 2580, ACK + 1), 0x57D2)
    from_client(12_300_000, "A", (ACK + 1, SEQ + 2581), 705)
    assert struct.unpack("!H", PUBLISHED[2:4]) == (0,)
    server.write(HERE / "server.pcap.gz")
    client.write(HERE / "client.pcap")


if __name__ == "__main__":
    main()
