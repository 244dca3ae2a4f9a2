"""What a path of a client names below the hosting root."""

import urllib.parse

from access import Place
from breezy import urlutils
from shared_rules import UNSHOWABLE

#: A name that nobody can give to anything here, and of the letters that most names are of, which
#: take the same steps.
ABSENT = ".hatchery-nothing-is-here"


def named(path: str) -> Place | None:
    """The names in a path as the file system will read it; None when it steps back, holds what no
    terminal should show, or is no UTF-8: Breezy would take all such names for one.

    Breezy's chroot looks at the text of a path, the file system at what it means: `..%2F` would
    leave the root.
    """
    try:
        urllib.parse.unquote(path, errors="strict")
    except UnicodeDecodeError:
        return None
    names = tuple(name for name in urlutils.unescape(path).split("/") if name not in ("", "."))
    return None if ".." in names or ABSENT in names or any(map(UNSHOWABLE.search, names)) else names
