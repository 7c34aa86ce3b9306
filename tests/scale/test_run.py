"""Law: captures cut into parts of time tell of every packet what the run in one piece tells.

**Source:** ``docs/architecture.md`` (captures larger than memory). Packets are compared by the frames that hold them.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from correlate.errors import UnreadableCapture, UsageError
from correlate.focus import Focus
from correlate.model.trajectories import Fate
from correlate.options import Options
from correlate.pipeline import correlate
from correlate.scale.run import correlate_large
from correlate.scale.task import Task, do_task
from correlate.trajectories.rates import weigh_hops
from tests.netsim import TcpLoad, chain, simulate
from tests.netsim.files import write_capture
from tests.read import captures as blocks
from tests.scale import worlds


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr("correlate.scale.survey.CHUNK_BYTES", worlds.CHUNK_BYTES)


@pytest.fixture(scope="module")
def lossy(tmp_path_factory):
    """Captures of the lossy world, and what the run in memory says of them."""
    folder = tmp_path_factory.mktemp("lossy")
    captures = {name: [str(path)] for name, path in simulate(worlds.LOSSY, 5).write(folder / "captures").items()}
    return captures, worlds.in_memory(captures, folder)


@pytest.fixture(scope="module")
def cut_lossy(lossy, tmp_path_factory):
    """What the run over parts says of them."""
    patch = pytest.MonkeyPatch()
    patch.setattr("correlate.scale.survey.CHUNK_BYTES", worlds.CHUNK_BYTES)
    try:
        return worlds.cut_up(lossy[0], tmp_path_factory.mktemp("cut"))
    finally:
        patch.undo()


BARS = ("rates", "rules", "sizes", "datagram_sizes", "forgotten", "upstream")
"""Modules that weigh by ``LOST_ODDS``."""


@pytest.fixture(scope="module")
def clean_lossy(tmp_path_factory):
    """Captures of a world that loses in one direction, and the odds of a packet without evidence in memory."""
    loads = (TcpLoad(flows=40, exchanges=(2, 5), response_bytes=(200, 9_000), pause_ns=(5 * 10**8, 5 * 10**9)),)
    world = chain(2, loads=loads, duration_ns=40 * 10**9).with_hop(0, forward={"loss": 0.03})
    captures = {name: [str(path)] for name, path in simulate(world, 5).write(tmp_path_factory.mktemp("odds")).items()}
    tallies = correlate(captures).tallies
    assert tallies is not None
    return captures, weigh_hops(tallies.forward)[0].plain


def assert_same(found: worlds.Told, expected: worlds.Told) -> None:
    assert found.packets == expected.packets
    assert found.flows == expected.flows
    assert found.fates == expected.fates
    assert found.mutations == expected.mutations
    assert found.document["ledger"] == expected.document["ledger"]


def codes(told: worlds.Told) -> set[str]:
    return {entry["code"] for entry in told.document["findings"]}


def test_packets_flows_fates_and_changes_are_those_of_the_run_in_one_piece(lossy, cut_lossy) -> None:
    """NAT, a clamped MSS, loss, clocks hours apart that drift; the parts are more than four."""
    assert cut_lossy.document["parts_count"] > 4
    assert_same(cut_lossy, lossy[1])


def test_the_findings_are_the_same_and_count_the_same(lossy, cut_lossy) -> None:
    """Titles that count, and quantities that add up; clocks are read part by part, so nanoseconds may differ."""

    def told(document) -> Counter:
        return Counter(
            (one["code"], tuple(one["hop"] or ()), one["direction"], one["grade"], one["title"])
            for one in document["findings"]
            if one["unit"] != "ns" and one["code"] != "loss"
        )

    assert told(cut_lossy.document) == told(lossy[1].document)
    assert codes(cut_lossy) == codes(lossy[1])


@pytest.mark.parametrize("nudge", [0.98, 1.02])
def test_what_only_the_counts_of_the_whole_tip_is_told_of_every_part(clean_lossy, tmp_path, monkeypatch, nudge) -> None:
    """Found on a million packets: a part that knew fewer counts left 2,891 packets open that were likely lost.

    The bar stands right below what the whole's odds come to, and right above it.
    """
    captures, odds = clean_lossy
    for name in BARS:
        monkeypatch.setattr(f"correlate.trajectories.{name}.LOST_ODDS", nudge * odds)
    told = worlds.in_memory(captures, tmp_path)
    by_rate = Counter(fate for fate, _grade, reason in told.fates.values() if reason == "rate")
    assert set(by_rate) == {"lost" if nudge < 1 else "ambiguous"}
    monkeypatch.setattr("correlate.scale.survey.CHUNK_BYTES", 1 << 13)
    cut = worlds.cut_up(captures, tmp_path, most_packets=500)
    assert cut.document["parts_count"] > 6
    assert cut.fates == told.fates


def test_losses_are_told_on_the_same_hops_and_as_no_more(lossy, cut_lossy) -> None:
    """How many of many absent packets are surely lost is known better together than part by part."""

    def told(document) -> dict:
        return {
            (tuple(one["hop"]), one["direction"], one["grade"]): one["quantity"]
            for one in document["findings"]
            if one["code"] == "loss"
        }

    mine, whole = told(cut_lossy.document), told(lossy[1].document)
    assert mine.keys() == whole.keys()
    assert all(0.8 * whole[key] <= count <= whole[key] for key, count in mine.items())


def test_the_counts_of_every_hop_are_the_same_and_its_delays_nearly(lossy, cut_lossy) -> None:
    """Spreads of parts this small are exact in rank; a part's own clock bounds differ by less than the hop's jitter."""
    for mine, whole in zip(cut_lossy.document["hops"], lossy[1].document["hops"], strict=True):
        for direction in ("forward", "reverse"):
            for name, value in whole[direction].items():
                if isinstance(value, int):
                    assert mine[direction][name] == value, name
            assert mine[direction]["owd_ns"]["count"] == whole[direction]["owd_ns"]["count"]
            assert abs(mine[direction]["owd_ns"]["p50"] - whole[direction]["owd_ns"]["p50"]) < 200_000


def test_questions_whose_answer_another_part_tells_of_count(lossy, cut_lossy) -> None:
    """Found on a million packets: 202,566 transactions of 203,087, and 571,690 round trips of 573,621."""
    for mine, whole in zip(cut_lossy.document["hops"], lossy[1].document["hops"], strict=True):
        assert mine["rtt_ns"]["count"] == whole["rtt_ns"]["count"]
    assert cut_lossy.document["transactions"]["count"] == lossy[1].document["transactions"]["count"]


def test_delays_have_bounds_that_agree_with_those_of_the_whole(lossy, cut_lossy) -> None:
    """Both hold the truth, so they overlap."""
    for key, (owd, lo, hi) in lossy[1].delays.items():
        if owd is not None:
            _owd, other_lo, other_hi = cut_lossy.delays[key]
            assert max(lo, other_lo) <= min(hi, other_hi)


def test_flows_and_translations_are_counted_once(lossy, cut_lossy) -> None:
    assert cut_lossy.document["flows"]["count"] == lossy[1].document["flows"]["count"]
    mine, whole = ([one["flows"] for one in told.document["translations"]] for told in (cut_lossy, lossy[1]))
    assert mine == whole


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    run = simulate(worlds.CLEAN, 5)
    captures = {name: [str(path)] for name, path in run.write(folder / "captures").items()}
    return run, captures, worlds.in_memory(captures, folder)


@pytest.mark.parametrize("form", ["gzip", "pcapng", "chained"])
def test_the_form_of_the_files_changes_nothing(clean, tmp_path, form) -> None:
    """Packed, pcapng, and one capture in two files; a clean world stays clean in every form."""
    run, _captures, _told = clean
    captures = {}
    for name, frames in run.captures.items():
        paths = [tmp_path / f"{name}.0", tmp_path / f"{name}.1"]
        if form == "chained":
            for path, piece in zip(paths, (frames[: len(frames) // 3], frames[len(frames) // 3 :]), strict=True):
                write_capture(path, piece, 0)
        else:
            paths.pop()
            write_capture(paths[0], frames, 0, "pcapng" if form == "pcapng" else "pcap")
            if form == "gzip":
                paths[0].write_bytes(gzip.compress(paths[0].read_bytes(), 1))
        captures[name] = [str(path) for path in paths]
    found = worlds.cut_up(captures, tmp_path)
    assert found.document["parts_count"] >= 4
    assert_same(found, worlds.in_memory(captures, tmp_path))
    assert codes(found) == {"clean"}


@pytest.mark.parametrize("world", ["STEPPED", "FIRST_STEPPED", "FORWARD_STEPPED"])
def test_a_clock_that_was_set_on_the_way_invents_no_loss(tmp_path, world) -> None:
    """Set back by more than a part is long, the capture shows times twice; parts still read what belongs together."""
    captures = {name: [str(p)] for name, p in simulate(getattr(worlds, world), 5).write(tmp_path / "c").items()}
    found = worlds.cut_up(captures, tmp_path)
    assert not codes(found) & {"loss", "capture-loss", "cannot-tell", "injected", "duplicate"}
    assert found.packets == worlds.in_memory(captures, tmp_path).packets


def test_interfaces_of_one_file_are_vantages_in_every_part(clean, tmp_path) -> None:
    """A capture of both sides of a router in one pcapng."""
    run, _captures, _told = clean
    rows = sorted(
        ((stamp, index, data) for index, frames in enumerate(run.captures.values()) for stamp, data, _len in frames),
    )
    parts = [blocks.section()]
    parts += [blocks.interface(options=blocks.option(2, name) + blocks.option(9, b"\x09")) for name in (b"lan", b"wan")]
    parts += [blocks.packet(blocks.Record(stamp, data, len(data), index), unit_ns=1) for stamp, index, data in rows]
    (tmp_path / "both.pcapng").write_bytes(b"".join(parts))
    both = {"both": [str(tmp_path / "both.pcapng")]}
    found = worlds.cut_up(both, tmp_path)
    assert {vantage for packet in found.packets for vantage, _file, _frame in packet} == {"both:lan", "both:wan"}
    assert_same(found, worlds.in_memory(both, tmp_path))


def test_a_time_asked_for_runs_its_parts_only(clean, tmp_path) -> None:
    _run, captures, _told = clean
    options = Options(focus=Focus(since="+30", until="+40"))
    found = worlds.cut_up(captures, tmp_path, options=options)
    whole = worlds.in_memory(captures, tmp_path, options)
    assert 0 < found.document["parts_count"] < 4
    assert found.fates == whole.fates
    for name, ledger in found.document["ledger"].items():
        assert sum(ledger.values()) == 2 * ledger["read"]
        assert ledger["read"] == whole.document["ledger"][name]["read"]


def test_times_are_those_of_the_reference_whichever_capture_is_named_first(lossy, tmp_path) -> None:
    """The clock of the capture named first is 5 h ahead; the reference is the client's."""
    captures = {name: lossy[0][name] for name in ("firewall", "server", "client")}
    options = Options(focus=Focus(since="+20", until="+24"))
    found = worlds.cut_up(captures, tmp_path, options=options)
    assert found.fates
    assert found.fates == worlds.in_memory(captures, tmp_path, options).fates


