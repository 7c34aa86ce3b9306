"""Any file alone, and any files together, end in a result or in a one-line error.

Rule: issue "the main job": every file of the public captures either reads or ends in a one-line error with exit 2; no
traceback anywhere; README of the captures: hostile files within a second.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path

import numpy as np
import pytest
from correlate_cli.main import main

from correlate.errors import CorrelateError
from correlate.model.correlation import Correlation
from correlate.model.trajectories import NO_DELAY, Fate
from correlate.pipeline import correlate
from correlate.report import json_text, render_terminal, report_json
from tests.real.captures import CAPTURES

pytestmark = pytest.mark.real

EVERY_NTH = 12
PATIENCE_S = 5.0
"""Far above what any of these files takes (0.1 s), below what a loop would."""


def files() -> list[Path]:
    """Return all hostile files and a fixed share of the others."""
    every = sorted(path for path in CAPTURES.rglob("*") if path.is_file())
    hostile = [path for path in every if "malformed" in path.parts]
    return hostile + [path for path in every if "malformed" not in path.parts][::EVERY_NTH]


def names(path: Path) -> str:
    return str(path.relative_to(CAPTURES))


def outcome(captures: dict[str, str]) -> Correlation | None:
    """Correlate and report; None = one-line error. Anything else raises, warnings and overflow included."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        try:
            result = correlate(captures)
        except CorrelateError as error:
            refusal = str(error)
        else:
            refusal = ""
            json.loads(json_text(report_json(result)))
            render_terminal(result, width=100, unicode=True, color=False)
    if refusal:
        assert len(refusal.splitlines()) == 1
        return None
    for ledger in result.ledgers:
        ledger.check()
    delivered = (result.fates.fate == Fate.DELIVERED) & (result.fates.owd_ns != NO_DELAY)
    assert (result.fates.owd_hi_ns[delivered] >= 0).all()
    return result


@pytest.mark.parametrize("path", files(), ids=names)
def test_a_file_alone_reads_or_is_refused_in_one_line(path):
    started = time.monotonic()
    result = outcome({"one": str(path)})
    assert time.monotonic() - started < PATIENCE_S
    if result is not None:
        assert not result.metrics.hops


@pytest.mark.parametrize("path", files()[::6], ids=names)
def test_the_command_line_says_so_too(path, capsys):
    status = main([f"one={path}", "--json"])
    out, err = capsys.readouterr()
    assert status in (0, 2), err
    assert "internal error" not in err
    if status == 2:
        assert out == ""
        assert len(err.splitlines()) == 1
    else:
        assert json.loads(out)["vantages"][0]["name"] == "one"


def groups() -> list[list[Path]]:
    """Captures of one run each, from several vantages."""
    folders = sorted({path.parent for path in (CAPTURES / "vantages").rglob("*.pcap*")})
    found = [sorted(folder.glob("*.pcap*")) for folder in folders]
    return [group[:4] for group in found if len(group) > 1 and group[0].stat().st_size < 1_000_000]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return a capture with bytes flipped, zeroed, cut out or doubled, behind its file header."""
    found = bytearray(data)
    kind = chance.choice(("flip", "flip", "scatter", "zero", "cut", "double", "numbers"))
    first = chance.randrange(24, len(found) - 8)
    if kind == "flip":
        for _ in range(chance.randint(1, 20)):
            found[chance.randrange(24, len(found))] ^= 1 << chance.randrange(8)
    elif kind == "scatter":
        for _ in range(len(found) // 50):
            found[chance.randrange(40, len(found))] = chance.randrange(256)
    elif kind == "zero":
        found[first : first + 200] = bytes(len(found[first : first + 200]))
    elif kind == "cut":
        del found[first:]
    elif kind == "double":
        found[first:first] = found[first : first + chance.randrange(1, 3000)]
    else:
        found[first : first + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x80"))
    return bytes(found)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_captures_of_one_run_never_break_the_tool(seed, tmp_path):
    chance = random.Random(seed)
    known = groups()
    if not known:
        pytest.skip("public captures are not beside the checkout")
    captures = {}
    for number, path in enumerate(chance.choice(known)):
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        captures[f"v{number}"] = str(tmp_path / str(number))
        (tmp_path / str(number)).write_bytes(damaged(data, chance) if chance.random() < 0.8 else data)
    outcome(captures)
