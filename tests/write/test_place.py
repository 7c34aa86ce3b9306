"""Rule (issue, limits): output is complete or not there; nothing is clobbered without --force, no link is followed."""

from __future__ import annotations

import os

import pytest

from correlate.errors import OutputError
from correlate.write import check_place, new_file

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


def test_a_file_appears_whole(tmp_path) -> None:
    path = tmp_path / "out"
    with new_file(path) as file:
        file.write(b"abc")
        assert not path.exists()
    assert path.read_bytes() == b"abc"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_what_was_there(tmp_path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")

    def fail() -> None:
        with new_file(path) as file:
            file.write(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_is_replaced_and_never_followed(tmp_path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "out"
    victim.write_bytes(b"precious")
    path.symlink_to(victim)
    with pytest.raises(OutputError, match="exists"):
        check_place(path, [])
    with new_file(check_place(path, [], force=True)) as file:
        file.write(b"abc")
    assert victim.read_bytes() == b"precious"
    assert not path.is_symlink()


def test_places_that_cannot_be_are_refused_before_the_work(tmp_path) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(b"")
    for target, inputs, force, words in (
        (tmp_path / "no" / "out", [], False, "does not exist"),
        (tmp_path, [], True, "a folder has this name"),
        (taken, [], False, "this file exists"),
        (taken, [str(taken)], True, "one of the files that are read"),
    ):
        with pytest.raises(OutputError, match=words):
            check_place(target, inputs, force=force)
    assert check_place(taken, [str(tmp_path / "other")], force=True) == taken


@needs_fifo
def test_devices_and_pipes_stay_even_when_forced(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OutputError, match="a device or a pipe, which stays"):
            check_place(tmp_path / name, [], force=True)