def test_a_flow_asked_for_by_its_ends_is_told_whole(lossy, cut_lossy, tmp_path) -> None:
    captures, _told = lossy
    streams = [one for one in cut_lossy.document["flows"]["items"] if one["protocol"].lower() == "tcp"]
    longest = max(streams, key=lambda one: one["last_ns"] - one["first_ns"])
    source, source_port, target, target_port = longest["tuples"]["client"]
    options = Options(focus=Focus(flow=f"tcp,{source}:{source_port},{target}:{target_port}"))
    found = worlds.cut_up(captures, tmp_path, options=options)
    assert found.fates
    assert found.fates == worlds.in_memory(captures, tmp_path, options).fates


class Interrupted(Exception):
    """Raised in the middle of a run, as Ctrl-C is."""


def test_an_interrupted_run_goes_on_where_it_was(clean, tmp_path, monkeypatch) -> None:
    """Parts that were done are not done again, and the result is that of a run in one go."""
    _run, captures, told = clean
    asked = worlds.plan(captures, tmp_path / "work")

    def stop(stage: str, done: int, _total: int) -> None:
        if (stage, done) == ("parts", 2):
            raise Interrupted

    with pytest.raises(Interrupted), correlate_large(asked, stop):
        pass
    (folder,) = (tmp_path / "work").glob("correlate-*[!k]")
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("part-*/summary.zip")}
    assert len(kept) == 2
    is_left = []

    def watched(task: Task) -> int:
        is_left.append(task.work.read(task.number) is None)
        return do_task(task)

    monkeypatch.setattr("correlate.scale.rounds.do_task", watched)
    with correlate_large(asked, worlds.quiet) as large:
        assert is_left.count(False) == 2
        assert {path: path.stat().st_mtime_ns for path in kept} == kept
        (tmp_path / "parts").mkdir()
        assert_same(worlds.told_by_parts(large, tmp_path / "parts"), told)
    assert not folder.exists()


