"""Rule: all captures are read, in the order given, and progress counts every byte of their files once."""

from __future__ import annotations

import gc
import signal
import weakref
from pathlib import Path
from threading import Event

import pytest

from correlate import loading
from correlate.errors import UnreadableCapture, UsageError
from correlate.load import load_vantage
from correlate.loading import begin_loading, load_captures
from correlate.options import Options
from correlate.progress import FULL, silent
from tests.netsim import DnsLoad, chain, simulate


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    world = chain(3, loads=(DnsLoad(flows=3),))
    return {name: str(path) for name, path in simulate(world, 1).write(tmp_path_factory.mktemp("captures")).items()}


def test_vantages_come_in_the_order_given_whoever_is_through_first(paths):
    names = list(reversed(paths))
    assert [one.vantage.name for one in load_captures({name: paths[name] for name in names})] == names


def test_progress_counts_all_bytes_and_never_goes_back(paths):
    told = []
    load_captures(paths, progress=lambda stage, done, total: told.append((stage, done, total)))
    size = sum(Path(path).stat().st_size for path in paths.values())
    assert sorted(told) == told
    assert told[-1] == ("read", size, size)


def test_kinds_are_those_of_the_user(paths):
    loaded = load_captures(paths, options=Options(kinds={"firewall": "in-path"}))
    assert [one.vantage.kind for one in loaded] == ["unknown", "in-path", "unknown"]


def test_files_of_one_vantage_are_of_one_interface(paths):
    mixed = [paths["client"] + "#0", paths["server"]]
    with pytest.raises(UsageError, match="not all of the same interface"):
        load_captures({"client": mixed})


def test_a_missing_file_is_an_unreadable_capture(paths, tmp_path):
    with pytest.raises(UnreadableCapture, match="gone"):
        load_captures({**paths, "server": tmp_path / "gone.pcap"})


def test_what_is_begun_comes_out_as_if_it_had_been_waited_for(paths):
    told = []
    with begin_loading(
        paths, options=Options(), progress=lambda stage, done, total: told.append((stage, done, total))
    ) as begun:
        assert [one.vantage for one in begun()] == [one.vantage for one in load_captures(paths)]
    assert told[-1][1] == told[-1][2]


def test_what_fails_while_nobody_waits_is_told_to_who_waits(paths, tmp_path):
    gone = {**paths, "server": tmp_path / "gone.pcap"}
    with (
        begin_loading(gone, options=Options(), progress=silent) as begun,
        pytest.raises(UnreadableCapture, match="gone"),
    ):
        begun()


def test_what_a_listener_raises_reaches_who_waits(paths):
    """The command line stops reading so, once memory is full."""

    def full(_stage, _done, _total):
        message = "full"
        raise RuntimeError(message)

    with (
        begin_loading(paths, options=Options(), progress=full) as begun,
        pytest.raises(RuntimeError, match="full"),
    ):
        begun()


def test_what_was_read_before_memory_was_full_is_let_go(paths, monkeypatch):
    """The exception outlives its frames: the large run that follows needs their memory."""
    kept = []

    def watched(*given, **how):
        one = load_vantage(*given, **how)
        kept.append(weakref.ref(one.packets.columns.ts_ns))
        return one

    def full(stage, _done, _total):
        if stage == FULL:
            raise RuntimeError(FULL)

    monkeypatch.setattr(loading, "load_vantage", watched)
    monkeypatch.setattr(loading, "packets_per_capture", lambda *_: 1)
    gc.disable()
    try:
        with pytest.raises(RuntimeError, match=FULL), begin_loading(paths, options=Options(), progress=full) as begun:
            begun()
        assert len(kept) == len(paths)
        assert [one() for one in kept] == [None] * len(paths)
    finally:
        gc.enable()


def test_who_leaves_before_all_is_read_has_reading_stop(paths):
    told, is_left = [], Event()

    def progress(_stage, done, _total):
        told.append(done)
        is_left.wait(60)

    with (
        pytest.raises(KeyboardInterrupt),
        begin_loading(paths, options=Options(), progress=progress) as begun,
    ):
        raise KeyboardInterrupt
    is_left.set()
    with pytest.raises(KeyboardInterrupt):
        begun()
    assert len(told) <= 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing interrupts at a set time")
def test_who_is_interrupted_while_he_waits_has_reading_stop(paths):
    """The first chunk is being told of at that time; no other one is."""
    told, is_interrupted = [], Event()

    def progress(_stage, done, _total):
        told.append(done)
        is_interrupted.wait(60)

    def interrupt(_signal, _frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with begin_loading(paths, options=Options(), progress=progress) as begun:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(KeyboardInterrupt):
                begun()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        is_interrupted.set()
    with pytest.raises(KeyboardInterrupt):
        begun()
    assert len(told) <= 1
