"""Flows and translations of report.json."""

from correlate.report.conversations import flow_totals, flows_json, translations_json
from tests.report.builder import EPOCH, MS, alone, flagship, strangers


def test_totals_count_each_packet_once():
    """Naive twin: a loop over packets; the least IP length that any vantage saw."""
    run = flagship()
    totals = flow_totals(run)
    for flow in range(len(run.joined)):
        packets, size = 0, 0
        for packet in range(len(run.trajectories)):
            if int(run.trajectories.flow[packet]) == flow:
                rows = run.trajectories.rows[packet]
                lengths = [
                    int(run.packets[v].columns.ip_len[r]) for v, r in zip(run.path.order, rows, strict=True) if r >= 0
                ]
                packets, size = packets + 1, size + min(lengths)
        assert (int(totals.packets[flow]), int(totals.bytes[flow])) == (packets, size)


def test_a_flow_spans_its_first_and_last_sighting():
    flow = flows_json(flagship())["items"][0]
    assert (flow["first_ns"], flow["last_ns"]) == (EPOCH, EPOCH + 3017 * MS)


def test_tuples_run_from_initiator_to_responder_at_every_vantage():
    flow = flows_json(flagship())["items"][0]
    assert flow["tuples"]["client"] == ["10.110.233.50", 50183, "172.16.1.1", 443]
    assert flow["tuples"]["server"] == ["10.110.235.202", 55073, "172.16.1.1", 443]
    assert (flow["protocol"], flow["initiator"]) == ("tcp", "client-side")


def test_community_ids_differ_across_the_nat():
    """The label of the sketch, computed independently by Zeek's specification."""
    labels = flows_json(flagship())["items"][0]["community_id"]
    assert labels["client"] == labels["fw-int"] == "1:RO2stetHF4ewjHiHoXK/nmr5ss0="
    assert labels["fw-ext"] != labels["client"]


def test_a_flow_of_an_unplaced_vantage_has_no_time():
    flow = flows_json(strangers())["items"][1]
    assert (flow["first_ns"], flow["last_ns"], flow["initiator"]) == (None, None, None)
    assert flow["packets"] == 1
    assert flow["tuples"] == {"b": ["2001:db8::1", None, "2001:db8::2", None]}


def test_one_vantage_has_flows_too():
    assert flows_json(alone())["count"] == 1


def test_translations_show_both_sides_of_the_hop():
    (group,) = translations_json(flagship())
    assert (group["hop"], group["kind"], group["flows"]) == (["fw-int", "fw-ext"], "napt", 2)
    assert group["examples"][0]["from"][1] == 50183
    assert group["examples"][0]["to"][1] == 55073
