"""Names of vantages (contract: command line)."""

import pytest
from correlate_cli.names import checked, name_of_file, name_of_folder, name_of_glob, pieces_of_one, split_argument

from correlate.errors import UsageError


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("client.pcap", "client"),
        ("a/fw-int.pcapng.gz", "fw-int"),
        ("b.cap.zst", "b"),
        ("c.pcap.lz4", "c"),
        ("dump.2024.pcap", "dump.2024"),
        ("plain", "plain"),
        (".gz", ".gz"),
        ("my trace (1).pcap", "my_trace_1"),
        ("-", "stdin"),
    ],
)
def test_a_file_is_named_by_its_base_less_packing_and_one_extension(path, name):
    assert name_of_file(path) == name


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (["r/srv_00001_20120622.pcap", "r/srv_00002_20120622.pcap"], "srv"),
        (["srv_1.pcap", "srv_2.pcap"], "srv"),
        (["fw1_00001.pcap", "fw1_00002.pcap"], "fw1"),
        (["name.cap", "name(1).cap"], "name"),
        (["only_00001_2012.pcap"], "only"),
    ],
)
def test_a_glob_is_named_by_the_common_prefix_without_ring_numbers(files, name):
    assert name_of_glob(files, "*") == name


def test_a_folder_is_named_as_it_is_called(tmp_path):
    (tmp_path / "srv").mkdir()
    assert name_of_folder(f"{tmp_path}/srv/") == "srv"


def test_nothing_usable_asks_for_a_name():
    with pytest.raises(UsageError, match="NAME=PATH"):
        checked("((", "((.pcap")


def test_what_exists_as_a_path_wins_over_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.pcap").write_bytes(b"")
    assert split_argument("a=b.pcap") == (None, "a=b.pcap")
    assert split_argument("a=c.pcap") == ("a", "c.pcap")
    assert split_argument("a=x=y") == ("a", "x=y")


@pytest.mark.parametrize("argument", ["a b=c.pcap", "=c.pcap", "a="])
def test_an_impossible_name_is_an_error(argument):
    with pytest.raises(UsageError):
        split_argument(argument)


def test_an_empty_argument_is_called_empty():
    with pytest.raises(UsageError, match="argument is empty"):
        split_argument("")


@pytest.mark.parametrize(
    ("paths", "pieces"),
    [
        (["srv_00001_20120622120000.pcap", "srv_00002_20120622120100.pcap"], [0, 1]),
        (["c.pcap", "r/name(1).cap", "r/name(2).cap", "r/name.cap"], [1, 2, 3]),
        (["client.pcap", "server.pcap"], []),
        (["host1.pcap", "host2.pcap"], []),
        (["srv_00001_20120622120000.pcap", "srv_00007_20120622120100.pcap"], []),
        (["a/x_00001.pcap", "b/x_00002.pcap"], []),
    ],
)
def test_consecutive_ring_files_look_like_pieces_of_one_capture(paths, pieces):
    assert pieces_of_one(paths) == pieces
