"""Translates a client's path into the place that it names below the hosting root."""

import urllib.parse

from access import Place
from breezy import urlutils
from shared_rules import UNSHOWABLE

#: A name that no file here can have, made of the letters that most names use, so that a lookup
#: takes the same steps.
ABSENT = ".hatchery-nothing-is-here"


def named(path: str) -> Place | None:
    """The names in a path as the file system will read it. None when the path contains `..`, a
    character that no terminal should show, or bytes that are not UTF-8: Breezy would treat all such
    names as one. Some clients put U+FFFD in the place of such bytes, so that is refused, too.

    Breezy's chroot looks at the text of a path, the file system at its meaning: `..%2F` would leave
    the root.
    """
    try:
        urllib.parse.unquote(path, errors="strict")
    except UnicodeDecodeError:
        return None
    names = tuple(name for name in urlutils.unescape(path).split("/") if name not in ("", "."))
    if ".." in names or ABSENT in names or any("\ufffd" in name for name in names):
        return None
    return None if any(map(UNSHOWABLE.search, names)) else names
