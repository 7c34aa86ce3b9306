"""How captures are given changes nothing that is said of them.

Rule: style, laws: argument order, file split, pcap = pcapng, determinism; contract: order is inferred from evidence.
"""

from __future__ import annotations

import itertools

import pytest

from correlate.options import Options
from correlate.pipeline import correlate
from correlate.report import json_text, report_json
from tests.laws.telling import run_frames, run_world, tell
from tests.laws.worlds import WORLDS, world_run
from tests.netsim.files import write_capture


@pytest.fixture(scope="module", params=sorted(WORLDS))
def asked(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    run = world_run(request.param)
    result = run_world(folder / "first", run)
    return folder, run, result, tell(result)


def test_the_same_run_twice_gives_the_same_report(asked):
    folder, run, result, _ = asked
    again = run_world(folder / "first", run)
    assert json_text(report_json(again)) == json_text(report_json(result))


def test_the_order_of_the_arguments_changes_nothing(asked):
    folder, run, _, told = asked
    orders = list(itertools.permutations(run.captures))
    for names in orders[1 :: max(1, len(orders) // 5)]:
        other = run_frames(folder / "other", {name: run.captures[name] for name in names})
        assert tell(other) == told


def test_given_order_is_kept_when_asked_for(asked):
    """Contract: ``--order given`` turns inference off."""
    folder, run, _, told = asked
    names = tuple(reversed(told.order))
    kept = run_frames(folder / "other", {n: run.captures[n] for n in names}, options=Options(order="given"))
    assert tell(kept).order == names
    assert tell(kept).packets == told.packets


def test_pcapng_says_the_same_as_pcap(asked):
    folder, run, _, told = asked
    assert tell(run_world(folder / "other", run, form="pcapng")) == told


def test_one_capture_in_two_chained_files_is_one_capture(asked):
    folder, run, _, told = asked
    for name, frames in run.captures.items():
        cut = len(frames) // 3
        paths = {other: folder / "first" / f"{other}.pcap" for other in run.captures}
        paths[name] = [folder / "part1.pcap", folder / "part2.pcap"]
        write_capture(paths[name][0], frames[:cut], 0)
        write_capture(paths[name][1], frames[cut:], 0)
        told_of_parts = tell(correlate(paths), lambda s, cut=cut: (s[0], 0, s[2] + (cut if s[1] else 0)))
        assert told_of_parts == told


def test_another_reference_moves_times_and_nothing_else(asked):
    folder, run, _, told = asked
    other = run_world(folder / "other", run, options=Options(reference=told.order[-1]))
    assert other.vantages[other.clocks.reference].name == told.order[-1]
    retold = tell(other)
    assert (retold.packets, retold.fates, retold.mutations) == (told.packets, told.fates, told.mutations)
