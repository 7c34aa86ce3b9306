"""How often a capture misses packets that pass it, as draws from what is known.

In: fates, sightings. Out: a place's counts of sure misses and sure passes; draws of its miss rate, of what it hides.
Method: Beta posteriors (Jeffreys prior) with a fixed seed. Captures drop in bursts: a claim against a hop must survive
``BURSTS`` times the misses.
Not here: the odds of a single packet (``trajectories``).
"""

from __future__ import annotations

import numpy as np

from correlate.diagnose.once import shared
from correlate.diagnose.view import TCP_FIN, TCP_SYN, View
from correlate.model.arrays import F64, Bool
from correlate.model.packets import TCP
from correlate.model.trajectories import Fate, Reason

DRAWS = 4096
SEED = 20120501
BURSTS = 3.0
PASSING = (Reason.SEEN_BEYOND, Reason.ACKED_FROM_BEYOND, Reason.UNSEEN_UPSTREAM)
"""Why a packet is not captured that surely passed."""

SURE = 0.1
"""Per cent of the draws that may contradict a claim."""


@shared
def known_passes(view: View, place: int) -> tuple[int, int]:
    """Return how many packets the place's capture surely missed, and how many surely passed it.

    Between others: what both sides show passed. At an end: what comes to it passed if it was acknowledged (only what
    takes sequence space is, and only where the neighbour shows what comes back), what leaves it passed if it is seen
    further on.
    """
    fates, seen = view.run.fates, view.is_seen
    rows = view.undelivered
    rows = rows[(fates.fate[rows] == Fate.NOT_CAPTURED) & np.isin(fates.reason[rows], PASSING)]
    missed = len(np.unique(fates.packet[rows[view.blamed_place(rows) == place]]))
    before, after = _is_seen_at(view, range(place)), _is_seen_at(view, range(place + 1, view.places))
    if 0 < place < view.places - 1:
        held = seen[:, place] & before & after
    else:
        comes = view.run.trajectories.direction == (1 if place else -1)
        passed = takes_sequence(view, place) & _is_answered(view, abs(place - 1), 1 if place else -1)
        held = seen[:, place] & np.where(comes, passed, before | after)
    if view.is_part:
        held &= view.kept
    return missed, int(np.count_nonzero(held)) + missed


def _is_seen_at(view: View, places: range) -> Bool:
    """Tell which packets any of the places shows."""
    found = np.zeros(len(view.run.trajectories), np.bool_)
    for place in places:
        found |= view.is_seen[:, place]
    return found


def rate_draws(random: np.random.Generator, hits: int, tries: int) -> F64:
    """Return draws of a rate of which ``hits`` in ``tries`` are known."""
    return random.beta(hits + 0.5, max(0, tries - hits) + 0.5, size=DRAWS)


def most_hidden_copies(view: View, place: int, direction: int) -> int:
    """Return how many packets that came to a place twice its capture may show once, at the most.

    Of N that come twice it shows N (1 - r)^2 twice and 2 N r (1 - r) once, r its miss rate.
    """
    table = view.run.trajectories
    is_copy = (table.duplicate_of >= 0) & (table.direction == direction)
    twice = int((is_copy & view.is_seen[:, place]).sum())
    random = np.random.default_rng(SEED)
    rate = np.minimum(0.9, BURSTS * rate_draws(random, *known_passes(view, place)))
    hidden = random.poisson(random.gamma(twice + 0.5, size=DRAWS) * 2.0 * rate / (1.0 - rate))
    return int(np.percentile(hidden, 100.0 - SURE, method="higher"))


@shared
def takes_sequence(view: View, place: int) -> Bool:
    """Tell which packets the receiver must acknowledge, as the place shows them."""
    columns = view.run.packets[view.run.path.order[place]].columns
    is_tcp = columns.proto == TCP
    takes = view.of_everyone(is_tcp & (columns.payload_len > 0), place)
    ends = np.flatnonzero((view.tcp_flags & (TCP_SYN | TCP_FIN)) != 0)
    takes[ends] |= view.values("proto", ends, place) == TCP
    return np.asarray(takes, np.bool_)


def _is_answered(view: View, place: int, direction: int) -> Bool:
    """Tell for every packet whether the place shows packets of its flow against ``direction``."""
    table = view.run.trajectories
    back = np.flatnonzero(view.is_seen[:, place] & (table.direction == -direction))
    is_heard = np.zeros(len(view.run.joined), np.bool_)
    is_heard[table.flow[back]] = True
    return is_heard.take(table.flow)