def test_a_changed_file_is_another_run(clean, tmp_path) -> None:
    """What was kept of the old file says nothing of the new one."""
    run, _captures, _told = clean
    captures = {name: [str(path)] for name, path in run.write(tmp_path / "captures").items()}
    asked = worlds.plan(captures, tmp_path / "work")

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "parts":
            raise Interrupted

    for _turn in range(2):
        with pytest.raises(Interrupted), correlate_large(asked, stop):
            pass
        path = Path(captures["server"][0])
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))
    assert len([one for one in (tmp_path / "work").glob("correlate-*") if one.is_dir()]) == 2


CLEAN = ("clean", "proven")


def short_flow(document) -> str:
    """Return a flow that lasts for less than a second, as its first vantage sees it."""
    for flow in document["flows"]["items"]:
        if flow["protocol"] == "udp" and flow["last_ns"] - flow["first_ns"] < 10**9:
            source, sport, target, dport = next(iter(flow["tuples"].values()))
            return f"udp,{source}:{sport},{target}:{dport}"
    raise AssertionError("the world has short flows")


def test_a_flow_is_looked_for_only_where_it_occurs(clean, tmp_path, monkeypatch) -> None:
    """Issue 6: an index makes a second run on a flow skip what it does not need, and the answer is that of memory."""
    _run, captures, told = clean
    first = worlds.cut_up(captures, tmp_path)
    done, stages = [], []

    def watched(task: Task) -> int:
        done.append(task.number)
        return do_task(task)

    def heard(stage: str, _done: int, total: int) -> None:
        stages.extend([stage] if total else [])

    monkeypatch.setattr("correlate.scale.run.do_task", watched)
    options = Options(focus=Focus(flow=short_flow(told.document)))
    folder = tmp_path / "flow"
    folder.mkdir()
    with correlate_large(worlds.plan(captures, tmp_path / "work", options=options), heard) as large:
        found = worlds.told_by_parts(large, folder)
    assert 1 <= len(done) <= 2 < first.document["parts_count"]
    assert not {"survey", "scouts"} & set(stages)
    whole = worlds.in_memory(captures, tmp_path / "one", options)
    assert found.packets == whole.packets
    assert found.fates == whole.fates
    assert found.packets


