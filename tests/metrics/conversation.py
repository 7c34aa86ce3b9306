"""A conversation seen at one or more places, written as lines of (time in ms, direction, TCP fields)."""

from __future__ import annotations

from tests.metrics.scenes import MS, Scene, Seen, scene, tcp


def talk(lines: list[tuple[float, str, dict]], *, delays_ms: tuple[float, ...] = (0.0,)) -> Scene:
    """Build a scene.

    ``lines``: (ms at the server's own place, "c" or "s" = who sends, TCP fields). ``delays_ms``: how far each place is
    from the server, one way; clocks of the places are hours apart.
    """
    places, rows = [], []
    for place, delay in enumerate(delays_ms):
        stamped = [
            (place * 3600_000 * MS + round((at + (-delay if who == "c" else delay)) * MS), number)
            for number, (at, who, _) in enumerate(lines)
        ]
        stamped.sort()
        frames = [(stamp, _frame(*lines[number][1:])) for stamp, number in stamped]
        places.append(frames)
        rows.append({number: row for row, (_, number) in enumerate(stamped)})
    seen = [
        Seen(rows=tuple(row[number] for row in rows), direction=1 if who == "c" else -1)
        for number, (_, who, _) in enumerate(lines)
    ]
    return scene(places, seen)


def _frame(who: str, fields: dict) -> bytes:
    ends = {"src": "10.0.0.1", "dst": "198.51.100.9", "sport": 40000, "dport": 443}
    if who == "s":
        ends = {"src": "198.51.100.9", "dst": "10.0.0.1", "sport": 443, "dport": 40000}
    return tcp(**ends, **fields)


HANDSHAKE = [
    (0, "c", {"flags": "S", "seq": 99}),
    (1, "s", {"flags": "SA", "seq": 499, "ack": 100}),
    (11, "c", {"flags": "A", "seq": 100, "ack": 500}),
]
REQUEST = [
    (12, "c", {"flags": "PA", "seq": 100, "ack": 500, "data": b"GET /"}),
    (13, "s", {"flags": "A", "seq": 500, "ack": 105}),
    (62, "s", {"flags": "PA", "seq": 500, "ack": 105, "data": b"200 OK"}),
    (72, "c", {"flags": "A", "seq": 105, "ack": 506}),
]
