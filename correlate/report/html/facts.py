"""The lower part of the page: translations, packets that did not arrive, how sure, what was run.

**In:** all tables. **Out:** HTML.
**Method:** one table per question; counts, reasons in words, examples that the packet table opens.
**Not here:** the upper part (``verdict.py``, ``pathmap.py``, ``proof.py``, ``ladder.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.path import Direction
from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.report.closing import clock_lines
from correlate.report.conversations import translation_examples
from correlate.report.coverage import empty_text, empty_vantages, problem_texts
from correlate.report.endpoints import Endpoints
from correlate.report.html.markup import Raw, element, joined, row, table
from correlate.report.html.pathmap import PAGE_INK, bare
from correlate.report.places import hop_names
from correlate.report.reasons import reason_words
from correlate.version import __version__

MOST_TRANSLATIONS = 100
MOST_ABSENCES = 200
EXAMPLES = 5
FATE_WORDS = {
    Fate.LOST: "lost", Fate.NOT_CAPTURED: "not captured", Fate.ABSORBED: "ended on purpose",
    Fate.ORIGINATED: "first seen behind it", Fate.AMBIGUOUS: "unsure: lost or missed",
}  # fmt: skip


def translations_section(correlation: Correlation) -> list[Raw]:
    """Return the learned translations, a few flows each."""
    rows = []
    for group in correlation.metrics.translations:
        near, far = hop_names(correlation, group.hop)
        for example in translation_examples(correlation, group, MOST_TRANSLATIONS):
            before, after = Endpoints(*example["from"]), Endpoints(*example["to"])
            rows.append(row(f"{near} → {far}", group.kind, str(example["flow"]), _ends(before), _ends(after)))
    if not rows:
        return [element("p", "No address or port is translated on this path.")]
    total = sum(len(group.flows) for group in correlation.metrics.translations)
    shown = table(["hop", "kind", "flow", "before", "behind"], rows[:MOST_TRANSLATIONS], caption="Translations found")
    more = total - len(rows[:MOST_TRANSLATIONS])
    return [shown, element("p", f"and {more} more flows in report.json", class_="quiet") if more > 0 else Raw("")]


def _ends(ends: Endpoints) -> str:
    return f"{ends.source} → {ends.destination}"


def absences_section(correlation: Correlation) -> list[Raw]:
    """Return what was not simply delivered: how many packets, on which hop, and why."""
    fates, table_ = correlation.fates, correlation.trajectories
    odd = np.flatnonzero(fates.fate != Fate.DELIVERED)
    rows = []
    if len(odd):
        direction = table_.direction[fates.packet[odd]]
        keys = np.stack([fates.hop[odd], direction, fates.fate[odd], fates.grade[odd], fates.reason[odd]]).astype(
            np.int64
        )
        kinds, which, counts = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
        which = which.reshape(-1)
        for index in np.argsort(-counts, kind="stable")[:MOST_ABSENCES].tolist():
            hop, way, fate, grade, reason = kinds[:, index].tolist()
            ends = hop_names(correlation, hop)
            near, far = ends if way != Direction.REVERSE else ends[::-1]
            examples = np.unique(fates.packet[odd[which == index][:EXAMPLES]])
            rows.append(
                row(
                    f"{near} → {far}",
                    FATE_WORDS[Fate(fate)],
                    str(int(counts[index])),
                    FateGrade(grade).code,
                    reason_words(Reason(reason)),
                    _links(examples.tolist()),
                )
            )
    alone = int(((correlation.match.rows >= 0).sum(axis=1) < 2).sum())
    parts = [element("p", f"{alone} packets were seen at one capture point only.")]
    if not rows:
        return [*parts, element("p", "Every packet that came to a hop was seen behind it.")]
    head = ["hop", "what", "packets", "grade", "because", "for example packet"]
    return [*parts, table(head, rows, caption="Packets that were not seen at both ends of a hop")]


def _links(packets: list[int]) -> Raw:
    linked = [element("a", str(packet + 1), href=f"#packet={packet + 1}") for packet in packets]
    return joined([part for link in linked for part in (link, Raw(" "))])


def certainty_section(correlation: Correlation) -> list[Raw]:
    """Return what the answer rests on, and what is not known."""
    known = [element("li", f"Order of the path: {sentence}") for sentence in correlation.path.evidence]
    known += [element("li", f"Clock: {text}") for text in bare(clock_lines(correlation, PAGE_INK))]
    unknown = [element("li", text) for text in _unknowns(correlation)]
    parts = [element("h3", "What it rests on"), element("ul", *known)] if known else []
    parts += [
        element("h3", "Not known"),
        element("ul", *unknown) if unknown else element("p", "Nothing that these captures could tell."),
    ]
    return parts


def _unknowns(correlation: Correlation) -> list[str]:
    texts = [
        f"{finding.title}: {finding.settle}"
        for finding in correlation.findings
        if finding.settle and finding.grade == "inconclusive"
    ]
    unsure = int((correlation.fates.fate == Fate.AMBIGUOUS).sum())
    if unsure:
        texts.append(
            f"{unsure} packets may be lost or may have been missed by a capture; they are not counted as lost."
        )
    ambiguous = int(correlation.trajectories.is_ambiguous.sum())
    if ambiguous:
        texts.append(f"{ambiguous} packets look like others of their flow; they prove nothing and time nothing.")
    texts += [f"{vantage.name} {empty_text(vantage)}" for vantage in empty_vantages(correlation)]
    return texts + problem_texts(correlation)


def about_section(correlation: Correlation) -> list[Raw]:
    """Return versions, command line and digests of the input."""
    rows = [
        row(vantage.name, file.path, str(file.frames), str(file.bytes), file.sha256 or "not computed (--sha256)")
        for vantage in correlation.vantages
        for file in vantage.files[:MOST_ABSENCES]
    ]
    captures = " ".join(f"{name}={path}" for name, paths in correlation.captures.items() for path in paths[:20])
    options = ", ".join(f"{key}: {value}" for key, value in correlation.options.items() if value)
    return [
        table(["vantage", "file", "frames", "bytes", "SHA-256"], rows, caption="Captures"),
        element(
            "p",
            "correlate ",
            __version__,
            ". ",
            element("code", f"correlate {captures}"),
            f" {options}",
            class_="quiet",
        ),
    ]
