"""Cleans up places that are not yet a branch: what a first push or a `brz init` leaves when it is
killed half way or the disk is full.

Breezy makes a branch in some thirty steps, and none of its commands resumes where another one
stopped. So when the owner comes back, the session removes a half-made place with nothing of value
in it. It never touches a repository with a pack in it, or a branch with a setting or a tag.
"""

import contextlib
import fcntl
import os
import shutil
import time

from breezy.errors import TransportError
from breezy.osutils import rand_chars
from breezy.transport import NoSuchFile, Transport
from breezy.urlutils import unescape
from failures import missing_part

#: The requests that make a branch follow each other at once: a place that is older than this is no
#: longer being made.
MAKING_S = 2.0

#: Places that one session claims; a session that makes more claims only the first ones.
MADE_MAX = 100

#: The control directories that this session has made, with the descriptors that hold its claims.
_made: dict[str, int] = {}

#: Requests with which a client looks around before it makes something.
LOOKS = frozenset(
    b"BzrDir.open BzrDir.open_2.1 BzrDir.open_branch BzrDir.open_branchV2 BzrDir.open_branchV3 BzrDir.find_repositoryV3".split()
)

#: Files in these directories have value. Files in `upload` have none, because no list names them.
DATA = ("repository/packs", "repository/indices", "repository/obsolete_packs")

#: Files of a branch that stay empty, or say so, until a user stores something in them.
EMPTY = {"branch/last-revision": b"0 null:", "branch/branch.conf": b"", "branch/tags": b""}

#: All names that a control directory contains while Breezy is making it.
NAMES = frozenset(("README", "branch-format", "branch-lock", "branch", "repository"))


def tidy(place: str) -> bool:
    """Removes a half-made place and says whether it did. Waits a moment first, in case another
    session is making it.
    """
    control = os.path.join(place, ".bzr")
    begun = half_made(control)
    if begun is None or control in _made or is_being_made(control):
        return False
    time.sleep(max(0.0, min(MAKING_S, newest(begun) + MAKING_S - time.time())))
    if half_made(control) != begun or is_being_made(control):
        return False
    away = f"{control}.{rand_chars(20)}.tmp"
    os.rename(begun, away)
    shutil.rmtree(away, ignore_errors=True)
    return True


def claim(place: str) -> None:
    """Claims this place, which the session makes by several requests: no other session removes it
    while this one lives.
    """
    control = os.path.join(place, ".bzr")
    if control in _made or len(_made) >= MADE_MAX:
        return
    with contextlib.suppress(OSError):
        _made[control] = os.open(control, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(_made[control], fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_being_made(control: str) -> bool:
    """Whether a live session has claimed it; the kernel drops the claim of a dead one."""
    try:
        descriptor = os.open(control, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(descriptor)


def half_made(control: str) -> str | None:
    """What was begun and has no value: the whole control directory, or the branch in it; None when
    neither.
    """
    if is_half_made(control):
        return control
    branch = os.path.join(control, "branch")
    # A push sends its revisions first, and Breezy writes a branch's format last: without a format
    # it was never a branch.
    is_begun_branch = os.path.isdir(branch) and not _says_something(os.path.join(branch, "format"))
    return branch if is_begun_branch and says_nothing(control) else None


def is_half_made(control: str) -> bool:
    """Whether this is a control directory that was begun and holds nothing of value."""
    try:
        names = set(os.listdir(control))
    except OSError:
        return False
    if any(name not in NAMES and not name.endswith(".tmp") for name in names) or not is_worthless(
        control
    ):
        return False
    if not names & {"branch", "repository"}:
        return True
    # An empty repository that is not shared was meant to get a branch, and `brz init` cannot add
    # one.
    if "branch" not in names and not os.path.lexists(
        os.path.join(control, "repository/shared-storage")
    ):
        return True
    return (
        not _says_something(os.path.join(control, "branch-format"))
        or missing_part(control) is not None
        or is_begun(control)
    )


def is_empty_place(transport: Transport, path: str) -> bool:
    """Whether it is an empty directory outside of branches. A push that was killed early leaves
    one, and a new push can use it.
    """
    if "/.bzr/" in f"/{unescape(path)}/":
        return False
    try:
        return not transport.list_dir(path)
    except (TransportError, NoSuchFile):
        return False


def is_begun(control: str) -> bool:
    """Whether it has a part without a format, which missing_part() would take for another
    format's."""
    return any(
        os.path.isdir(os.path.join(control, part))
        and not _says_something(os.path.join(control, part, "format"))
        for part in ("branch", "repository")
    )


def is_worthless(control: str) -> bool:
    """Whether it holds nothing of value: no pack, no revision, no setting, no tag."""
    for name in DATA:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if os.listdir(os.path.join(control, name)):
                return False
    return says_nothing(control)


def says_nothing(control: str) -> bool:
    """Whether its branch has no revision, no setting and no tag."""
    for name, nothing in EMPTY.items():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), open(
            os.path.join(control, name), "rb"
        ) as stream:
            if stream.read(100).strip() not in (b"", nothing):
                return False
    return True


def newest(control: str) -> float:
    """When anything in it was last made or changed."""
    times = [os.lstat(control).st_mtime]
    for directory, names, files in os.walk(control):
        for name in (*names, *files):
            with contextlib.suppress(FileNotFoundError):
                times.append(os.lstat(os.path.join(directory, name)).st_mtime)
    return max(times)


def _says_something(path: str) -> bool:
    try:
        return os.path.getsize(path) > 0
    except OSError:
        return False
