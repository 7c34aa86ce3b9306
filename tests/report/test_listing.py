"""Findings for other tools, flows as Zeek writes them."""

import csv
import io
import json
from xml.etree import ElementTree as ET

from correlate.report.listing import finding_csv, finding_lines, junit_xml, zeek_log
from tests.report.runs import run


def test_findings_are_those_of_report_json():
    found = run("syn-ack-altered")
    lines = [json.loads(line) for line in finding_lines(found)]
    rows = list(csv.DictReader(io.StringIO(finding_csv(found), newline="")))
    assert [one["code"] for one in lines] == [row["code"] for row in rows] == [one.code for one in found.findings]
    assert "fw-int#6461" in rows[0]["frames"]
    assert rows[0]["hop"] == "client>fw-int"


def test_junit_fails_the_hop_and_direction_that_is_blamed_and_no_other():
    suite = ET.fromstring(junit_xml(run("syn-ack-altered")))
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["fw-int to client", "fw-int to fw-ext"]
    assert (suite.get("tests"), suite.get("failures")) == ("6", "2")
    clean = ET.fromstring(junit_xml(run("clean-nat")))
    assert clean.get("failures") == "0"


def test_the_zeek_log_has_types_and_community_ids_of_every_vantage():
    log = zeek_log(run("syn-ack-altered")).splitlines()
    fields = next(line for line in log if line.startswith("#fields")).split("\t")[1:]
    types = next(line for line in log if line.startswith("#types")).split("\t")[1:]
    row = dict(zip(fields, next(line for line in log if not line.startswith("#")).split("\t"), strict=True))
    assert len(types) == len(fields)
    assert row["client.community_id"] != row["server.community_id"]
    assert row["fw-ext.orig_h"] == "10.110.235.202"
    assert row["ts"] == "1335883472.239504"
