"""Byte ranges, the slow and obvious way."""


def overlaps(a, b):
    """(i, j, off) of all overlapping (block, start, end, is_whole, due, within) x (block, start, end, is_whole, time)."""
    found = set()
    for i, (block, start, end, whole, due, within) in enumerate(a):
        for j, (other, first, last, uncut, time) in enumerate(b):
            same = (start, end) == (first, last) and whole and uncut
            if block == other and start < last and first < end and not same and abs(time - due) <= within:
                found.add((i, j, abs(time - due)))
    return found


def accept(order, one, two, start, end):
    """Overlaps taken in order whose bytes neither segment has given away."""
    taken_a, taken_b, accepted = {}, {}, []
    for k in order:
        span = set(range(start[k], end[k]))
        if span & taken_a.setdefault(one[k], set()) or span & taken_b.setdefault(two[k], set()):
            continue
        taken_a[one[k]] |= span
        taken_b[two[k]] |= span
        accepted.append(k)
    return accepted
