"""Rule (contract): a run ends in one of five statuses; a request asks for nothing but what was asked."""

from __future__ import annotations

from correlate_cli.request import BAD_INPUT, INTERRUPTED, MET, NOTHING_IN_COMMON, OK, Request


def test_exit_statuses_are_those_of_the_contract() -> None:
    assert (OK, MET, BAD_INPUT, NOTHING_IN_COMMON, INTERRUPTED) == (0, 1, 2, 3, 130)


def test_a_bare_request_writes_nothing_and_leaves_nothing_out() -> None:
    request = Request(captures=("client.pcap",))
    assert (request.out, request.capture, request.fail_on, request.scope) == (None, None, None, {})
    assert request.form == "text"
    assert not request.force
