"""What is written into Wireshark's folders.

In: the folders, the Python that runs this tool, what the Wireshark there can do. Out: path -> text, and which must be
executable.
Method: profile and script are data files beside this module; only what depends on machine or version is added here.
Not here: the folders (``places.py``).
"""

from __future__ import annotations

from importlib import resources
from pathlib import PurePath, PureWindowsPath

import attrs

from correlate.wireshark.places import Places

PROFILE = "correlate"
DEINTERLACING = "protocols.conversation_deinterlacing_key"
"""Preference that keeps conversations of different interfaces apart; Wireshark has it since 4.2."""


@attrs.frozen(kw_only=True)
class WrittenFile:
    """One file."""

    path: PurePath
    text: str
    is_program: bool = False


def profile_files(places: Places, *, python: str, preferences: str) -> list[WrittenFile]:
    """Return every file of the integration.

    Parameters
    ----------
    places
        Where Wireshark looks.
    python
        The interpreter that runs the extcap program.
    preferences
        What ``tshark -G currentprefs`` prints; empty = unknown.
    """
    profile = places.profile(PROFILE)
    return [
        WrittenFile(path=profile / "preferences", text=_data("preferences") + sequence_preference(preferences)),
        WrittenFile(path=profile / "colorfilters", text=_data("colorfilters")),
        WrittenFile(path=places.lua / "correlate.lua", text=_data("correlate.lua")),
        extcap_program(places.extcap, python),
    ]


def sequence_preference(preferences: str) -> str:
    r"""Return the line that keeps one packet at two vantages from looking like a retransmission.

    >>> sequence_preference("")
    'tcp.analyze_sequence_numbers: FALSE\n'
    """
    if DEINTERLACING in preferences:
        return f"{DEINTERLACING}: VMI\n"
    return "tcp.analyze_sequence_numbers: FALSE\n"


def extcap_program(folder: PurePath, python: str) -> WrittenFile:
    """Return the program that Wireshark starts: it hands its arguments to this package."""
    if isinstance(folder, PureWindowsPath):
        text = f'@echo off\r\n"{python}" -m correlate_cli.extcap %*\r\n'
        return WrittenFile(path=folder / "correlate.bat", text=text, is_program=True)
    quoted = python.replace("'", "'\\''")
    text = f"#!/bin/sh\nexec '{quoted}' -m correlate_cli.extcap \"$@\"\n"
    return WrittenFile(path=folder / "correlate", text=text, is_program=True)


def _data(name: str) -> str:
    return resources.files("correlate.wireshark").joinpath(name).read_text("utf-8")
