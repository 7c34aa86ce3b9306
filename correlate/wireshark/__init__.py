"""Files for Wireshark: a profile, a Lua post-dissector, an extcap program; and where they go.

In: what the system is and what its Wireshark says. Out: paths and the files' contents.
Method: Wireshark names its own folders (``tshark -G folders``); where it is not there to be asked, the documented
defaults of the system hold.
Not here: writing them (``cli``), the merged capture (``correlate.report.merged``).
"""

from __future__ import annotations

from correlate.wireshark.files import PROFILE, profile_files
from correlate.wireshark.places import Places, default_places, told_places

__all__ = ["PROFILE", "Places", "default_places", "profile_files", "told_places"]
