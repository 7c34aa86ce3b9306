"""A connection through a box, seen on both sides of it: forwarded, renumbered, spliced or ended."""

from __future__ import annotations

import numpy as np

from tests.match.crafting import CLIENT, MS, NAT, SERVER, tcp

CLIENT_ISN, COOKIE, SERVER_ISN, PROXY_ISN = 1_000_000, 77_000_000, 900_000_000, 400_000_000
RNG = np.random.default_rng(11)


def dialogue(kind: str, *, seed: int, at: int = 0, rounds: int = 3):
    """Return (client's side, server's side) as (time, frame) lists; the box is 1 ms from either vantage."""
    rng = np.random.default_rng(seed)
    port, moved = 40_000 + seed, 50_000 + seed
    near, far = [], []
    shift = 0 if kind == "nat" else COOKIE - SERVER_ISN
    # What the box changes on the client's numbers.
    step = PROXY_ISN - CLIENT_ISN if kind in ("proxy", "isn") else 0
    ident = seed * 100
    own = 7 if kind in ("proxy", "syn-proxy") else 0

    def send(time, flags, seq, ack, data=b"", *, out, stamp, is_near=True, is_far=True, window=500):
        nonlocal ident
        ident += 1
        fresh = kind == "proxy"
        if out:
            inner = {"seq": CLIENT_ISN + seq, "ack": (SERVER_ISN + shift + ack) if flags & 16 else 0}
            outer = {"seq": CLIENT_ISN + step + seq, "ack": (SERVER_ISN + ack) if flags & 16 else 0}
        else:
            inner = {"seq": SERVER_ISN + shift + seq, "ack": CLIENT_ISN + ack}
            outer = {"seq": SERVER_ISN + seq, "ack": CLIENT_ISN + step + ack}
        more = {"flags": flags, "data": data, "window": window}
        late = 2 * MS if out else -2 * MS
        ours = None if fresh else (stamp, 9)
        theirs = (stamp + 7, 9) if fresh else (stamp, 9)
        ends = (CLIENT, SERVER, port, 443) if out else (SERVER, CLIENT, 443, port)
        beyond = (NAT, SERVER, moved, 443) if out else (SERVER, NAT, 443, moved)
        if is_near:
            near.append((time, tcp(*ends, **inner, **more, ident=ident, stamp=ours)))
        if is_far:
            number = ident + 31_000 if fresh else ident
            far.append((time + late, tcp(*beyond, **outer, **more, ident=number, stamp=theirs)))

    if own:
        send(at, 2, 0, 0, out=True, stamp=1, is_far=False)
        send(at + 2 * MS, 18, 0, 1, out=False, stamp=2, is_far=False, window=0)
        send(at + 3 * MS, 16, 1, 1, out=True, stamp=3, is_far=False)
        # The box speaks to the server only now.
        send(at + 4 * MS, 2, 0, 0, out=True, stamp=4, is_near=False)
        send(at + 9 * MS, 18, 0, 1, out=False, stamp=5, is_near=False)
        send(at + 10 * MS, 16, 1, 1, out=True, stamp=6, is_near=False)
    else:
        send(at, 2, 0, 0, out=True, stamp=1)
        send(at + 6 * MS, 18, 0, 1, out=False, stamp=2)
        send(at + 7 * MS, 16, 1, 1, out=True, stamp=3)
    sent = got = 1
    for number in range(rounds):
        ask, answer = rng.bytes(150), rng.bytes(300)
        time = at + (20 + 20 * number) * MS
        send(time, 24, sent, got, ask, out=True, stamp=20 + number)
        sent += len(ask)
        send(time + 6 * MS, 24, got, sent, answer, out=False, stamp=40 + number)
        got += len(answer)
    return near, sorted(far, key=lambda record: record[0])


def captures(kind: str, flows: int = 6):
    """Return both captures of several connections."""
    parts = [dialogue(kind, seed=k + 1, at=k * 200 * MS) for k in range(flows)]
    return [sorted((r for part in parts for r in part[side]), key=lambda record: record[0]) for side in (0, 1)]
