"""Places that are no branch yet: what a first push, or a `brz init`, leaves that was killed half
way or met a full disk.

Breezy makes a branch in some thirty steps, and none of its commands goes on where another one has
stopped. So whatever is half made, and has nothing of value in it, is removed when its owner comes
again. A repository with one pack in it, or a branch with a setting or a tag, is never touched.
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

#: A branch is made by requests that follow each other at once: what is older than this is not being
#: made any more.
MAKING_S = 2.0

#: What one session makes; who makes more claims the first of them.
MADE_MAX = 100

#: The control directories that this session has made, with the descriptors that hold its claims.
_made: dict[str, int] = {}

#: Requests by which a client finds out what there is, before it makes something.
LOOKS = frozenset(
    b"BzrDir.open BzrDir.open_2.1 BzrDir.open_branch BzrDir.open_branchV2 BzrDir.open_branchV3 BzrDir.find_repositoryV3".split()
)

#: What is kept in these has value; of `upload` it has none, for no list names it.
DATA = ("repository/packs", "repository/indices", "repository/obsolete_packs")

#: Files of a branch that are empty, or say so, as long as nobody has put anything into them.
EMPTY = {"branch/last-revision": b"0 null:", "branch/branch.conf": b"", "branch/tags": b""}

#: All that a control directory holds which Breezy has begun to make.
NAMES = frozenset(("README", "branch-format", "branch-lock", "branch", "repository"))


def tidy(place: str) -> bool:
    """Removes what is half made at this place, and says whether it did. Waits a moment for one who
    may be making it.
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
    """This session is making something at this place, by more requests than one: no other session
    clears it as long as this one lives.
    """
    control = os.path.join(place, ".bzr")
    if control in _made or len(_made) >= MADE_MAX:
        return
    with contextlib.suppress(OSError):
        _made[control] = os.open(control, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(_made[control], fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_being_made(control: str) -> bool:
    """Whether a session lives that has claimed it; the kernel takes the claim of a dead one away."""
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
    """What was begun and is of no use: the whole control directory, or the branch in it; None when
    there is no such thing.
    """
    if is_half_made(control):
        return control
    branch = os.path.join(control, "branch")
    # A push sends its revisions first, and Breezy writes a branch's format last: without one it
    # never was a branch.
    is_begun_branch = os.path.isdir(branch) and not _says_something(os.path.join(branch, "format"))
    return branch if is_begun_branch and says_nothing(control) else None


def is_half_made(control: str) -> bool:
    """Whether it is a control directory that was begun, is of no use, and has nothing in it."""
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
    # An empty repository that is not shared was to get a branch, and `brz init` does not give it
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
    """Whether it is a directory outside of branches with nothing in it: a push that was killed at
    once leaves it, and it is as good as made.
    """
    if "/.bzr/" in f"/{unescape(path)}/":
        return False
    try:
        return not transport.list_dir(path)
    except (TransportError, NoSuchFile):
        return False


def is_begun(control: str) -> bool:
    """Whether it has a part without a format, which missing_part() takes for another format's."""
    return any(
        os.path.isdir(os.path.join(control, part))
        and not _says_something(os.path.join(control, part, "format"))
        for part in ("branch", "repository")
    )


def is_worthless(control: str) -> bool:
    """Whether nobody would miss it: no pack, no revision, no setting, no tag."""
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
    """When something was last made or changed in it."""
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