def test_what_an_index_skips_would_have_told_nothing(lossy, tmp_path, monkeypatch) -> None:
    """Behind a NAT, and with losses weighed by what other parts count: all but the list of parts is the same."""
    captures, told = lossy
    options = Options(focus=Focus(flow=short_flow(told.document)))
    found = worlds.cut_up(captures, tmp_path / "index", options=options)
    monkeypatch.setattr("correlate.scale.layout.may_hold", lambda _survey, _stretches, _key: True)
    whole = worlds.cut_up(captures, tmp_path / "all", options=options)
    assert found.document["parts_count"] < whole.document["parts_count"]
    assert (found.packets, found.fates, found.mutations) == (whole.packets, whole.fates, whole.mutations)
    # A hop is clean if it is in every part: parts that tell of no packet say nothing.
    told = [{(e["code"], e["grade"]) for e in one.document["findings"]} - {CLEAN} for one in (found, whole)]
    assert told[0] <= told[1]


def test_a_flow_that_nobody_holds_is_told_before_any_part(clean, tmp_path, monkeypatch) -> None:
    _run, captures, _told = clean
    monkeypatch.setattr("correlate.scale.run.do_task", None)
    monkeypatch.setattr("correlate.scale.run.count_task", None)
    asked = worlds.plan(captures, tmp_path, options=Options(focus=Focus(flow="tcp,192.0.2.1:1,192.0.2.2:2")))
    with pytest.raises(UsageError, match="no capture holds this flow"), correlate_large(asked, worlds.quiet):
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")
def test_two_processes_of_dask_say_the_same(clean, tmp_path) -> None:
    _run, captures, told = clean
    assert_same(worlds.cut_up(captures, tmp_path, engine="dask"), told)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")
