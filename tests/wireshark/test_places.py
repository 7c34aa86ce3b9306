"""Where Wireshark looks (User's Guide, appendix B.4), on every system."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from correlate.wireshark.places import Places, default_places, told_places


@pytest.mark.parametrize(
    ("system", "environment", "configuration", "extcap"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.config/wireshark", "/home/a/.local/lib/wireshark/extcap"),
        ("linux", {"HOME": "/home/a", "XDG_CONFIG_HOME": "/x"}, "/x/wireshark", "/home/a/.local/lib/wireshark/extcap"),
        ("darwin", {"HOME": "/Users/a", "WIRESHARK_CONFIG_DIR": "/w"}, "/w", "/Users/a/.local/lib/wireshark/extcap"),
    ],
)
def test_folders_of_unix(system, environment, configuration, extcap):
    places = default_places(system, environment)
    assert str(places.configuration) == configuration
    assert str(places.extcap) == extcap
    assert places.profile("p") == PurePosixPath(configuration) / "profiles" / "p"


def test_folders_of_windows():
    places = default_places("win32", {"APPDATA": r"C:\Users\a\AppData\Roaming"})
    assert places.profile("correlate") == PureWindowsPath(r"C:\Users\a\AppData\Roaming\Wireshark\profiles\correlate")
    assert places.lua == PureWindowsPath(r"C:\Users\a\AppData\Roaming\Wireshark\plugins")
    assert places.extcap == PureWindowsPath(r"C:\Users\a\AppData\Roaming\Wireshark\extcap")


def test_what_wireshark_says_comes_before_what_is_usual():
    usual = Places(configuration=PurePosixPath("/c"), lua=PurePosixPath("/l"), extcap=PurePosixPath("/e"))
    said = "Temp:\t/tmp\nPersonal configuration:\t/x\nPersonal Lua Plugins:\t/y\nPersonal Extcap path:\t/z\n"
    assert told_places(said, usual) == Places(
        configuration=PurePosixPath("/x"), lua=PurePosixPath("/y"), extcap=PurePosixPath("/z")
    )
    assert told_places("", usual) == usual
    assert told_places("Personal configuration:\t/x\n", usual).extcap == PurePosixPath("/x/extcap")
