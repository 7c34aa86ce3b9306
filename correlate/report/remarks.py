"""What there is to say about single frames: the comments of merged.pcapng.

**In:** fates, changes, findings, labels. **Out:** per vantage the rows that have a remark; the texts of any stretch of
rows, two per remark: a sentence for people, a line ``correlate packet=18 hop=...`` for programs.
**Method:** what is worth a remark is a table; texts are made stretch by stretch from few distinct sentences, so that
neither time nor memory is spent per packet in Python. An ordinary delivered packet has no remark.
**Not here:** where the texts are written (``merge_kernel.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I64, U8, Bool, frozen
from correlate.model.clocks import UNBOUNDED
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.path import Direction
from correlate.model.trajectories import NO_DELAY, Fate, FateGrade, Reason
from correlate.report.labels import Labels
from correlate.report.places import place_names
from correlate.report.reasons import reason_words
from correlate.wire.text import safe_text

if TYPE_CHECKING:
    import pyarrow as pa

SAID_FATES = (Fate.LOST, Fate.ABSORBED, Fate.ORIGINATED, Fate.AMBIGUOUS)
SAID_MISSES = (Reason.SEEN_BEYOND, Reason.ACKED_FROM_BEYOND, Reason.DROP_COUNTER)
"""Reasons for which a packet that the capture missed is remarked on; the others hold for whole captures."""

HOP, SEVERAL, COPY, EVIDENCE = 0, 1, 2, 3
"""Kinds of remarks, in the order in which one frame's are told."""

MOST_EVIDENCE = 1000
"""Frames per finding that are remarked on."""
MOST_CHARACTERS = 2000
BLANK = "\x00"
"""Where a number goes that is not known yet; no text has it, names are made safe."""
FIELD_BITS = 63
"""Changed fields told apart; a run knows some forty."""

DIRECTIONS = {Direction.FORWARD: "forward", Direction.REVERSE: "reverse", Direction.UNKNOWN: "unknown"}


class RemarkRows(NamedTuple):
    """Remarks of one vantage by row, then kind."""

    row: I64
    kind: I64
    ref: I64
    """Evidence: index of the pair of texts; hop: fate row; else unused."""


class Texts(NamedTuple):
    """Texts of consecutive remarks, two each."""

    ends: I64
    data: U8


