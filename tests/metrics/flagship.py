"""The SYN-ACK altered between firewall and client, rebuilt from the published numbers (times, fields, checksums)."""

from __future__ import annotations

from decimal import Decimal

from tests.metrics.scenes import Scene, Seen, scene, tcp

CLIENT, SERVER, OUTSIDE = "10.110.233.50", "194.53.208.72", "10.110.235.202"
ISN, PEER_ISN = 367515135, 2180033885
HELLO = bytes(range(127))


def _ns(seconds: str) -> int:
    return int(Decimal(seconds) * 1_000_000_000)


def _out(sport: int, **fields) -> bytes:
    source = CLIENT if sport == 50183 else OUTSIDE
    ttl = 128 if sport == 50183 else 127
    return tcp(src=source, dst=SERVER, sport=sport, dport=443, ttl=ttl, **fields)


def _syn(sport: int) -> bytes:
    options = [("MSS", 1460), ("NOP", None), ("WScale", 2), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
    return _out(sport, flags="S", seq=ISN, window=8192, options=options, ip={"id": 24040, "flags": "DF"})


def _syn_ack(dport: int, ident: int, data: bytes = b"") -> bytes:
    target, ttl = (CLIENT, 120) if dport == 50183 else (OUTSIDE, 121)
    frame = tcp(
        src=SERVER, dst=target, sport=443, dport=dport, ttl=ttl, flags="SA", seq=PEER_ISN, ack=ISN + 1, window=64240,
        options=[("MSS", 1380)], data=data, ip={"id": ident},
    )  # fmt: skip
    return frame.ljust(60, b"\0")


def _ack(ident: int) -> bytes:
    return _out(50183, flags="A", seq=ISN + 1, ack=2180033888, window=64860, ip={"id": ident, "flags": "DF"})


def _hello(ident: int) -> bytes:
    return _out(
        50183, flags="PA", seq=ISN + 1, ack=2180033888, window=64860, data=HELLO, ip={"id": ident, "flags": "DF"}
    )


def flagship() -> Scene:
    """Return the capture of client, fw-int and fw-ext up to the second ACK."""
    client = [
        ("27.1395045", _syn(50183)),
        ("27.1565249", _syn_ack(50183, 1342, b"\0\0")),
        ("27.1565443", _ack(24041)),
        ("27.1585176", _hello(24042)),
        ("27.4744962", _hello(24043)),
        ("30.3815127", _syn_ack(50183, 1343, b"\0\0")),
        ("30.3815385", _ack(24044)),
    ]
    fw_int = [
        ("39.8915584", _syn(50183)),
        ("39.9079944", _syn_ack(50183, 1342)),
        ("39.9084181", _ack(24041)),
        ("39.9103936", _hello(24042)),
        ("40.2259991", _hello(24043)),
        ("43.1311020", _syn_ack(50183, 1343)),
        ("43.1314010", _ack(24044)),
    ]
    fw_ext = [
        ("39.6940232", _syn(55073)),
        ("39.7097097", _syn_ack(55073, 1342)),
        ("42.9329903", _syn_ack(55073, 1343)),
    ]
    seen = [
        Seen(rows=(0, 0, 0)),
        Seen(rows=(1, 1, 1), direction=-1),
        Seen(rows=(2, 2, None)),
        Seen(rows=(3, 3, None)),
        Seen(rows=(4, 4, None)),
        Seen(rows=(5, 5, 2), direction=-1),
        Seen(rows=(6, 6, None)),
    ]
    return scene([[(_ns(stamp), frame) for stamp, frame in place] for place in (client, fw_int, fw_ext)], seen)
