"""Locks that last milliseconds are waited for; a lock that a client keeps is refused at once.

A branch's lock is the client's: it is taken by one request and given back by a later one, so
waiting for it may take as long as a person at an editor. Every other lock is taken and given back
within one request: that around `pack-names`, which every push to a shared repository needs, and
those around the list and the settings of a control directory.
"""

import fcntl
import os
import random
import select
import time
from typing import Any

from breezy.bzr.pack_repo import RepositoryPackCollection
from breezy.errors import LockContention
from breezy.lockdir import LockDir
from breezy.transport import Transport
from breezy.transport.pathfilter import PathFilteringTransport

#: A thousand times as long as the longest that was measured. Who holds a lock longer is stuck or
#: dead.
WAIT_S = 10.0

#: A wait longer than this is worth a line on the page.
UNREMARKABLE_S = 1.0

FIRST_PAUSE_S, LAST_PAUSE_S = 0.005, 0.1

#: Whether the request at hand takes locks for its client to keep (verbs.py).
_client_keeps = [False]


def begin(client_keeps: bool) -> None:
    """A request begins, which takes locks for its client or for itself."""
    _client_keeps[0] = client_keeps


def is_short(lock: LockDir) -> bool:
    """Whether this lock will be given back before the request at hand is answered, as by all others
    that take it.
    """
    names = lock.transport.base.rstrip("/").split("/")
    of_branch = names[-1] == "branch" or names[-2:-1] == ["branches"]
    return not (of_branch or _client_keeps[0])


def take(lock: LockDir) -> Any:
    """Takes a short lock, and returns its token. LockContention when it is not free in time, or the
    client has left.
    """
    deadline, pause_s = time.monotonic() + WAIT_S, FIRST_PAUSE_S
    gone = select.poll()
    gone.register(0, 0)
    while True:
        try:
            return lock.attempt_lock()
        except LockContention:
            # Pauses of different lengths, so that those who wait do not try all at once.
            if time.monotonic() + pause_s > deadline or gone.poll(
                random.uniform(0.5, 1) * pause_s * 1000
            ):
                raise
        pause_s = min(pause_s * 2, LAST_PAUSE_S)


def install() -> None:
    """Has repositories packed by one session at a time; called once, before any fork.

    Breezy packs a repository again after every tenth push or so. Two that do it at once take away
    each other's packs, and one of the pushes fails with `NoSuchFile` or `ShortReadvError`.
    """
    autopack = RepositoryPackCollection.autopack

    def autopack_alone(self: Any) -> Any:
        descriptor = os.open(local_path(self.transport, "."), os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another session may have been done a moment ago.
            self.reload_pack_names()
            return autopack(self)
        except BlockingIOError:
            return None  # The other session is at it, and the next push looks again.
        finally:
            os.close(descriptor)

    RepositoryPackCollection.autopack = autopack_alone  # type: ignore[assignment]


def local_path(transport: Transport, path: str) -> str:
    """The absolute path on disk, below however many chroots and filters. NotLocalUrl when there is
    none.
    """
    while isinstance(transport, PathFilteringTransport):
        path, transport = transport._filter(path), transport.server.backing_transport
    result: str = transport.local_abspath(path)
    return result
