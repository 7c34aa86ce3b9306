"""Builds two Network Monitor captures whose clocks are a time zone and a tick apart; one segment is lost between."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, exchange, ns, tcp

HERE = Path(__file__).parent
CLIENT, SERVER = "10.20.1.15", "10.40.7.2"
CLIENT_MAC, CLIENT_GATEWAY = "02:00:00:01:00:15", "02:00:00:01:00:01"
SERVER_MAC, SERVER_GATEWAY = "02:00:00:07:00:02", "02:00:00:07:00:01"
BASE = 1_340_000_000 * NS
APART = 4 * 3600 * NS + ns("0.31244")
TRIP_NS = 3_800_000
LOSSY, LOST, RESENT_NS = 5, 8, 250_000_000
"""Exchange and step of the data segment that is lost, and when it is sent again."""


def main() -> None:
    """Write both captures."""
    client, server = [], []
    for number in range(12):
        begin = number * 500_000_000
        for index, step in enumerate(lossy(exchange(number)) if number == LOSSY else exchange(number)):
            carry(client, server, number, step, begin + step.at_ns, arrives=(number, index) != (LOSSY, LOST))
    for name, frames, base in (("client.cap", client, BASE), ("server.cap", server, BASE + APART)):
        capture = Capture(base)
        for at, frame in sorted(frames, key=lambda one: one[0]):
            capture.add(at, frame)
        capture.write(HERE / name)


def lossy(steps):
    """Return the exchange with its gap: the client goes on acknowledging what came before it until it is filled."""
    gap, last_ack = steps[LOST], steps[13]
    waiting = [steps[at]._replace(numbers=(steps[at].numbers[0], gap.numbers[0])) for at in (12, 13)]
    again = gap._replace(at_ns=gap.at_ns + RESENT_NS, ip_id=gap.ip_id + 40)
    filled = last_ack._replace(at_ns=again.at_ns + 8_020_000, ip_id=last_ack.ip_id + 1)
    closing = [
        step._replace(at_ns=step.at_ns + RESENT_NS, ip_id=step.ip_id + (1 if step.is_up else 41)) for step in steps[14:]
    ]
    return [*steps[:12], *waiting, again, filled, *closing]


def carry(client, server, number, step, at, *, arrives) -> None:
    """Put a segment into both captures; ``at`` is its time at the server."""
    ends = (CLIENT, 50_100 + number, SERVER, 8080) if step.is_up else (SERVER, 8080, CLIENT, 50_100 + number)

    def packet(ttl):
        return tcp(
            ends,
            step.flags,
            step.numbers,
            ip_id=step.ip_id,
            ttl=ttl,
            window=64240,
            data=step.data,
            options=step.options,
        )

    queue = at // 1000 * 7919 % 160_000
    if step.is_up:
        sent = ethernet(packet(128), src=CLIENT_MAC, dst=CLIENT_GATEWAY, pad=False)
        client.append((at - TRIP_NS - queue, sent))
        server.append((at, ethernet(packet(124), src=SERVER_GATEWAY, dst=SERVER_MAC)))
    else:
        server.append((at, ethernet(packet(128), src=SERVER_MAC, dst=SERVER_GATEWAY, pad=False)))
        if arrives:
            client.append((at + TRIP_NS + queue, ethernet(packet(124), src=CLIENT_GATEWAY, dst=CLIENT_MAC)))


if __name__ == "__main__":
    main()
