"""report.json (contract, version 1)."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from correlate.model.trajectories import Fate, Reason
from correlate.report import json_text, report_json
from tests.report.builder import alone, flagship, strangers

SCHEMA = json.loads(files("correlate.report").joinpath("report.schema.json").read_text("utf-8"))
CONTRACT_KEYS = {
    "schema", "tool", "command", "reference", "vantages", "clocks", "hops", "hosts", "flows", "translations",
    "mutations", "findings", "ledger",
}  # fmt: skip


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("build", [flagship, strangers, alone, lambda: flagship(half_width=None)])
def test_every_report_is_valid(build):
    document = json.loads(json_text(report_json(build())))
    Draft202012Validator(SCHEMA).validate(document)
    assert document.keys() >= CONTRACT_KEYS


def test_the_schema_lists_every_fate_and_reason():
    """Contract: reason codes are listed in the JSON Schema."""
    assert SCHEMA["$defs"]["reason"]["enum"] == [reason.code for reason in Reason]
    assert sorted(SCHEMA["$defs"]["fate"]["enum"]) == sorted(fate.code for fate in Fate)


def test_the_ledger_adds_up_per_vantage():
    for buckets in report_json(flagship())["ledger"].values():
        assert sum(buckets.values()) == 2 * buckets["read"]


def test_control_characters_of_names_do_not_reach_the_report():
    """Experience: hostile strings; a file may be called anything."""
    import attrs

    run = flagship()
    hostile = attrs.evolve(run.vantages[0].files[0], path="a\x1b[2J\u202e\udcff.pcap")
    run = attrs.evolve(run, vantages=(attrs.evolve(run.vantages[0], files=(hostile,)), *run.vantages[1:]))
    path = report_json(run)["vantages"][0]["files"][0]["path"]
    assert path.isprintable()
    json_text(report_json(run)).encode("utf-8")
