"""Connection attempts that nobody answers.

In: TCP flows that consist of SYNs alone. Out: ``no-answer`` where they reached the last vantage, and with one vantage
``cannot-tell`` for each of the three questions that it leaves open.
Method: a SYN with its retries that the last vantage holds has crossed every hop; if that vantage goes on capturing and
sees what its target sends otherwise, then no answer left the target. One capture alone sees neither end of the story:
whether the SYN arrived, whether it was answered, and whether the answer was lost are three questions.
Not here: attempts that a hop lost (``loss.py``), answers that come late (``host.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.once import shared
from correlate.diagnose.targets import Target, find_targets, is_own_host, sent_by
from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding, Grade

ANSWER_NS = 1_000_000_000
"""A kernel answers a SYN at once; a capture that runs a second longer would hold the answer."""

LEAST_TRIES = 2
"""One SYN without a retry may have been withdrawn; its sender did not miss an answer."""

QUESTIONS = (
    (
        "1-arrived",
        "Whether {what} arrived cannot be told from {name}",
        "A capture at {target}, or on the last link before it.",
    ),
    (
        "2-answered",
        "Whether {what} {was} answered cannot be told from {name}",
        "A capture at {target}, or its log of refused and dropped connections.",
    ),
    (
        "3-returned",
        "Whether an answer to {what} was lost on the way back cannot be told from {name}",
        "Captures at {target} and at {name} at the same time.",
    ),
)


def find_silence(view: View) -> Iterator[Finding]:
    """Yield ``no-answer``, or what one vantage cannot tell, of attempts without any answer."""
    attempts = unanswered(view)
    if len(attempts) == 0:
        return
    if len(view.run.vantages) == 1:
        yield from _three_questions(view, attempts)
        return
    directions = view.run.trajectories.direction[attempts]
    for direction in (1, -1):
        place = view.places - 1 if direction > 0 else 0
        reached = attempts[(directions == direction) & view.is_seen[attempts, place]]
        reached = reached[_is_waited_for(view, reached, place)]
        for target in find_targets(view, reached, place)[0]:
            if len(target.packets) < LEAST_TRIES:
                continue
            told = _no_answer(view, target, place)
            yield told if sent_by(view, target, place).any() else _unheard(view, told, target, place)


@shared
def unanswered(view: View) -> I64:
    """Return the SYNs of flows of which nothing but SYNs of one side was ever seen."""
    flow = view.run.trajectories.flow
    is_syn = (view.tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN
    is_silent = np.ones(len(view.run.joined), np.bool_)
    is_silent[flow[~is_syn]] = False
    syns = np.flatnonzero(is_syn)
    tried: I64 = syns[is_silent[flow[syns]] & view.kept[syns]]
    return tried


def _is_waited_for(view: View, packets: I64, place: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell after which packets the place's capture goes on long enough to hold an answer."""
    vantage = view.run.vantages[view.run.path.order[place]]
    stamps = view.values("ts_ns", packets, place)
    return np.asarray(stamps + ANSWER_NS < (vantage.last_captured_ns or 0), np.bool_)


def _no_answer(view: View, target: Target, place: int) -> Finding:
    name = view.name(place)
    flows = np.unique(view.run.trajectories.flow[target.packets])
    is_host = is_own_host(view, target, place)
    spot = f"in the host at {name}" if is_host else f"beyond {name}: host or remaining path"
    grade: Grade = "proven" if is_host and not view.misses(place) else "likely"
    attempts = counted(len(target.packets), "attempt")
    return Finding(
        id=f"no-answer/{place}/{target.text}",
        code="no-answer",
        severity=CATALOGUE["no-answer"].severity,
        grade=grade,
        title=f"No answer to {attempts} to reach {target.text}, {spot}",
        explanation=(
            f"{verb(len(target.packets), 'It', 'All of them')} ({counted(len(flows), 'flow')}) reached {name}, whose "
            f"capture goes on and holds other packets of that host, and no answer came. The path up to {name} is "
            "innocent; a full backlog, a SYN protection or a filter in the host would do this."
        ),
        vantage=name,
        quantity=len(target.packets),
        unit="packets",
        flows=view.flows_of(target.packets),
        packet=int(target.packets[0]),
        evidence=view.refs(target.packets[:4].tolist(), note="reached it, never answered", limit=6),
        settle=None
        if grade == "proven"
        else f"A capture on the host itself, or --kind {name}=end-host if {name} is it and misses nothing.",
    )


def _unheard(view: View, told: Finding, target: Target, place: int) -> Finding:
    """Return the finding for a host of which the capture holds nothing at all: its answers may take another way."""
    name = view.name(place)
    return attrs.evolve(
        told,
        id=f"cannot-tell/unheard/{place}/{target.text}",
        code="cannot-tell",
        severity=CATALOGUE["cannot-tell"].severity,
        grade="inconclusive",
        title=f"No answer to {counted(len(target.packets), 'attempt')} to reach {target.text}, nor anything else of it",
        explanation=(
            f"They reached {name}, whose capture goes on, and nothing of that host is seen there: it may not exist, "
            "stay silent, or answer on another way."
        ),
        settle=f"A capture at that host, or whether the way back from it passes {name}.",
    )


def _three_questions(view: View, attempts: I64) -> Iterator[Finding]:
    name = view.run.vantages[0].name
    flows = len(np.unique(view.run.trajectories.flow[attempts]))
    what = counted(flows, "connection attempt")
    targets, _ = find_targets(view, attempts, 0)
    hosts = sorted({target.text.rpartition(" of ")[2] for target in targets})
    words = {"what": what, "name": name, "was": verb(flows, "was", "were"), "target": " and ".join(hosts[:3])}
    for key, title, settle in QUESTIONS:
        finding = Finding(
            id=f"cannot-tell/{key}",
            code="cannot-tell",
            severity=CATALOGUE["cannot-tell"].severity,
            grade="inconclusive",
            title=title.format(**words),
            explanation="One capture holds the attempts and nothing in return; that alone blames nobody.",
            settle=settle.format(**words),
        )
        yield attrs.evolve(
            finding,
            vantage=name,
            quantity=len(attempts),
            unit="packets",
            flows=view.flows_of(attempts),
            packet=int(attempts[0]),
            evidence=view.refs(attempts[:4].tolist(), note="no answer here", limit=4),
        )
