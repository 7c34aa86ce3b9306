"""Commands besides the main job: ``correlate explain 18 ...``.

**In:** the first argument. **Out:** the typer application of that command, or none.
**Method:** a table of modules, imported only when their command is asked for. A capture of such a name is written
``./explain``.
**Not here:** the main job (``main.py``), what the commands do (their modules).
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType

import typer

COMMANDS = MappingProxyType(
    {
        "explain": "explain",
        "inspect": "inspecting",
        "repair": "repairing",
        "anonymize": "anonymizing",
        "wireshark": "wireshark",
        "man": "man",
    }
)
"""Command -> module beside this one that holds its ``app``."""


def command_names(incomplete: str) -> list[str]:
    """Return the commands that begin so; nothing typed yet asks for files."""
    return [name for name in COMMANDS if incomplete and name.startswith(incomplete)]


def command_app(arguments: list[str]) -> typer.Typer | None:
    """Return the application of the command that the arguments begin with; None = the main job."""
    if not arguments or arguments[0] not in COMMANDS:
        return None
    app: typer.Typer = import_module(f".{COMMANDS[arguments[0]]}", __package__).app
    return app
