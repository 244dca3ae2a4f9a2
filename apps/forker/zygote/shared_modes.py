"""The mode of what a session makes: the umask decides, and a directory that hands its group on
decides for its group.

Breezy gives everything within a branch the mode of the branch's directory. What is left is that
directory itself, those above it, and files without a mode.
"""

import os
import stat


def directory_mode(parent: str, mode: int | None) -> int | None:
    """For mkdir in `parent`: a set-group-ID directory hands on its group's rights, as it hands on
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
        return None  # There is no such directory, as whoever asked will be told.
    if not above & stat.S_ISGID:
        return None
    umask = os.umask(0o077)
    os.umask(umask)
    return (most & ~umask) | (above & most & 0o070) | (stat.S_ISGID if most & 0o111 else 0)
