"""Slow, obvious twins of ``tcp_kernels``: whole-flow scans over lists, no limits."""

from __future__ import annotations

from typing import Any

from correlate.trajectories import tcp_kernels as k

Segment = dict[str, Any]
"""Keys: out, seq, end, ack, tcp_flags, ts (bool), sack ((left, right) or None), tsval, tsecr; all of one flow."""


def minus(a: int, b: int) -> int:
    return (a - b + 2**31) % 2**32 - 2**31


def overlaps(a: Segment, b: Segment) -> bool:
    return a["end"] > a["seq"] and minus(a["seq"], b["end"]) < 0 and minus(a["end"], b["seq"]) > 0


def resends(flow: list[Segment]) -> tuple[list[int], list[bool]]:
    """Return ``(resent_by, is_copy)`` by index."""
    resent_by, is_copy = [-1] * len(flow), [False] * len(flow)
    for r, segment in enumerate(flow):
        if segment["end"] <= segment["seq"]:
            continue
        earlier = [s for s in flow[:r] if s["out"] == segment["out"] and s["end"] > s["seq"]]
        if not earlier:
            continue
        top = earlier[0]["end"]
        for s in earlier:
            top = s["end"] if minus(s["end"], top) > 0 else top
        if minus(segment["seq"], top) >= 0:
            continue
        is_copy[r] = True
        if segment["end"] - segment["seq"] <= 1 and minus(segment["seq"], top) == -1 and not segment["tcp_flags"] & 3:
            continue
        for o in range(r - 1, -1, -1):
            other = flow[o]
            if other["out"] != segment["out"] or not overlaps(other, segment):
                continue
            acks = [s["ack"] for s in flow[o + 1 : r] if s["out"] != segment["out"] and s["tcp_flags"] & k.ACK]
            if resent_by[o] < 0 and not any(minus(a, other["end"]) >= 0 for a in acks):
                resent_by[o] = r
            if minus(other["seq"], segment["seq"]) <= 0:
                break
    return resent_by, is_copy


def evidence(flow: list[Segment], index: int, *, is_copy: bool) -> tuple[int, int, int]:
    """Return ``(bits, acknowledgement, resend)`` of one segment."""
    own = flow[index]
    if own["end"] <= own["seq"]:
        return 0, -1, -1
    later = range(index + 1, len(flow))
    forward = [i for i in later if flow[i]["out"] == own["out"] and flow[i]["end"] > flow[i]["seq"]]
    acks = [i for i in later if flow[i]["out"] != own["out"] and flow[i]["tcp_flags"] & k.ACK]
    covering = next((i for i in acks if minus(flow[i]["ack"], own["end"]) >= 0), -1)
    resend = next((i for i in forward if overlaps(flow[i], own)), -1)
    is_plain = covering >= 0 and (resend < 0 or covering < resend)
    stop = covering if is_plain else resend if resend >= 0 else len(flow)
    bits = holes(flow, own, [i for i in acks if i < stop], forward)
    if is_plain:
        is_good = not is_copy or (echoes(flow[covering], own) and flow[covering]["tsecr"] == own["tsval"])
        bits |= k.COVERED
        return (bits | k.ACKED, covering, -1) if is_good else (bits, -1, -1)
    if resend < 0:
        return bits, -1, -1
    bits |= k.COVERED if covering >= 0 else 0
    first_sent = [] if is_copy else [i for i in forward if overlaps(flow[i], own)]
    return bits | k.RESENT | after_resend(flow, own, acks, (covering, resend), first_sent), covering, resend


def echoes(ack: Segment, own: Segment) -> bool:
    return bool(ack["ts"] and own["ts"])


def holes(flow: list[Segment], own: Segment, acks: list[int], forward: list[int]) -> int:
    """Bits of acknowledgements that wait for exactly this segment."""
    bits = repeats = 0
    for i in acks:
        ack = flow[i]
        if ack["ack"] != own["seq"] % 2**32:
            continue
        if ack["sack"] and minus(ack["sack"][0], own["end"]) >= 0:
            bits |= k.SACK_HOLE
        is_pure = ack["end"] <= ack["seq"] and not ack["tcp_flags"] & k.RST
        sent_beyond = any(j < i and minus(flow[j]["seq"], own["end"]) >= 0 for j in forward)
        repeats = repeats + 1 if is_pure and sent_beyond else 0
        bits |= k.ACK_HOLE if repeats >= 2 else 0
    return bits


def after_resend(flow: list[Segment], own: Segment, acks: list[int], at: tuple[int, int], again: list[int]) -> int:
    """Bits of the acknowledgements after the resend; ``again``: all its resends if it is a first sending."""
    bits = 0
    covering, resend = at
    last = covering + k.AFTERMATH if covering >= 0 else len(flow)
    for i in acks:
        sack, ack = flow[i]["sack"], flow[i]["ack"]
        is_heard = resend < i <= last and sack and minus(sack[1], ack) <= 0
        is_heard = is_heard and sum(j < i for j in again) == 1
        if is_heard and minus(sack[0], own["end"]) < 0 and minus(sack[1], own["seq"]) > 0:
            bits |= k.ARRIVED
    if covering >= 0 and echoes(flow[covering], own) and flow[resend]["ts"] and own["tsval"] != flow[resend]["tsval"]:
        if flow[covering]["tsecr"] == own["tsval"]:
            bits |= k.ARRIVED
        elif minus(flow[covering]["tsecr"], own["tsval"]) > 0:
            bits |= k.ECHO_HOLE
    return bits
