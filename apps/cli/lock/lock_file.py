"""The file that the kernel locks. A lock is this file and not its name, so that the two are compared after locking."""

import errno
import fcntl
import os
import signal
import struct
import time
from collections.abc import Callable

import holder_record
import processes

#: How often something is looked at that nobody can wait for.
LOOK_S = 0.05

#: A name that somebody deletes again and again; each time there is a new file.
_NEW_FILES_MAX = 100

#: Scripts number their descriptors by hand, from 3 on. Where the limit is lower, the lock takes what there is.
_DESCRIPTORS = (200, 100, 40, 3)


class LockTrouble(Exception):
    """The lock cannot be had, whoever holds it; says what to do."""


class OwnJob(Exception):
    """The lock is held by the job that this process belongs to. `note` is for whoever may not expect that, or None."""

    def __init__(self, note: str | None):
        super().__init__(note)
        self.note = note


class LockFile:
    """Where a lock's file is, who may have it, and where its holder says who it is."""

    def __init__(self, directory: str, name: str, mode: int):
        self.directory = directory
        self.name = name
        self.mode = mode
        self.path = os.path.join(directory, f"{name}.lock")
        self.record_path = os.path.join(directory, f"{name}.holder.json")


def take(lock: LockFile, wait_s: float) -> int | None:
    """Takes the lock, and returns the descriptor that holds it; None when it stays with another for `wait_s`.

    Raises OwnJob when this process's own job holds it, and LockTrouble when it cannot be had at all.
    """
    deadline = time.monotonic() + wait_s
    for _ in range(_NEW_FILES_MAX):
        descriptor = _lock(lock, lambda: max(0.0, deadline - time.monotonic()))
        if descriptor is None:
            return None
        if not _is_named(descriptor, lock.path):
            # It was deleted, or another has its name by now: whoever comes next would lock that one.
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
    raise LockTrouble(f"somebody deletes {lock.path} all the time; its file has to stay where it is")


def _lock(lock: LockFile, left_s: Callable[[], float]) -> int | None:
    try:
        descriptor = _open(lock, os.O_RDONLY)
        try:
            return _flock(lock, descriptor, left_s)
        except OSError as error:
            # As flock(1): NFS and CIFS make it a lock of the server, which wants a file that may be written.
            if error.errno not in (errno.EBADF, errno.EIO):
                raise
        os.close(descriptor)
        return _flock(lock, _open(lock, os.O_RDWR), left_s)
    except OSError as error:
        raise _trouble(lock, error) from error


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
        # Again and again: the first one may come a moment before flock(2) begins to wait.
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
    """Who holds the file by fcntl(2), as Python's `fcntl.lockf` does; 0 when the kernel does not say. flock(2) does not see it.

    Not asked where flock(2) itself is a lock of that kind: there it would be our own.
    """
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        return None
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError:
        return None  # This file system has no such locks.
    kind, _, _, _, pid = struct.unpack("hhqqi4x", answer)
    return None if kind == fcntl.F_UNLCK else max(0, pid)


def is_held(lock: LockFile) -> bool:
    """Whether somebody has the lock at this moment."""
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
    """After the command: takes its introduction away, unless what it left behind keeps the lock."""
    try:
        descriptor = os.open(lock.path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        record.remove()
        return
    try:
        # While we have it nobody else writes there.
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
    """Opens the file, and makes it and its directory when they are missing. Its mode is `lock.mode` under every umask."""
    _make_directory(lock.directory, lock.mode)
    # No symlink is followed: in a shared directory it could lead to whatever only we may open or make.
    flags = access | os.O_NOFOLLOW | os.O_NOCTTY
    try:
        # First without O_CREAT: in a sticky directory the kernel refuses it for another user's file (fs.protected_regular).
        descriptor = os.open(lock.path, flags)
    except FileNotFoundError:
        descriptor = os.open(lock.path, flags | os.O_CREAT, lock.mode)
    found = os.fstat(descriptor)
    if found.st_uid == os.geteuid() and found.st_mode & 0o7777 != lock.mode:
        os.fchmod(descriptor, lock.mode)
    return descriptor


def _make_directory(directory: str, mode: int) -> None:
    """As libs/script-locks, `makeLocksDirectory`: the service makes it when it is first."""
    wanted = 0o700 | (mode & 0o060 and 0o2070) | (mode & 0o006 and 0o1007)
    missing = [directory]
    while not os.path.exists(above := os.path.dirname(missing[0])):
        missing.insert(0, above)
    for place in missing:
        try:
            os.mkdir(place)
            os.chmod(place, wanted)
        except FileExistsError:
            if not os.path.isdir(place):
                raise
    found = os.stat(directory)
    if found.st_uid == os.geteuid() and wanted & ~found.st_mode & 0o777:
        os.chmod(directory, found.st_mode & 0o7777 | wanted)


def _trouble(lock: LockFile, error: OSError) -> LockTrouble:
    code = errno.errorcode.get(error.errno or 0, "?")
    where = f"the locks directory {lock.directory}"
    elsewhere = "name a directory where its users may write by [locks] dir in hatchery.toml"
    if error.filename is None:
        what = f"the file system of {lock.directory} ({_file_system(lock)}) takes no locks of flock(2): {error.strerror} ({code})"
        return LockTrouble(f"{what}; {elsewhere}, on a file system of this host")
    if error.errno in (errno.EACCES, errno.EPERM):
        let = 'let its group ("0660") or everybody ("0666") in by [locks] mode in hatchery.toml and run hatchery lock once as the owner'
        above = processes.runner_above(lock.name)
        if above is not None:
            own = f"its own job holds lock {lock.name} already (pid {above}): run the command there without hatchery lock"
            return LockTrouble(f"{where} is not for this user ({code}), but {own}")
        return LockTrouble(f"{where} is not for this user ({code}); {let}, or {elsewhere}")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return LockTrouble(f"{where} is not a directory, nor can it be made ({code}); {elsewhere}")
    if error.errno == errno.ELOOP:
        return LockTrouble(f"a symlink stands in {where}, and is not followed ({code}); {elsewhere}")
    return LockTrouble(f"{where} cannot be made or used: {error.strerror} ({code}); {elsewhere}")


def _file_system(lock: LockFile) -> str:
    """The type of the file system, as `nfs4` (proc_pid_mountinfo(5)): that of the longest mount point above the directory."""
    place, found = os.path.realpath(lock.directory) + "/", ("", "unknown")
    for mount, kind in processes.mounts():
        if place.startswith(mount.rstrip("/") + "/") and len(mount) >= len(found[0]):
            found = (mount, kind)
    return found[1]
