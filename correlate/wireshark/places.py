"""Where Wireshark keeps a user's profiles, Lua plugins and extcap programs.

In: what ``tshark -G folders`` prints, or the system's name and environment. Out: ``Places``.
Method: Wireshark User's Guide, appendix B.4; ``WIRESHARK_CONFIG_DIR`` moves the configuration folder everywhere.
Not here: running tshark (``cli``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath, PureWindowsPath

import attrs

CONFIGURATION, LUA, EXTCAP = "Personal configuration", "Personal Lua Plugins", "Personal Extcap path"
"""Headings of ``tshark -G folders``; the last one since 4.2."""


@attrs.frozen(kw_only=True)
class Places:
    """Folders of one user."""

    configuration: PurePath
    lua: PurePath
    extcap: PurePath

    def profile(self, name: str) -> PurePath:
        """Return the folder of a profile."""
        return self.configuration / "profiles" / name


def default_places(system: str, environment: Mapping[str, str]) -> Places:
    """Return the documented folders of a system: ``win32``, ``darwin`` or any other (as ``sys.platform``).

    >>> default_places("darwin", {"HOME": "/Users/a"}).extcap.as_posix()
    '/Users/a/.local/lib/wireshark/extcap'
    """
    if system == "win32":
        home = PureWindowsPath(environment.get("APPDATA") or "C:\\Users\\Public\\AppData\\Roaming") / "Wireshark"
        configuration = PureWindowsPath(environment.get("WIRESHARK_CONFIG_DIR") or home)
        return Places(configuration=configuration, lua=home / "plugins", extcap=home / "extcap")
    user = PurePosixPath(environment.get("HOME") or "/")
    told = environment.get("WIRESHARK_CONFIG_DIR")
    configured = PurePosixPath(environment.get("XDG_CONFIG_HOME") or user / ".config") / "wireshark"
    library = user / ".local" / "lib" / "wireshark"
    return Places(
        configuration=PurePosixPath(told) if told else configured,
        lua=library / "plugins",
        extcap=library / "extcap",
    )


def told_places(folders: str, fallback: Places) -> Places:
    r"""Return what ``tshark -G folders`` says; what it does not say is as in ``fallback``.

    Before 4.2 extcap programs of a user lie in the folder ``extcap`` of the configuration.

    >>> from pathlib import PurePosixPath as P
    >>> before = Places(configuration=P("/c"), lua=P("/l"), extcap=P("/e"))
    >>> told_places("Personal configuration:\t/x", before).extcap.as_posix()
    '/x/extcap'
    """
    kind = type(fallback.configuration)
    told = {}
    for line in folders.splitlines():
        heading, _colon, path = line.partition(":")
        if path.strip():
            told[heading.strip()] = kind(path.strip())
    configuration = told.get(CONFIGURATION, fallback.configuration)
    before = configuration / "extcap" if CONFIGURATION in told else fallback.extcap
    return Places(configuration=configuration, lua=told.get(LUA, fallback.lua), extcap=told.get(EXTCAP, before))
