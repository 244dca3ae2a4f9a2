"""Waits for locks that last milliseconds, and refuses at once when a client keeps a lock.

A branch's lock belongs to the client: one request takes it and a later one releases it, so a wait
may last as long as a person spends at an editor. Every other lock is taken and released within one
request: that around `pack-names`, which every push to a shared repository needs, and those around
the list and the settings of a control directory.
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

#: A thousand times the longest measured hold time. A holder that takes longer is stuck or dead.
WAIT_S = 10.0

#: Report a wait to the page when it is longer than this.
UNREMARKABLE_S = 1.0

FIRST_PAUSE_S, LAST_PAUSE_S = 0.005, 0.1

#: Whether the current request takes locks for its client to keep (verbs.py).
_client_keeps = [False]


def begin(client_keeps: bool) -> None:
    """Call this when a request begins that takes locks for its client or for itself."""
    _client_keeps[0] = client_keeps


def is_short(lock: LockDir) -> bool:
    """Whether every request that takes this lock also releases it before it answers."""
    names = lock.transport.base.rstrip("/").split("/")
    of_branch = names[-1] == "branch" or names[-2:-1] == ["branches"]
    return not (of_branch or _client_keeps[0])


def take(lock: LockDir) -> Any:
    """Takes a short lock and returns its token. Raises LockContention when the lock is not free in
    time, or the client has left.
    """
    deadline, pause_s = time.monotonic() + WAIT_S, FIRST_PAUSE_S
    gone = select.poll()
    gone.register(0, 0)
    while True:
        try:
            return lock.attempt_lock()
        except LockContention:
            # Pauses of different lengths, so that waiting sessions do not all try at once.
            if time.monotonic() + pause_s > deadline or gone.poll(
                random.uniform(0.5, 1) * pause_s * 1000
            ):
                raise
        pause_s = min(pause_s * 2, LAST_PAUSE_S)


def install() -> None:
    """Lets one session at a time pack a repository; call it once, before any fork.

    Breezy repacks a repository after about every tenth push. Two sessions that repack at once
    remove each other's packs, and one of the pushes fails with `NoSuchFile` or `ShortReadvError`.
    """
    autopack = RepositoryPackCollection.autopack

    def autopack_alone(self: Any) -> Any:
        descriptor = os.open(local_path(self.transport, "."), os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another session may have finished a moment ago.
            self.reload_pack_names()
            return autopack(self)
        except BlockingIOError:
            return None  # Another session is packing; the next push looks again.
        finally:
            os.close(descriptor)

    RepositoryPackCollection.autopack = autopack_alone  # type: ignore[assignment]


def local_path(transport: Transport, path: str) -> str:
    """The absolute path on disk, below any number of chroots and filters. Raises NotLocalUrl when
    there is none.
    """
    while isinstance(transport, PathFilteringTransport):
        path, transport = transport._filter(path), transport.server.backing_transport
    result: str = transport.local_abspath(path)
    return result
