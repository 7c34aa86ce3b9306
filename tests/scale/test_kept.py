"""Rule (module head): a summary comes back from its file as it was, field by field, and no field is read unasked."""

from __future__ import annotations

import zipfile

import pytest

from correlate.model.tallies import Tallies
from correlate.scale.kept import CONVERTER, KINDS, kept, write_summary


def plain(value: object) -> object:
    """Return what two values can be compared by: counts are arrays."""
    return CONVERTER.unstructure(value) if isinstance(value, Tallies) else value


def test_a_summary_comes_back_as_it_was(summaries, tmp_path) -> None:
    for one in summaries:
        write_summary(one, tmp_path / "one.zip")
        found = kept(tmp_path / "one.zip")
        for name in KINDS:
            assert plain(getattr(found, name)) == plain(getattr(one, name)), name
        assert [found.owns(at) for at in one.own] == [one.owns(at) for at in one.own]


def test_a_field_is_read_when_it_is_asked_for(summaries, tmp_path) -> None:
    """What a run holds of a part does not grow with what the part found."""
    path = tmp_path / "one.zip"
    write_summary(summaries[0], path)
    found = kept(path)
    with zipfile.ZipFile(path) as archive:
        left = {name: archive.read(name) for name in KINDS if name != "findings"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in left.items():
            archive.writestr(name, text)
    assert found.packets == summaries[0].packets
    with pytest.raises(KeyError):
        _ = found.findings


def test_what_is_no_field_is_no_attribute(summaries, tmp_path) -> None:
    write_summary(summaries[0], tmp_path / "one.zip")
    with pytest.raises(AttributeError):
        _ = kept(tmp_path / "one.zip").trajectories


def test_a_part_that_is_not_there_is_no_file(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        kept(tmp_path / "absent.zip")