@attrs.frozen(kw_only=True)
class Remarks:
    """All remarks of a run."""

    correlation: Correlation
    labels: Sequence[Labels]
    rows: tuple[RemarkRows, ...]
    """Per vantage, input order."""
    fields: I64
    """Per fate row: bits of the fields that changed unexpectedly."""
    evidence: tuple[tuple[str, str], ...]

    def texts(self, vantage: int, first: int, last: int) -> Texts:
        """Return the texts of the vantage's remarks ``first`` to ``last`` (exclusive)."""
        import pyarrow as pa  # noqa: PLC0415  -- only who writes captures pays

        part = RemarkRows(*(column[first:last] for column in self.rows[vantage]))
        people, programs = [], []
        for kind, render in ((HOP, self._hop), (SEVERAL, self._several), (COPY, self._copy), (EVIDENCE, self._cited)):
            at = np.flatnonzero(part.kind == kind)
            if len(at):
                pair = render(vantage, part.row[at], part.ref[at])
                people.append((at, pair[0]))
                programs.append((at, pair[1]))
        order = np.argsort(np.concatenate([at for at, _texts in people]), kind="stable")
        whole = [pa.concat_arrays([texts for _at, texts in side]) for side in (people, programs)]
        return paired(whole[0], whole[1], order)

    def without_numbers(self, refs: I64) -> tuple[pa.Array, pa.Array]:
        """Return the two texts of some fate rows with ``BLANK`` where their packets' numbers go."""
        return self._hop_texts(refs, BLANK)

    def _cited(self, vantage: int, rows: I64, refs: I64) -> tuple[pa.Array, pa.Array]:
        return cited_texts(self.labels[vantage].packet[rows], [self.evidence[ref] for ref in refs.tolist()])

    def _several(self, vantage: int, rows: I64, _refs: I64) -> tuple[pa.Array, pa.Array]:
        labels = self.labels[vantage]
        return several_texts(labels.packet[rows], labels.last[rows], labels.carried[rows])

    def _copy(self, vantage: int, rows: I64, _refs: I64) -> tuple[pa.Array, pa.Array]:
        return copy_texts(self.labels[vantage].packet[rows])

    def _hop(self, _vantage: int, _rows: I64, refs: I64) -> tuple[pa.Array, pa.Array]:
        return self._hop_texts(refs, _numbers(self.correlation.fates.packet[refs] + 1))

    def _hop_texts(self, refs: I64, number: str | pa.Array) -> tuple[pa.Array, pa.Array]:
        fates, table = self.correlation.fates, self.correlation.trajectories
        packet = fates.packet[refs]
        keys = np.stack(
            [
                fates.hop[refs].astype(np.int64),
                table.direction[packet].astype(np.int64),
                *(column[refs].astype(np.int64) for column in (fates.fate, fates.grade, fates.reason)),
                self.fields[refs],
            ]
        )
        distinct, which = np.unique(keys, axis=1, return_inverse=True)
        sentences = [self._sentence(*key) for key in distinct.T.tolist()]
        marks = [self._mark(*key[:3]) for key in distinct.T.tolist()]
        tails = [self._tail(*key[3:]) for key in distinct.T.tolist()]
        which = which.reshape(-1)
        owd, lo, hi = (column[refs] for column in (fates.owd_ns, fates.owd_lo_ns, fates.owd_hi_ns))
        is_timed = (owd != NO_DELAY) & (fates.fate[refs] == Fate.DELIVERED)
        delays = [
            _joined(f" {name}=", _numbers(values, is_known))
            for name, values, is_known in (
                ("owd_ns", owd, is_timed),
                ("owd_lo_ns", lo, is_timed & (np.abs(lo) < UNBOUNDED // 2)),
                ("owd_hi_ns", hi, is_timed & (np.abs(hi) < UNBOUNDED // 2)),
            )
        ]
        people = _joined(_strings(sentences, which), " Packet ", number, ".")
        whole = [_strings(marks, which), *delays, _strings(tails, which)]
        return people, _joined("correlate packet=", number, *whole)

    def _sentence(self, hop: int, direction: int, fate: int, grade: int, reason: int, fields: int) -> str:
        """Return what happened on a hop, for people."""
        names = [safe_text(name) for name in place_names(self.correlation)[hop : hop + 2]]
        near, far = names if direction != Direction.REVERSE else names[::-1]
        if fields:
            named = ", ".join(self._field_names(fields))
            return f"Changed between {near} and {far}: {named}."
        word = {
            Fate.LOST: f"Lost between {near} and {far}",
            Fate.ABSORBED: f"Ended on purpose between {near} and {far}",
            Fate.ORIGINATED: f"Born between {near} and {far}",
            Fate.AMBIGUOUS: f"Not seen at {far}: lost, or missed by that capture",
            Fate.NOT_CAPTURED: f"Passed {far}, whose capture does not hold it",
            Fate.DELIVERED: f"Delivered from {near} to {far}",
        }[Fate(fate)]
        return f"{word} ({FateGrade(grade).code}: {reason_words(Reason(reason))})."

    def _mark(self, hop: int, direction: int, fate: int) -> str:
        names = [safe_text(name) for name in place_names(self.correlation)[hop : hop + 2]]
        return f" hop={names[0]}>{names[1]} direction={DIRECTIONS[Direction(direction)]} fate={Fate(fate).code}"

    def _tail(self, grade: int, reason: int, fields: int) -> str:
        changed = f" fields={','.join(self._field_names(fields))}" if fields else ""
        return f"{changed} grade={FateGrade(grade).code} reason={Reason(reason).code}"

    def _field_names(self, bits: int) -> list[str]:
        return [name for number, name in enumerate(self.correlation.mutations.fields) if bits >> _bit(number) & 1]


def paired(people: pa.Array, programs: pa.Array, order: I64) -> Texts:
    """Return the texts of remarks in an order, that for people before that for programs."""
    import pyarrow as pa  # noqa: PLC0415

    both = pa.concat_arrays([side.take(pa.array(order)) for side in (people, programs)])
    merged = both.take(pa.array(np.arange(2 * len(order)).reshape(2, -1).T.ravel()))
    _valid, ends, data = merged.buffers()
    return Texts(
        frozen(np.frombuffer(ends, np.int64, len(merged) + 1), np.int64),
        frozen(np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)),
    )


def numbered(texts: pa.Array, packet: I64) -> pa.Array:
    """Return texts with their packets' numbers in place of ``BLANK``."""
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.binary_join(pc.split_pattern(texts, BLANK), _numbers(packet))


def cited_texts(packet: I64, pairs: Sequence[tuple[str, str]]) -> tuple[pa.Array, pa.Array]:
    """Return what is said of frames that findings cite."""
    marks = _joined("correlate packet=", _numbers(packet), _strings([pair[1] for pair in pairs]))
    return _strings([pair[0] for pair in pairs]), marks


def several_texts(first: I64, last: I64, count: I64) -> tuple[pa.Array, pa.Array]:
    """Return what is said of frames that carry several packets."""
    one, other, many = (_numbers(column) for column in (first, last, count))
    people = _joined("Carries ", many, " packets (", one, " to ", other, ") that other captures hold one by one.")
    return people, _joined("correlate packet=", one, " packets=", one, "-", other, " count=", many)


def copy_texts(packet: I64) -> tuple[pa.Array, pa.Array]:
    """Return what is said of frames that the capture holds again."""
    number = _numbers(packet)
    people = _joined("The capture itself holds packet ", number, " again: this frame is a copy of it.")
    return people, _joined("correlate packet=", number, " copy=1")


def remarks_of(correlation: Correlation, labels: Sequence[Labels]) -> Remarks:
    """Find every row that has something to be said about it."""
    fields = _changed_fields(correlation)
    said = np.flatnonzero(_is_said(correlation, fields))
    cited, evidence = _evidence_rows(correlation)
    rows = []
    for vantage in range(len(correlation.vantages)):
        parts = [cited[vantage], _hop_rows(correlation, said, vantage)]
        label = labels[vantage]
        for kind, mask in ((SEVERAL, label.carried > 1), (COPY, label.is_copy)):
            at = np.flatnonzero(mask)
            parts.append(RemarkRows(at, np.full(len(at), kind), at))
        merged = RemarkRows(*(np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)))
        order = np.lexsort((merged.kind, merged.row))
        rows.append(RemarkRows(*(frozen(column[order]) for column in merged)))
    return Remarks(correlation=correlation, labels=labels, rows=tuple(rows), fields=fields, evidence=evidence)


def _bit(field: int) -> int:
    return min(field, FIELD_BITS - 1)


def _changed_fields(correlation: Correlation) -> I64:
    """Return, per fate row, the bits of unexpectedly changed fields."""
    columns, fates = correlation.mutations.odd, correlation.fates
    odd = np.flatnonzero(~columns.expected)
    bits = np.zeros(len(fates.packet), np.int64)
    if len(odd) == 0:
        return bits
    hops = max(1, correlation.path.hop_count)
    keys, which = np.unique(columns.packet[odd].astype(np.int64) * hops + columns.hop[odd], return_inverse=True)
    sums = np.zeros(len(keys), np.int64)
    np.bitwise_or.at(
        sums, which.reshape(-1), np.int64(1) << np.minimum(columns.field[odd], FIELD_BITS - 1).astype(np.int64)
    )
    mine = fates.packet * hops + fates.hop
    at = np.minimum(np.searchsorted(keys, mine), len(keys) - 1)
    return np.where(keys[at] == mine, sums[at], 0)


def _is_said(correlation: Correlation, fields: I64) -> Bool:
    """Return which fate rows are worth a remark."""
    table = np.zeros((len(Fate), len(Reason)), np.bool_)
    table[list(SAID_FATES)] = True
    table[Fate.NOT_CAPTURED, list(SAID_MISSES)] = True
    return np.asarray(table[correlation.fates.fate, correlation.fates.reason] | (fields != 0), np.bool_)


def _hop_rows(correlation: Correlation, said: I64, vantage: int) -> RemarkRows:
    """Return the remarks on the hops before and behind a vantage."""
    if vantage not in correlation.path.order:
        return RemarkRows(*(np.zeros(0, np.int64) for _ in range(3)))
    place = correlation.path.order.index(vantage)
    hop = correlation.fates.hop[said]
    near = said[(hop == place) | (hop == place - 1)]
    rows = correlation.trajectories.rows[correlation.fates.packet[near], place]
    near, rows = near[rows >= 0], rows[rows >= 0]
    return RemarkRows(rows, np.full(len(rows), HOP), near)


def _evidence_rows(correlation: Correlation) -> tuple[list[RemarkRows], tuple[tuple[str, str], ...]]:
    """Return the frames that findings cite, with the two texts of each citation."""
    texts: list[tuple[str, str]] = []
    found: dict[int, list[tuple[int, int]]] = {vantage: [] for vantage in range(len(correlation.vantages))}
    names = {vantage.name: index for index, vantage in enumerate(correlation.vantages)}
    for finding in correlation.findings:
        for reference in finding.evidence[:MOST_EVIDENCE]:
            vantage = names.get(reference.vantage, -1)
            row = row_of_frame(correlation, vantage, reference.file, reference.frame) if vantage >= 0 else -1
            if row >= 0:
                found[vantage].append((row, len(texts)))
                texts.append(cited_pair(finding, reference.note))
    rows = []
    for vantage in sorted(found):
        pairs = np.array(found[vantage], np.int64).reshape(-1, 2)
        rows.append(RemarkRows(pairs[:, 0], np.full(len(pairs), EVIDENCE), pairs[:, 1]))
    return rows, tuple(texts)


def cited_pair(finding: Finding, note: str) -> tuple[str, str]:
    """Return what is said of a frame that a finding cites; the second is what follows the packet's number."""
    noted = f" ({note})" if note else ""
    people = safe_text(f"{finding.title}{noted}. {finding.grade.capitalize()}.")[:MOST_CHARACTERS]
    return people, f" finding={finding.id} code={finding.code} grade={finding.grade}"


def row_of_frame(correlation: Correlation, vantage: int, file: str, frame: int) -> int:
    """Return the PacketTable row of a frame; -1 = it holds no IP packet, or there is no such file."""
    columns = correlation.packets[vantage].columns
    paths = [one.path for one in correlation.vantages[vantage].files]
    if file not in paths:
        return -1
    first, last = np.searchsorted(columns.file, [paths.index(file), paths.index(file) + 1])
    at = int(first + np.searchsorted(columns.frame[first:last], frame))
    return at if at < last and int(columns.frame[at]) == frame else -1


def _strings(texts: list[str], which: I64 | None = None) -> pa.Array:
    """Return texts as an Arrow column, chosen by ``which``."""
    import pyarrow as pa  # noqa: PLC0415

    column = pa.array(texts, pa.large_string())
    return column if which is None else column.take(pa.array(which))


def _numbers(values: I64, is_known: Bool | None = None) -> pa.Array:
    """Return integers as text; unknown ones are null."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.array(values, mask=None if is_known is None else ~is_known).cast(pa.large_string())


def _joined(*parts: str | pa.Array) -> pa.Array:
    """Return the parts of each row as one text; a row with an unknown part is empty."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    columns = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in parts]
    empty = pa.scalar("", pa.large_string())
    return pc.fill_null(pc.binary_join_element_wise(*columns, empty), empty)
