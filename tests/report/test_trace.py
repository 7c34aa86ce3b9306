"""The Perfetto trace (Trace Event Format)."""

import json

from correlate.report.trace import trace_json
from tests.report.builder import alone
from tests.report.runs import run


def test_every_delivered_packet_is_a_slice_that_begins_and_ends():
    found = run("syn-ack-altered")
    events = json.loads(trace_json(found))["traceEvents"]
    begun = {(one["pid"], one["id2"]["local"]): one for one in events if one["ph"] == "b"}
    ended = {(one["pid"], one["id2"]["local"]): one for one in events if one["ph"] == "e"}
    assert begun.keys() == ended.keys()
    assert all(ended[key]["ts"] >= begun[key]["ts"] >= 0 for key in begun)
    assert len(begun) == int((found.fates.fate == 0).sum())


def test_lost_packets_are_instants_with_their_reason():
    events = json.loads(trace_json(run("syn-ack-altered")))["traceEvents"]
    lost = [one for one in events if one["ph"] == "i"]
    assert len(lost) == 8
    assert {one["args"]["because"] for one in lost} == {"the far side answered as if it never came"}


def test_one_vantage_is_an_empty_trace():
    assert json.loads(trace_json(alone()))["traceEvents"] == []
