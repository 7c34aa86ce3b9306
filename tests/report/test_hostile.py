"""Hostile strings come out inert in every output (issue 7): whatever a capture, a file name or a user can carry."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import attrs
import networkx as nx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from correlate.graph import build_graph, dot_text, node_link, write_gexf, write_graphml
from correlate.model.correlation import Correlation
from correlate.model.frames import Problem
from correlate.report import (
    explain_packet,
    finding_csv,
    finding_lines,
    json_text,
    junit_xml,
    packet_csv,
    packet_lines,
    render_card,
    render_terminal,
    report_json,
    told,
    trace_json,
    zeek_log,
)
from correlate.report.blocks import text_value
from correlate.report.html import render_page
from correlate.report.ink import Ink
from correlate.report.labels import labels_of
from correlate.report.merged import clock_text
from correlate.report.packets import FORMULA
from correlate.report.remarks import remarks_of
from tests.report.builder import flagship

PIECES = (
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\x1b[2J\x1b]0;x\x07", "\u202eevil\u2066", "\0", "\x9b31m",
    "=cmd|' /C calc'!A0", "@SUM(1)", '"],"x":["', "]]>", "<!--", "&amp;", "\ud800", "\r\nX: y", "\t", "\\", '"', "'", "{{7*7}}", "a" * 300,
    "\u2028", "javascript:alert(1)", 'x"; onload="y', "\ufffe", "--", "%00", "\x7f",
)  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), min_size=1, max_size=3).map("".join)

PLAIN = flagship()


def poisoned(text: str) -> Correlation:
    """The flagship with ``text`` wherever a string comes from outside."""
    names = [f"{vantage.name}{text}" for vantage in PLAIN.vantages]
    new = dict(zip([vantage.name for vantage in PLAIN.vantages], names, strict=True))
    vantages = tuple(
        attrs.evolve(
            vantage, name=new[vantage.name], files=tuple(attrs.evolve(file, path=f"{text}{file.path}") for file in vantage.files),
            interfaces=tuple(attrs.evolve(one, name=text, description=text, capture_filter=text) for one in vantage.interfaces),
            problems=(Problem(kind="odd", detail=text),),
        )
        for vantage in PLAIN.vantages
    )  # fmt: skip
    findings = tuple(
        attrs.evolve(
            one, title=text + one.title, explanation=one.explanation + text, settle=text, against=(text,),
            hop=tuple(new[name] for name in one.hop) if one.hop else None,
            evidence=tuple(attrs.evolve(frame, vantage=new[frame.vantage], file=text + frame.file, note=text) for frame in one.evidence),
        )
        for one in PLAIN.findings
    )  # fmt: skip
    table = PLAIN.mutations
    return attrs.evolve(
        PLAIN, vantages=vantages, findings=findings, mutations=attrs.evolve(table, texts=tuple(text + one for one in table.texts)),
        options={"order": text}, captures=dict.fromkeys(names, (text,)),
        path=attrs.evolve(PLAIN.path, evidence=(text,)),
    )  # fmt: skip


def assert_inert(output: str) -> None:
    """No control, no bidirectional control, nothing that cannot be encoded."""
    output.encode("utf-8")
    for character in set(output) - set("\n\t\r"):
        assert unicodedata.category(character) not in ("Cc", "Cs"), repr(character)
        assert (
            character
            not in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufffe\uffff"
        )


class Shape(HTMLParser):
    """The elements and attribute names of a page, without what it says."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(name for name, _value in attrs)))
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("href", "src"):
                assert value.startswith(("#", "data:,"))

    def handle_comment(self, data):
        raise AssertionError("a comment of somebody else's")


def shape(page: str) -> list:
    reader = Shape()
    reader.feed(page)
    reader.close()
    return [
        one
        for one in reader.seen
        if one[0] in ("script", "style", "img", "iframe", "link", "meta", "object", "form", "a")
    ]


LONG = "a" * 10_240
EVERY = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@EVERY
@example("".join(PIECES))
@example(LONG)
@given(HOSTILE)
def test_texts_for_people(text):
    run = poisoned(text)
    ink = Ink(width=100, is_unicode=True, has_color=False)
    outputs = [
        render_terminal(run, width=100, unicode=True, color=False),
        render_terminal(run, width=50, unicode=False, color=False),
        *(explain_packet(run, packet, None, ink) for packet in (0, 1)),
        told(run),
    ]
    for output in outputs:
        assert_inert(output)
        assert "\t" not in output
        assert "\r" not in output


@EVERY
@example("".join(PIECES))
@example(LONG)
@given(HOSTILE)
def test_pages(text):
    page = render_page(poisoned(text))
    assert_inert(page)
    clean = [one for one in shape(render_page(PLAIN)) if one[0] != "a"]
    assert [one for one in shape(page) if one[0] != "a"] == clean
    card = render_card(poisoned(text))
    assert_inert(card)
    assert [one[0] for one in shape(card)] == ["style"]


@EVERY
@example("".join(PIECES))
@example(LONG)
@given(HOSTILE)
def test_files_for_programs(text):
    run = poisoned(text)
    outputs = [json_text(report_json(run)), *finding_lines(run), *packet_lines(run), trace_json(run)]
    for output in outputs:
        assert_inert(output)
        for line in output.splitlines() if output.startswith('{"type"') else [output]:
            json.loads(line)
    log = zeek_log(run)
    assert_inert(log)
    columns = next(line for line in log.splitlines() if line.startswith("#fields")).count("\t") - 1
    assert all(line.count("\t") == columns for line in log.splitlines() if not line.startswith("#"))
    assert_inert(junit_xml(run))
    assert ET.fromstring(junit_xml(run)).tag == "testsuite"


@EVERY
@example("".join(PIECES))
@example(LONG)
@given(HOSTILE)
def test_no_cell_of_a_table_is_a_formula(text):
    run = poisoned(text)
    for output in (finding_csv(run), "".join(packet_csv(run))):
        assert_inert(output)
        rows = list(csv.reader(io.StringIO(output, newline="")))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(FORMULA) or cell.lstrip("-").isdigit()


@EVERY
@example("".join(PIECES))
@example(LONG)
@given(HOSTILE)
def test_graphs(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("graphs")
    graph = build_graph(poisoned(text))
    write_graphml(graph, folder / "g.graphml")
    write_gexf(graph, folder / "g.gexf")
    for name, read in (("g.graphml", nx.read_graphml), ("g.gexf", nx.read_gexf)):
        assert_inert((folder / name).read_text("utf-8"))
        assert len(read(folder / name)) == len(graph)
    assert_inert(json_text(node_link(graph)))
    dot = dot_text(graph)
    assert_inert(dot)
    assert all(line.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 0 for line in dot.splitlines())


@EVERY
@example("".join(PIECES))
@example(LONG)
@given(HOSTILE)
def test_comments_of_the_merged_capture(text):
    run = poisoned(text)
    remarks = remarks_of(run, labels_of(run))
    for vantage, rows in enumerate(remarks.rows):
        if len(rows.row):
            told_texts = remarks.texts(vantage, 0, len(rows.row))
            assert_inert(told_texts.data.tobytes().decode("utf-8"))
            assert int((told_texts.ends[1:] - told_texts.ends[:-1]).max()) < 65_536
        assert_inert(text_value(clock_text(run, vantage)).decode("utf-8"))
