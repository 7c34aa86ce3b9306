"""``correlate wireshark``: set Wireshark up for merged captures (profile, Lua fields, interface); open one.

**In:** what to do. **Out:** files in the user's Wireshark folders, or a started Wireshark.
**Method:** Wireshark is asked where its folders are and what it can do; a file that differs from ours is replaced only
with ``--force``.
**Not here:** the files (``correlate.wireshark``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from correlate.errors import OutputError, UsageError

from .output import put

if TYPE_CHECKING:
    from correlate.wireshark.files import WrittenFile

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
PATIENCE_S = 20
PLACES_OF_PROGRAMS = (
    "/Applications/Wireshark.app/Contents/MacOS", "C:\\Program Files\\Wireshark", "C:\\Program Files (x86)\\Wireshark",
)  # fmt: skip
"""Where the programs lie that are not on the PATH of macOS and Windows."""


@app.command()
def wireshark(
    install: Annotated[bool, typer.Option("--install", help="Write the files into your Wireshark folders.")] = False,
    opened: Annotated[
        str | None, typer.Option("--open", metavar="FILE|DIR", help="Open a merged capture with the profile.")
    ] = None,
    packet: Annotated[
        int | None, typer.Option("--packet", metavar="N", help="With --open: show packet N only.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that were changed since.")] = False,
) -> None:
    """Set Wireshark up for merged captures: profile, correlate.* fields, capture interface."""
    if not install and opened is None:
        put("".join(f"{path}\n" for path in map(str, _paths())))
        return
    if install:
        put("".join(f"{path}\n" for path in _install(force=force)))
    if opened is not None:
        _open(opened, packet)


def _paths() -> list[Path]:
    """Return where the files go (or are)."""
    return [Path(str(file.path)) for file in _files()]


def _files() -> list[WrittenFile]:
    from correlate.wireshark import default_places, profile_files, told_places  # noqa: PLC0415

    places = told_places(_ask("-G", "folders"), default_places(sys.platform, os.environ))
    return profile_files(places, python=sys.executable, preferences=_ask("-G", "currentprefs"))


def _ask(*question: str) -> str:
    """Return what tshark answers; empty where it is not there."""
    program = find_program("tshark")
    if program is None:
        return ""
    try:
        command = [program, *question]
        answer = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("utf-8", "replace")


def find_program(name: str) -> str | None:
    """Return the path of one of Wireshark's programs; None = not found."""
    found = shutil.which(name)
    if found:
        return found
    for folder in PLACES_OF_PROGRAMS:
        for candidate in (Path(folder) / name, Path(folder) / f"{name}.exe", Path(folder) / name.capitalize()):
            if candidate.is_file():
                return str(candidate)
    return None


def _install(*, force: bool) -> list[Path]:
    from correlate.write import check_place, new_file  # noqa: PLC0415

    files = _files()
    for file in files:
        path = Path(str(file.path))
        if os.path.lexists(path) and not force and not _is_ours(path, file.text.encode("utf-8")):
            raise OutputError(
                where=str(path), what="this file is there and is another one", advice="Add --force to replace it."
            )
    written = []
    for file in files:
        path = Path(str(file.path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with new_file(check_place(path, [], force=True)) as new:
                new.write(file.text.encode("utf-8"))
            if file.is_program:
                path.chmod(path.stat().st_mode | 0o755)
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})"
            raise OutputError(where=str(path), what=what, advice="Check its permissions.") from error
        written.append(path)
    return written


def _is_ours(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text


def open_command(program: str, target: Path, packet: int | None) -> list[str]:
    """Return how Wireshark is started on a merged capture.

    Raises
    ------
    UsageError
        If there is no such capture.
    """
    path = target / "merged.pcapng" if target.is_dir() else target
    if not path.is_file():
        raise UsageError(where=str(path), what="no such capture", advice="Write one with -w FILE or -o DIR.")
    chosen = ["-Y", f"frame.packet_id == {packet}"] if packet is not None else []
    return [program, "-C", "correlate", "-r", str(path), *chosen]


def _open(opened: str, packet: int | None) -> None:
    program = find_program("wireshark")
    if program is None:
        raise UsageError(
            where="wireshark", what="this program was not found", advice="Install it or open the file there."
        )
    command = open_command(program, Path(opened), packet)
    if not any(path.parent.name == "correlate" and path.exists() for path in _paths()):
        # Without the profile Wireshark would ask about it; its own default shows the file as well.
        command = [part for part in command if part not in ("-C", "correlate")]
    subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