def test_a_worker_that_is_killed_loses_nothing(clean, tmp_path) -> None:
    """Its part is done again elsewhere."""
    distributed = importlib.import_module("distributed")
    _run, captures, told = clean
    killed = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        asked = worlds.plan(captures, tmp_path / "work", engine="dask", scheduler=cluster.scheduler_address)

        def kill(stage: str, done: int, _total: int) -> None:
            if (stage, done) == ("parts", 1) and not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        (tmp_path / "parts").mkdir()
        with correlate_large(asked, kill) as large:
            assert_same(worlds.told_by_parts(large, tmp_path / "parts"), told)
    assert killed


@pytest.mark.slow
def test_parts_at_once_say_the_same(clean, tmp_path) -> None:
    """Two processes of this machine."""
    _run, captures, told = clean
    assert_same(worlds.cut_up(captures, tmp_path, at_once=2), told)


def test_a_file_that_cannot_be_read_is_said_in_one_line(clean, tmp_path) -> None:
    _run, captures, _told = clean
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(b"this is no capture at all, but it is long enough to look like one")
    asked = worlds.plan({**captures, "server": [str(bad)]}, tmp_path / "work")
    with pytest.raises(UnreadableCapture, match=r"bad\.pcap") as caught, correlate_large(asked, worlds.quiet):
        pass
    assert "\n" not in str(caught.value)


def test_a_part_that_no_option_can_name_is_refused(clean, tmp_path) -> None:
    _run, captures, _told = clean
    asked = worlds.plan(captures, tmp_path / "work", options=Options(focus=Focus(flow="3")))
    with pytest.raises(UsageError, match="numbers of its own"), correlate_large(asked, worlds.quiet):
        pass


def test_nothing_lost_in_the_world_is_lost_in_any_part(clean, tmp_path) -> None:
    """The gravest defect would be an accusation that a seam made up."""
    _run, captures, _told = clean
    found = worlds.cut_up(captures, tmp_path, most_packets=1200)
    assert found.document["parts_count"] > 8
    assert {fate for fate, _grade, _reason in found.fates.values()} == {Fate.DELIVERED.name.lower()}
    assert codes(found) == {"clean"}
