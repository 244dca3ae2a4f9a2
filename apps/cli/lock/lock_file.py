"""The file that the kernel locks. A lock belongs to the file and not to its name, so compare the
two after locking.
"""

import errno
import fcntl
import os
import signal
import stat
import struct
import time
from collections.abc import Callable

import holder_record
import processes
from lock_directory import LockFile, LockTrouble, make_directory, not_a_file, trouble

#: How often to poll where waiting is impossible.
LOOK_S = 0.05

#: Gives up on a name whose file is deleted again and again; each time there is a new file.
_NEW_FILES_MAX = 100

#: Scripts number their descriptors by hand, from 3 on. With a lower limit, the lock takes the
#: highest number available.
_DESCRIPTORS = (200, 100, 40, 3)


class OwnJob(Exception):
    """The job that this process belongs to holds the lock. `note` explains that to a caller that
    may not expect it, or is None.
    """

    def __init__(self, note: str | None):
        super().__init__(note)
        self.note = note


def take(lock: LockFile, wait_s: float) -> int | None:
    """Takes the lock and returns the descriptor that holds it; None when another process keeps it
    for `wait_s`.

    Raises OwnJob when this process's own job holds it, and LockTrouble when the lock is unavailable
    for another reason.
    """
    deadline = time.monotonic() + wait_s
    for _ in range(_NEW_FILES_MAX):
        descriptor = _lock(lock, lambda: max(0.0, deadline - time.monotonic()))
        if descriptor is None:
            return None
        if not _is_named(descriptor, lock.path):
            # The file was deleted, or another file has its name by now, which the next process
            # would lock instead.
            os.close(descriptor)
            continue
        deleted = holder_record.deleted_holder(lock.path, lock.record_path)
        if deleted in processes.ancestors(os.getpid()):
            raise OwnJob(None)
        if deleted is None and foreign_holder(descriptor) is None:
            return _moved_up(descriptor)
        os.close(descriptor)
        if time.monotonic() >= deadline:
            return None
        time.sleep(LOOK_S)
    raise LockTrouble(
        f"{lock.path} is deleted again and again; the lock's file has to stay in place"
    )


def _lock(lock: LockFile, left_s: Callable[[], float]) -> int | None:
    try:
        descriptor = _open(lock, os.O_RDONLY)
        try:
            return _flock(lock, descriptor, left_s)
        except OSError as error:
            # As flock(1): NFS and CIFS turn it into a lock on the server, which requires a writable
            # file.
            if error.errno not in (errno.EBADF, errno.EIO):
                raise
        os.close(descriptor)
        return _flock(lock, _open(lock, os.O_RDWR), left_s)
    except OSError as error:
        raise trouble(lock, error) from error


def _flock(lock: LockFile, descriptor: int, left_s: Callable[[], float]) -> int | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    except BlockingIOError:
        pass
    job = holder_record.own_job(os.fstat(descriptor), lock.record_path)
    if job is not None:
        os.close(descriptor)
        raise OwnJob(job.note(lock.name))
    if _wait(descriptor, left_s()):
        return descriptor
    os.close(descriptor)
    return None


def _wait(descriptor: int, seconds: float) -> bool:
    """Waits in the kernel, where others see it. False when the time is over."""
    if seconds <= 0:
        return False

    def end(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.getsignal(signal.SIGALRM)
    blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    try:
        signal.signal(signal.SIGALRM, end)
        # Repeatedly: the first signal may come a moment before flock(2) begins to wait.
        signal.setitimer(signal.ITIMER_REAL, seconds, LOOK_S)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return True
    except TimeoutError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def foreign_holder(descriptor: int) -> int | None:
    """The process that holds the file by fcntl(2), as Python's `fcntl.lockf` does; 0 when the
    kernel does not name it. flock(2) does not conflict with such a lock.

    Returns None where flock(2) itself is a lock of that kind: there it would find our own.
    """
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        return None
    try:
        answer = fcntl.fcntl(
            descriptor, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        )
    except OSError:
        return None  # This file system has no such locks.
    kind, _, _, _, pid = struct.unpack("hhqqi4x", answer)
    return None if kind == fcntl.F_UNLCK else max(0, pid)


def is_held(lock: LockFile) -> bool:
    """Whether a process has the lock at this moment."""
    if holder_record.deleted_holder(lock.path, lock.record_path) is not None:
        return True
    descriptor = _open(lock, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return foreign_holder(descriptor) is not None
    except OSError:
        return True
    finally:
        os.close(descriptor)


def settle(lock: LockFile, record: "holder_record.Introduction") -> None:
    """Call this after the command: removes the record, unless processes that the command left
    behind keep the lock."""
    try:
        descriptor = os.open(lock.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        record.remove()
        return
    try:
        # While we have the lock, no other process writes there.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        record.remove()
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _is_named(descriptor: int, path: str) -> bool:
    try:
        named, locked = os.stat(path, follow_symlinks=False), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)


def _moved_up(descriptor: int) -> int:
    for least in _DESCRIPTORS:
        try:
            moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, least)
        except OSError:
            continue  # EINVAL: beyond the limit of open files. EMFILE: none is free above it.
        os.close(descriptor)
        return moved
    return descriptor


def _open(lock: LockFile, access: int) -> int:
    """Opens the file, and makes it and its directory when they are missing. Its mode is `lock.mode`
    under every umask.
    """
    make_directory(lock.directory, lock.mode)
    # Follow no symlink: in a shared directory it could lead to a file that only we may open or
    # make. O_NONBLOCK: a FIFO must not block us for ever.
    flags = access | os.O_NOFOLLOW | os.O_NOCTTY | os.O_NONBLOCK
    try:
        # First without O_CREAT: in a sticky directory the kernel refuses it for another user's file
        # (fs.protected_regular).
        descriptor = os.open(lock.path, flags)
    except FileNotFoundError:
        descriptor = os.open(lock.path, flags | os.O_CREAT, lock.mode)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise not_a_file(lock, "not a regular file")
    os.set_blocking(descriptor, True)
    if found.st_uid == os.geteuid() and found.st_mode & 0o7777 != lock.mode:
        os.fchmod(descriptor, lock.mode)
    return descriptor
