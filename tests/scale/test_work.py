"""Rules (module head): a part is whole or not there; one run per folder; another question, another folder."""

from __future__ import annotations

import os

import attrs
import numpy as np
import pytest

from correlate.errors import OutputError
from correlate.scale.pilot import Pilot
from correlate.scale.work import Counted, Work, identity, open_work
from tests.scale.counted import tallies

PILOT = Pilot(
    captures={"a": ("a.pcap",), "b": ("b.pcap",)},
    given={"a": "a", "b": "b"},
    order=("a", "b"),
    reference="a",
    is_inferred=True,
    contradicts_given=False,
    evidence=("hop limits fall",),
    number=2,
    tallies=tallies(3),
)


def test_a_run_is_named_after_files_and_choices(tmp_path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(b"x" * 100)
    captures = {"a": [str(path)]}
    name = identity(captures, [str(path)], most=100)
    assert identity(captures, [str(path)], most=100) == name
    names = {name, identity(captures, [str(path)], most=101), identity({"b": [str(path)]}, [str(path)], most=100)}
    os.utime(path, ns=(0, 10**9))
    names.add(identity(captures, [str(path)], most=100))
    path.write_bytes(b"x" * 101)
    os.utime(path, ns=(0, 10**9))
    names.add(identity(captures, [str(path)], most=100))
    assert len(names) == 5


def test_the_same_command_twice_at_once_is_refused(tmp_path) -> None:
    _work, lock = open_work("abc", str(tmp_path))
    with lock:
        with pytest.raises(OutputError, match="at work there"):
            open_work("abc", str(tmp_path))
        other, other_lock = open_work("abX", str(tmp_path))
        other_lock.release()
        assert other.folder != tmp_path


def test_a_folder_that_is_a_link_is_not_followed(tmp_path) -> None:
    """Somebody else may have put it there."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "correlate-abc").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="symbolic link"):
        open_work("abc", str(tmp_path))


def test_a_place_that_cannot_be_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Choose another place with --work"):
        open_work("abc", str(tmp_path / "file" / "below"))


def test_a_part_that_fails_while_it_is_written_is_not_there(tmp_path, summaries) -> None:
    work = Work(folder=tmp_path, known=tmp_path)

    def fail(folder) -> None:
        (folder / "half").write_text("half a file")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        work.write(summaries[0], fail)
    assert work.read(summaries[0].number) is None
    assert not list(tmp_path.iterdir())


def test_a_part_is_read_as_it_was_written_and_may_be_written_again(tmp_path, summaries) -> None:
    work = Work(folder=tmp_path, known=tmp_path)
    for _turn in range(2):
        work.write(summaries[1], lambda folder: (folder / "table").write_text("x"))
    found = work.read(summaries[1].number)
    assert found is not None
    assert (found.packets, found.members) == (summaries[1].packets, summaries[1].members)
    assert (work.part(summaries[1].number) / "table").read_text() == "x"


def test_what_a_killed_run_left_half_done_is_cleared(tmp_path) -> None:
    work, lock = open_work("abc", str(tmp_path))
    lock.release()
    (work.folder / ".part-xyz").mkdir()
    (work.folder / ".part-pilot.json").write_text("{")
    _work, lock = open_work("abc", str(tmp_path))
    lock.release()
    assert not list(work.folder.iterdir())


def test_the_pilot_flies_once(tmp_path) -> None:
    work = Work(folder=tmp_path, known=tmp_path)
    flights = []

    def fly() -> Pilot:
        flights.append(1)
        return PILOT

    first, second = work.settled(fly), work.settled(fly)
    assert len(flights) == 1
    assert attrs.evolve(second, tallies=None) == attrs.evolve(first, tallies=None)
    assert second.tallies is not None
    assert second.tallies.forward.sent.tolist() == [3, 6]


def test_counts_are_kept_even_if_there_was_nothing_to_count(tmp_path) -> None:
    work = Work(folder=tmp_path, known=tmp_path)
    assert work.counted(1) is None
    work.write_count(1, Counted(tallies=None))
    assert work.counted(1) == Counted(tallies=None)
    assert work.counted(None) is None
    work.write_count(None, Counted(tallies=tallies(2)))
    whole = work.counted(None)
    assert whole is not None
    assert whole.tallies is not None
    assert whole.tallies.forward.sent.tolist() == [2, 4]


def test_a_folder_is_gone_with_all_that_is_in_it(tmp_path) -> None:
    work, lock = open_work("abc", str(tmp_path))
    (work.folder / "part-000000").mkdir()
    work.remove()
    lock.release()
    assert not work.folder.exists()


def test_arrays_that_are_held_come_back_one_at_a_time(tmp_path) -> None:
    arrays = [np.arange(count, dtype=np.int64) for count in (3, 0, 5)]
    held = Work(folder=tmp_path, known=tmp_path).hold(iter(arrays))
    assert [one.tolist() for one in held] == [one.tolist() for one in arrays]
    assert (len(held), held[2].tolist()) == (3, [0, 1, 2, 3, 4])
