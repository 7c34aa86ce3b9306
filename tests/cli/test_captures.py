"""CAPTURE arguments (contract: command line)."""

import gzip
import os
import sys

import pytest
from correlate_cli.captures import _folder, find_captures, natural_key, plain_bytes

from correlate.errors import UnreadableCapture, UsageError

PCAP = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("c.pcap", "ring/srv_10.pcap", "ring/srv_9.pcap", "ring/.hidden.pcap"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PCAP)
    (tmp_path / "ring/notes.txt").write_text("hello")
    return tmp_path


def test_files_of_a_glob_are_one_capture_in_natural_order(folder):
    assert find_captures(["c.pcap", "ring/srv_*.pcap"]).paths == {
        "c": ("c.pcap",),
        "srv": ("ring/srv_9.pcap", "ring/srv_10.pcap"),
    }


def test_a_folder_is_its_captures_and_says_what_it_left_out(folder):
    found = find_captures(["s=ring"])
    assert found.paths == {"s": ("ring/srv_9.pcap", "ring/srv_10.pcap")}
    assert found.notes == ("ring: left out as no captures: notes.txt",)


def test_a_folder_names_its_vantage(folder):
    assert list(find_captures(["ring/"]).paths) == ["ring"]


def test_two_captures_of_one_name_ask_for_another(folder):
    with pytest.raises(UsageError, match="NAME=PATH"):
        find_captures(["c.pcap", "c=ring"])


@pytest.mark.parametrize(("argument", "words"), [("x*.pcap", "no file matches"), ("empty", "no capture file")])
def test_what_matches_nothing_says_so(folder, argument, words):
    (folder / "empty").mkdir()
    with pytest.raises(UsageError, match=words):
        find_captures([argument])


def test_a_missing_file_names_itself(folder):
    with pytest.raises(UnreadableCapture, match="inspect: no such file"):
        find_captures(["inspect"])


@pytest.mark.parametrize(
    ("argument", "name", "path"),
    [
        ("c.pcap#eth0", "c:eth0", "c.pcap#eth0"),
        ("lan=c.pcap#2", "lan", "c.pcap#2"),
        ("c.pcap#a/b", "c:a_b", "c.pcap#a/b"),
    ],
)
def test_an_interface_of_a_file_is_picked_behind_its_name(folder, argument, name, path):
    assert find_captures([argument]).paths == {name: (path,)}


def test_a_file_whose_name_holds_the_mark_is_that_file(folder):
    (folder / "c.pcap#eth0").write_bytes((folder / "c.pcap").read_bytes())
    assert find_captures(["x=c.pcap#eth0"]).paths == {"x": ("c.pcap#eth0",)}


@pytest.mark.parametrize("arguments", [["-", "b=-"], ["-", "-"], ["a=-", "a=-"]])
def test_standard_input_holds_one_capture(folder, arguments):
    with pytest.raises(UsageError, match="only one capture can come from standard input"):
        find_captures(arguments)


def test_a_folder_that_cannot_be_listed_is_an_unreadable_capture(folder):
    """A folder without permission or gone meanwhile is no bug of ours (root may list every folder)."""
    with pytest.raises(UnreadableCapture, match="cannot be listed"):
        _folder(str(folder / "gone"), [])


def test_names_are_sorted_as_people_count():
    names = ["n(10).cap", "n.cap", "n(2).cap"]
    assert sorted(names, key=natural_key) == ["n.cap", "n(2).cap", "n(10).cap"]
    assert sorted(["x.pcap10", "x.pcap2", "x.pcap"], key=natural_key) == ["x.pcap", "x.pcap2", "x.pcap10"]


def test_bytes_to_read_are_counted_unless_nobody_can_know(folder):
    assert plain_bytes(find_captures(["c.pcap", "ring"])) == 3 * len(PCAP)
    (folder / "packed.pcap.gz").write_bytes(gzip.compress(PCAP))
    assert plain_bytes(find_captures(["c.pcap", "packed.pcap.gz"])) == sys.maxsize
    os.mkfifo(folder / "pipe.pcap")
    assert plain_bytes(find_captures(["pipe.pcap"])) == sys.maxsize
