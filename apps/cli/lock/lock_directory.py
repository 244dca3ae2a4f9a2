"""Where locks are: their files, the directory, and what is wrong when it is not usable."""

import errno
import os

import processes


class LockTrouble(Exception):
    """The lock is unavailable for a reason other than its holder; the text says what to do."""


class LockFile:
    """The path of a lock's file, its access mode, and the path of its holder's record."""

    def __init__(self, directory: str, name: str, mode: int):
        self.directory = directory
        self.name = name
        self.mode = mode
        self.path = os.path.join(directory, f"{name}.lock")
        self.record_path = os.path.join(directory, f"{name}.holder.json")


def make_directory(directory: str, mode: int) -> None:
    """Like `makeLocksDirectory` of libs/script-locks: if the service runs first, it makes the
    directory."""
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


def not_a_file(lock: LockFile, what: str) -> LockTrouble:
    """The error when something else, named by `what`, is in the place of the lock's file."""
    return LockTrouble(
        f"{lock.path} is {what}; delete it, and the next hatchery lock makes the file"
    )


def trouble(lock: LockFile, error: OSError) -> LockTrouble:
    """The system's error, with a message that says what to do."""
    code = errno.errorcode.get(error.errno or 0, "?")
    where = f"the locks directory {lock.directory}"
    elsewhere = "name a directory where its users may write by [locks] dir in hatchery.toml"
    if error.filename is None:
        what = f"the file system of {lock.directory} ({_file_system(lock)}) takes no locks of flock(2): {error.strerror} ({code})"
        return LockTrouble(f"{what}; {elsewhere}, on a file system of this host")
    if error.errno in (errno.EACCES, errno.EPERM):
        if (above := _directory_to_make_it_in(lock.directory)) is not None:
            who = f"uid {os.geteuid()} may not write in {above}"
            owner = f"run hatchery lock once as uid {os.stat(above).st_uid}, which owns that"
            return LockTrouble(f"{where} cannot be made: {who} ({code}); {owner}, or {elsewhere}")
        let = 'let its group ("0660") or everybody ("0666") in by [locks] mode in hatchery.toml and run hatchery lock once as the owner'
        runner = processes.runner_above(lock.name)
        if runner is not None:
            own = f"its own job holds lock {lock.name} already (pid {runner}): run the command there without hatchery lock"
            return LockTrouble(f"{where} is not for this user ({code}), but {own}")
        return LockTrouble(f"{where} is not for this user ({code}); {let}, or {elsewhere}")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return LockTrouble(f"{where} is not a directory, nor can it be made ({code}); {elsewhere}")
    if error.errno == errno.ELOOP:
        return not_a_file(lock, "a symlink, which is not followed")
    if error.errno == errno.ENXIO:
        return not_a_file(lock, "a socket")
    return LockTrouble(f"{where} cannot be made or used: {error.strerror} ({code}); {elsewhere}")


def _directory_to_make_it_in(directory: str) -> str | None:
    """The directory above all that is missing of this one; None when it is there, or hidden."""
    place = os.path.abspath(directory)
    while True:
        try:
            os.lstat(place)
        except FileNotFoundError:
            place = os.path.dirname(place)
        except OSError:
            return None
        else:
            return None if place == os.path.abspath(directory) else place


def _file_system(lock: LockFile) -> str:
    """The type of the file system, such as `nfs4` (proc_pid_mountinfo(5)): that of the longest
    mount point above the directory.
    """
    place, found = os.path.realpath(lock.directory) + "/", ("", "unknown")
    for mount, kind in processes.mounts():
        if place.startswith(mount.rstrip("/") + "/") and len(mount) >= len(found[0]):
            found = (mount, kind)
    return found[1]
