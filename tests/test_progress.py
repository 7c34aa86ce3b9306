"""Rule: progress nobody asked for goes nowhere."""

from __future__ import annotations

from correlate.progress import silent


def test_silence_prints_nothing(capsys):
    silent("read", 1, 2)
    assert capsys.readouterr() == ("", "")
