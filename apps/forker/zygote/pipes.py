"""The directory of pipes: docs/reference/fork-protocol.md#the-directory-of-pipes."""

import contextlib
import os
import pwd
import stat

PREFIX = "lp-forking-service-child-"
NAMES = ("stdin", "stdout", "stderr")


def make(parent: str, child_id: str, owner: str | None = None) -> str:
    """Makes the directory and its three FIFOs, and returns its path. Leaves nothing behind on
    failure.
    """
    directory = os.path.join(parent, PREFIX + child_id)
    os.mkdir(directory, 0o700)
    try:
        for name in NAMES:
            os.mkfifo(os.path.join(directory, name), 0o600)
        _share(parent, directory, of_another=owner is not None)
        # Change the directory's owner last: from then on every process of that user can replace a
        # FIFO.
        if owner is not None:
            for path in (*(os.path.join(directory, name) for name in NAMES), directory):
                os.chown(path, pwd.getpwnam(owner).pw_uid, -1)
    except (OSError, KeyError):
        remove(directory)
        raise
    return directory


def _share(parent: str, directory: str, of_another: bool) -> None:
    """Gives the group access where the parent directory passes on its group: that of a gateway that
    runs as another user.

    This also applies when the pipes go to another account and we are not root: a gateway that runs
    as our own user is in our group.
    """
    if not (os.stat(parent).st_mode & stat.S_ISGID or (of_another and os.geteuid() != 0)):
        return
    for name in NAMES:
        os.chmod(os.path.join(directory, name), 0o660)
    # Last, so that no client finds a FIFO before it has its owner; and 0750, since only the child
    # may remove them.
    os.chmod(directory, 0o750)


def remove(directory: str) -> bool:
    """Removes the directory with its FIFOs; False when it was gone already."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return False
    # Whatever else a client may have put there must not stop the clean-up.
    with contextlib.suppress(OSError):
        for name in names:
            os.unlink(os.path.join(directory, name))
        os.rmdir(directory)
    return True
