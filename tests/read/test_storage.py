"""Captures on file systems of fsspec (docs/scaling.md): any place may be read, and what fails is one line."""

from __future__ import annotations

import builtins
import io
from pathlib import Path

import fsspec
import numpy as np
import pytest

from correlate.errors import UnreadableCapture
from correlate.read import fetch_frames, is_url, listed, open_raw, read_frames, size_of, storage, version_of
from tests.cli.traffic import two_vantages


@pytest.fixture
def remote(tmp_path):
    """A folder of captures in memory, which no other test sees."""
    folder = f"memory://{tmp_path.name}"
    system = fsspec.filesystem("memory")
    for path in map(Path, two_vantages(tmp_path, count=200)):
        system.pipe(f"{folder}/{path.name}", path.read_bytes())
    yield folder
    system.rm(folder, recursive=True)


@pytest.mark.parametrize("form", ["memory", "file"])
def test_frames_are_those_of_the_file(tmp_path, remote, form) -> None:
    path = tmp_path / "client.pcap"
    url = f"{remote}/client.pcap" if form == "memory" else f"file://{path}"
    local, far = (list(read_frames(one, chunk_bytes=1000)) for one in (str(path), url))
    assert [chunk.position for chunk in far] == [chunk.position for chunk in local]
    for one, other in zip(local, far, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(one.columns, other.columns, strict=True))
    wanted = np.array([3, 399])
    assert fetch_frames(url, wanted) == fetch_frames(str(path), wanted)
    start = storage_start(local)
    assert next(iter(read_frames(url, start=start))).first_frame == start.frame


def storage_start(chunks):
    from correlate.model.frames import Start

    middle = chunks[len(chunks) // 2]
    return Start(middle.position, middle.first_frame, 1)


def test_what_changes_with_the_content_changes(remote) -> None:
    url = f"{remote}/client.pcap"
    before = version_of(url)
    assert before == version_of(url)
    assert size_of(url) == before[1] > 1000
    fsspec.filesystem("memory").pipe(url, b"other")
    assert version_of(url) != before


def test_a_folder_and_a_pattern_mean_their_files(remote) -> None:
    names = [f"{remote}/{name}.pcap" for name in ("client", "server")]
    for url in (remote, f"{remote}/", f"{remote}/*.pcap"):
        assert [storage.version_of(one)[1] for one in sorted(listed(url))] == [size_of(name) for name in names]
    assert listed(names[0]) == [names[0]]
    assert listed(f"{remote}/no*") == []


def test_what_is_not_there_is_one_line(remote) -> None:
    for call in (open_raw, size_of, version_of, listed):
        with pytest.raises(UnreadableCapture) as caught:
            call(f"{remote}/missing.pcap")
        assert f"{remote}/missing.pcap" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["nosuchthing://a/b.pcap", "nosuchthing::memory://a/b.pcap"])
def test_a_file_system_that_nobody_knows_is_one_line(url) -> None:
    with pytest.raises(UnreadableCapture, match="cannot be opened") as caught:
        open_raw(url)
    assert "\n" not in str(caught.value)


def test_without_fsspec_the_way_out_is_named(monkeypatch) -> None:
    real = builtins.__import__

    def missing(name, *rest):
        if name.startswith("fsspec"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UnreadableCapture, match=r"pip install 'correlate-captures\[remote\]'"):
        open_raw("memory://a.pcap")


class Broken(io.RawIOBase):
    """A file whose connection breaks, in the words of its own library."""

    size = 10

    def readinto(self, _target):
        raise RuntimeError("connection reset\nTraceback of a library")


def test_a_connection_that_breaks_ends_the_capture_in_one_line(remote, monkeypatch) -> None:
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "open", lambda *_args, **_options: Broken())
    with pytest.raises(UnreadableCapture, match="reading failed: connection reset") as caught:
        list(read_frames(f"{remote}/client.pcap"))
    assert "Traceback" not in str(caught.value)


def test_a_file_that_cannot_be_entered_is_refused(remote, monkeypatch) -> None:
    """Web servers that do not say how long a file is only stream it; captures are read more than once, from the middle."""

    class Endless(Broken):
        size = None

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "open", lambda *_args, **_options: Endless())
    with pytest.raises(UnreadableCapture, match="how long it is"):
        open_raw(f"{remote}/client.pcap")


def test_paths_of_this_machine_are_no_urls() -> None:
    assert not any(map(is_url, ["a.pcap", "./s3://x", "C:/a.pcap", "a::b", "://x", "client=s3://x"]))
