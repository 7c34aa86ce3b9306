"""Findings as JSON Lines, CSV and JUnit XML; flows as a Zeek-style log.

**In:** a ``Correlation``. **Out:** text.
**Method:** the values are those of report.json. JUnit: one case per hop and direction, failed by sure findings that are
warnings or errors; cases without one passed, unsure ones are skipped with their reason. Zeek: tab-separated, typed
header, ``-`` = unset, Community ID per vantage so that logs can be joined.
**Not here:** packets (``packets.py``).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.report.claims import findings_json
from correlate.report.conversations import flows_json
from correlate.report.packets import csv_text
from correlate.report.places import hop_names, place_names
from correlate.report.summary import title_of
from correlate.report.verdict import SEVERE
from correlate.wire.text import safe_text

FINDING_CELLS = (
    "id", "caused_by", "code", "severity", "grade", "vantage", "direction", "title", "explanation", "quantity", "unit",
    "packet", "settle",
)  # fmt: skip
SURE = ("proven", "likely")


def finding_lines(correlation: Correlation) -> Iterator[str]:
    """Yield one JSON object per finding, in the order of report.json."""
    return lines_of_findings(findings_json(correlation))


def lines_of_findings(findings: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield one JSON object per finding of report.json."""
    for finding in findings:
        yield json.dumps({"type": "finding", **_clean(finding)}, ensure_ascii=False, allow_nan=False) + "\n"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, dict):
        return {safe_text(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def finding_csv(correlation: Correlation) -> str:
    """Return one row per finding; evidence as ``vantage#frame`` separated by blanks."""
    return csv_of_findings(findings_json(correlation))


def csv_of_findings(findings: Sequence[dict[str, Any]]) -> str:
    """Return one row per finding of report.json, as :func:`finding_csv`."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow([*FINDING_CELLS, "hop", "flows", "frames"])
    for finding in findings:
        cells = ["" if finding[key] is None else finding[key] for key in FINDING_CELLS]
        hop = ">".join(finding["hop"]) if finding["hop"] else ""
        frames = " ".join(f"{one['vantage']}#{one['frame']}" for one in finding["evidence"])
        row = [*cells, hop, " ".join(map(str, finding["flows"])), frames]
        writer.writerow([csv_text(cell) if isinstance(cell, str) else cell for cell in row])
    return sink.getvalue()


def junit_xml(correlation: Correlation) -> str:
    """Return a test suite for CI: one case per hop and direction, one for each finding without hop."""
    suite = ET.Element("testsuite", name="correlate")
    hops = [hop_names(correlation, hop) for hop in range(correlation.path.hop_count)]
    cases = [((near, far), direction) for near, far in hops for direction in ("forward", "reverse")]
    counts = {"tests": 0, "failures": 0, "skipped": 0, "errors": 0}
    for hop, direction in cases:
        way = hop if direction == "forward" else hop[::-1]
        here = [one for one in correlation.findings if one.hop == hop and one.direction in (None, direction)]
        _case(suite, f"{way[0]} to {way[1]}", here, counts)
    for finding in correlation.findings:
        if finding.hop not in hops and finding.severity in SEVERE:
            _case(suite, title_of(finding), [finding], counts)
    for key, value in counts.items():
        suite.set(key, str(value))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ET.Element, name: str, findings: list[Finding], counts: dict[str, int]) -> None:
    case = ET.SubElement(suite, "testcase", classname="correlate.path", name=safe_text(name))
    counts["tests"] += 1
    severe = [one for one in findings if one.severity in SEVERE]
    sure = [one for one in severe if one.grade in SURE]
    for kind, told, count in (("failure", sure, "failures"), ("skipped", severe if not sure else [], "skipped")):
        if told:
            counts[count] += 1
            text = "; ".join(title_of(one) for one in told)
            node = ET.SubElement(case, kind, message=text)
            if kind == "failure":
                node.set("type", told[0].code)
                node.text = "\n".join(safe_text(f"{one.code} ({one.grade}): {one.explanation}") for one in told)


ZEEK_TYPES = {
    "ts": "time", "duration": "interval", "flow": "count", "packets": "count", "bytes": "count",
    "findings": "set[string]",
}  # fmt: skip


def zeek_log(correlation: Correlation) -> str:
    """Return one line per flow of report.json, as Zeek writes logs (docs.zeek.org, ASCII writer)."""
    findings = [(finding.code, finding.flows) for finding in correlation.findings]
    return _zeek_text(place_names(correlation), flows_json(correlation)["items"], findings)


def zeek_of(places: Sequence[str], document: dict[str, Any]) -> str:
    """Return the same from report.json of a whole whose path has these places."""
    findings = [(finding["code"], finding["flows"]) for finding in document["findings"]]
    return _zeek_text(places, document["flows"]["items"], findings)


def _zeek_text(
    places: Sequence[str], flows: Sequence[dict[str, Any]], findings: Sequence[tuple[str, Sequence[int]]]
) -> str:
    names = [safe_text(name) for name in places]
    fields = ["ts", "duration", "flow", "proto", "packets", "bytes", "findings"]
    fields += [f"{name}.{key}" for name in names for key in ("orig_h", "orig_p", "resp_h", "resp_p", "community_id")]
    types = [
        ZEEK_TYPES.get(name, "port" if name.endswith("_p") else "addr" if name.endswith("_h") else "string")
        for name in fields
    ]
    lines = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tcorrelate"]
    lines += ["#fields\t" + "\t".join(fields), "#types\t" + "\t".join(types)]
    codes: dict[int, list[str]] = {}
    for code, named in findings:
        for number in named:
            codes.setdefault(int(number), []).append(code)
    for flow in flows:
        lines.append("\t".join(_zeek_cells(flow, names, codes.get(flow["flow"], []))))
    return "\n".join([*lines, "#close"]) + "\n"


def _zeek_cells(flow: dict[str, Any], names: list[str], codes: list[str]) -> list[str]:
    first, last = flow["first_ns"], flow["last_ns"]
    cells = [_seconds(first), _seconds(None if first is None else last - first), str(flow["flow"]), flow["protocol"]]
    cells += [str(flow["packets"]), str(flow["bytes"]), ",".join(dict.fromkeys(codes)) or "(empty)"]
    for name in names:
        ends = flow["tuples"].get(name) or [None] * 4
        cells += ["-" if end is None else safe_text(str(end)) for end in ends]
        cells.append(flow["community_id"].get(name) or "-")
    return cells


def _seconds(ns: int | None) -> str:
    """Return nanoseconds as seconds with six decimals, as Zeek does; no float is involved."""
    if ns is None:
        return "-"
    sign, size = ("-", -ns) if ns < 0 else ("", ns)
    return f"{sign}{size // 10**9}.{size % 10**9 // 1000:06d}"
