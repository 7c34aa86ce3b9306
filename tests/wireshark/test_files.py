"""The files for Wireshark, read by tshark itself where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from correlate.report import write_merged
from correlate.wireshark.files import DEINTERLACING, PROFILE, extcap_program, profile_files, sequence_preference
from correlate.wireshark.places import default_places, told_places
from tests.report.runs import SETS, needs_tshark, parts, run


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


def tshark(home: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["tshark", *arguments], capture_output=True, text=True, check=check, env=environment(home), timeout=120
    )
    assert "rror during loading" not in done.stderr
    assert "No such preference" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A home of its own with everything installed, and the flagship merged in it."""
    home = tmp_path_factory.mktemp("home")
    places = told_places(tshark(home, "-G", "folders"), default_places(sys.platform, environment(home)))
    for file in profile_files(places, python=sys.executable, preferences=tshark(home, "-G", "currentprefs")):
        path = Path(str(file.path))
        assert home in path.parents
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
        path.chmod(0o755 if file.is_program else 0o644)
    found = run("syn-ack-altered")
    write_merged(found, parts(found), home / "merged.pcapng")
    return home


@needs_tshark
def test_the_profile_shows_vantage_and_packet_and_no_false_retransmission(installed):
    lines = tshark(
        installed, "-C", PROFILE, "-r", str(installed / "merged.pcapng"), "-Y", "frame.packet_id == 2"
    ).splitlines()
    assert [line.split()[2:4] for line in lines] == [["server", "2"], ["fw-ext", "2"], ["fw-int", "2"], ["client", "2"]]
    assert not any("Retransmission" in line or "Dup" in line for line in lines)


@needs_tshark
def test_the_lua_fields_can_be_filtered_and_printed(installed):
    shown = tshark(
        installed, "-X", "lua_script:" + str(Path("correlate/wireshark/correlate.lua").resolve()), "-r", str(installed / "merged.pcapng"),
        "-Y", 'correlate.fate == "lost" && correlate.hop == "fw-int>fw-ext"', "-T", "fields", "-e", "frame.packet_id", "-e", "correlate.packet", "-e", "correlate.reason",
    )  # fmt: skip
    rows = [line.split("\t") for line in shown.splitlines()]
    assert [row[0] for row in rows] == ["3", "4", "5", "6", "7", "9", "10", "11"]
    assert all(set(row[1].split(",")) == {row[0]} for row in rows)
    assert {row[2] for row in rows} == {"rejected"}


@needs_tshark
def test_delays_are_numbers_that_compare(installed):
    shown = tshark(installed, "-r", str(installed / "merged.pcapng"), "-Y", "correlate.owd_ns > 100000 && correlate.owd_lo_ns >= 0", "-T", "fields", "-e", "correlate.owd_ns")  # fmt: skip
    assert shown.split()
    assert all(int(value.split(",")[0]) > 100000 for value in shown.split())


@needs_tshark
def test_wireshark_lists_the_capture_interface(installed):
    assert "correlate (Correlate captures of several vantages)" in tshark(installed, "-D")


@needs_tshark
def test_a_correlation_arrives_as_packets_through_the_interface(installed):
    """What Wireshark does when the interface is started, done by hand: the pipe carries the merged capture."""
    program = next(path for path in installed.rglob("extcap/correlate*"))
    pipe, copy = installed / "pipe", installed / "copy.pcapng"
    os.mkfifo(pipe)
    folder = SETS / "clean-nat"
    command = [str(program), "--capture", "--extcap-interface", "correlate", "--fifo", str(pipe)]
    for number, name in enumerate(("lan", "wan", "server"), 1):
        command += [f"--capture{number}", str(folder / f"{name}.pcap")]
    with subprocess.Popen(command, env={**environment(installed), "PYTHONPATH": os.pathsep.join(sys.path)}) as started:
        copy.write_bytes(pipe.read_bytes())
        assert started.wait(timeout=120) == 0
    assert len(tshark(installed, "-r", str(copy)).splitlines()) == sum(
        vantage.frames for vantage in run("clean-nat").vantages
    )


def test_the_sequence_preference_is_the_one_that_the_version_has():
    """Experience: deinterlacing key where the version has it, else sequence analysis off."""
    assert sequence_preference(f"#{DEINTERLACING}: NONE") == f"{DEINTERLACING}: VMI\n"
    assert sequence_preference("#tcp.analyze_sequence_numbers: TRUE") == "tcp.analyze_sequence_numbers: FALSE\n"


def test_the_extcap_program_fits_its_system():
    unix = extcap_program(PurePosixPath("/e"), "/opt/it's/python")
    assert unix.path == PurePosixPath("/e/correlate")
    assert unix.text == "#!/bin/sh\nexec '/opt/it'\\''s/python' -m correlate_cli.extcap \"$@\"\n"
    windows = extcap_program(PureWindowsPath("C:\\e"), "C:\\Program Files\\Python\\python.exe")
    assert windows.path == PureWindowsPath("C:\\e\\correlate.bat")
    assert windows.text == '@echo off\r\n"C:\\Program Files\\Python\\python.exe" -m correlate_cli.extcap %*\r\n'
    assert unix.is_program


def test_every_colour_rule_has_a_word_besides_its_colour():
    rules = Path("correlate/wireshark/colorfilters").read_text("utf-8").splitlines()
    assert all(rule.startswith("@correlate: ") and rule.count("@") == 3 for rule in rules)
