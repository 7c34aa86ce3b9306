"""The folder of ``-o`` (contract: earlier files of ours are replaced, others never, unless forced)."""

import json
import os

import pytest

from correlate.errors import OutputError
from correlate.report.folder import MANIFEST, REPORT_FILES, prepare_folder, write_folder
from tests.report.builder import alone, flagship

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


def test_a_second_run_replaces_the_first(tmp_path):
    write_folder(flagship(), tmp_path / "out")
    write_folder(alone(), tmp_path / "out")
    assert json.loads((tmp_path / "out/report.json").read_text())["reference"] == "a"


def test_only_finished_files_are_left(tmp_path):
    write_folder(flagship(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*REPORT_FILES, MANIFEST])


def test_a_file_of_someone_else_stops_everything(tmp_path):
    (tmp_path / "fates.parquet").write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        write_folder(flagship(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fates.parquet"]


def test_a_file_of_ours_that_was_edited_is_someone_elses(tmp_path):
    write_folder(flagship(), tmp_path)
    report = tmp_path / "report.json"
    report.write_text(report.read_text() + "\n")
    with pytest.raises(OutputError):
        write_folder(flagship(), tmp_path)
    write_folder(flagship(), tmp_path, force=True)
    json.loads(report.read_text())


def test_a_copied_folder_is_still_ours(tmp_path):
    """Digests, not modification times, say whose a file is."""
    write_folder(flagship(), tmp_path)
    for name in REPORT_FILES:
        os.utime(tmp_path / name, (1, 1))
    write_folder(flagship(), tmp_path)


def test_links_are_replaced_and_never_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "report.json").symlink_to(outside)
    with pytest.raises(OutputError):
        write_folder(flagship(), folder)
    write_folder(flagship(), folder, force=True)
    assert outside.read_text() == "precious"
    assert not (folder / "report.json").is_symlink()


def test_a_manifest_that_lies_or_is_broken_vouches_for_nothing(tmp_path):
    for manifest in ("{", "[]", '{"report.json": 5}', '{"report.json": {"bytes": 4, "digest": "x"}}'):
        (tmp_path / MANIFEST).write_text(manifest)
        (tmp_path / "report.json").write_text("mine")
        with pytest.raises(OutputError):
            prepare_folder(tmp_path, REPORT_FILES)


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        prepare_folder(tmp_path / "file" / "out", REPORT_FILES)
    assert "\n" not in str(caught.value)


def test_a_folder_in_place_of_a_file_is_refused_even_when_forced(tmp_path):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OutputError):
        prepare_folder(tmp_path, REPORT_FILES, force=True)


def test_further_files_are_written_and_remembered(tmp_path):
    write_folder(flagship(), tmp_path, extra={"graph.json": lambda path: path.write_text("{}")})
    assert (tmp_path / "graph.json").read_text() == "{}"
    assert "graph.json" in json.loads((tmp_path / MANIFEST).read_text())


def test_files_get_the_users_permissions(tmp_path):
    write_folder(flagship(), tmp_path)
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o666 & ~mask


@needs_fifo
def test_devices_and_pipes_stay_even_when_forced(tmp_path):
    os.mkfifo(tmp_path / "report.json")
    with pytest.raises(OutputError, match="a device or a pipe"):
        write_folder(flagship(), tmp_path, force=True)
    assert (tmp_path / "report.json").is_fifo()
