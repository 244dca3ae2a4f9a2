"""The mode of files and directories that a session makes. The umask decides, but a directory that
passes on its group also decides the group's rights.

Breezy gives everything within a branch the mode of the branch's directory. What is left is that
directory itself, those above it, and files without a mode.
"""

import os
import stat


def directory_mode(parent: str, mode: int | None) -> int | None:
    """For mkdir in `parent`: a set-group-ID directory passes on its group's rights as it passes on
    its group (mkdir(2)).
    """
    return _handed_on(parent, mode, 0o777)


def file_mode(parent: str, mode: int | None) -> int | None:
    """For a new file in `parent`; None leaves it to the umask."""
    return _handed_on(parent, mode, 0o666)


def _handed_on(parent: str, mode: int | None, most: int) -> int | None:
    if mode is not None:
        return mode
    try:
        above = os.stat(parent).st_mode
    except OSError:
        return None  # There is no such directory; the caller's own operation will report that.
    if not above & stat.S_ISGID:
        return None
    umask = os.umask(0o077)
    os.umask(umask)
    return (most & ~umask) | (above & most & 0o070) | (stat.S_ISGID if most & 0o111 else 0)
