"""Reads from /proc what processes are, who their ancestors are, and which of them has a lock."""

import os
import re

#: Identifies a `hatchery lock` by its command line.
RUNNER = b"/cli/lock/main.py"

#: Ancestors cannot form a loop, but a race with a reused pid can look like one.
_ANCESTORS_MAX = 64

#: A held lock in /proc/PID/fdinfo/FD (proc_pid_fdinfo(5)); with `->` the process would be waiting
#: for it.
_HELD = re.compile(rb"^lock:\s*\d+: (?:FLOCK|POSIX|OFDLCK) ", re.MULTILINE)


def boot_id() -> str:
    """The id of this boot (random(4)); empty where it is not readable."""
    return _text("/proc/sys/kernel/random/boot_id").decode().strip()


def pid_namespace() -> str:
    """The pid namespace in which this process's pids are valid, as `pid:[4026531836]`."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since the boot: together with the pid, that identifies
    it for good. None when it is gone.
    """
    fields = _stat(pid)
    return None if fields is None else int(fields[19])


def ancestors(pid: int) -> list[int]:
    """The ancestors of a process, nearest first."""
    above: list[int] = []
    fields = _stat(pid)
    while fields is not None and int(fields[1]) > 0 and len(above) < _ANCESTORS_MAX:
        above.append(int(fields[1]))
        fields = _stat(above[-1])
    return above


def uid(pid: int) -> int | None:
    """The user of a process."""
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


def user_name(number: int) -> str:
    """The name of a user, or `uid N` when the password file has none."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def command(pid: int) -> str:
    """The command line of a process; for a `hatchery lock`, the command that it runs or
    will run."""
    words = _text(f"/proc/{pid}/cmdline").split(b"\0")[:-1]
    if b"--" in words and any(word.endswith(RUNNER) for word in words):
        words = words[words.index(b"--") + 1 :]
    return os.fsdecode(b" ".join(words))


def runner_above(name: str) -> int | None:
    """A `hatchery lock` among the ancestors that was started for a lock of this name, by its
    command line."""
    for pid in ancestors(os.getpid()):
        words = _text(f"/proc/{pid}/cmdline").split(b"\0")
        if any(word.endswith(RUNNER) for word in words) and name.encode() in words:
            return pid
    return None


def started_at(pid: int) -> float | None:
    """When a process started, by the wall clock. Only for people to read: no decision depends on
    it.
    """
    ticks = start_ticks(pid)
    boot = re.search(rb"^btime (\d+)$", _text("/proc/stat"), re.MULTILINE)
    return (
        None if ticks is None or boot is None else int(boot[1]) + ticks / os.sysconf("SC_CLK_TCK")
    )


def descriptor_with_lock(pid: int, file: os.stat_result) -> int | None:
    """The descriptor through which a process has a lock on a file. None when it has none, or we may
    not read its descriptors.
    """
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return None
    return next((int(name) for name in names if _is_locked(f"/proc/{pid}", name, file)), None)


def _is_locked(place: str, name: str, file: os.stat_result) -> bool:
    try:
        # stat(2) of a file on a dead network file system never returns, so first read from the
        # kernel what it is.
        info = _text(f"{place}/fdinfo/{name}")
        if not _HELD.search(info):
            return False
        found = os.stat(f"{place}/fd/{name}")
        return (found.st_dev, found.st_ino) == (file.st_dev, file.st_ino)
    except OSError:
        return False


def holders(file: os.stat_result) -> list[int]:
    """All processes that have a lock on a file and that we may inspect, ancestors first."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    found = [pid for pid in pids if descriptor_with_lock(pid, file) is not None]
    return sorted(
        found, key=lambda pid: (sum(one in found for one in ancestors(pid)), start_ticks(pid) or 0)
    )


def descriptor_of_deleted(pid: int, path: str) -> int | None:
    """The descriptor through which a process has the lock on a deleted file that had this name."""
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            place = f"/proc/{pid}/fd/{name}"
            if os.readlink(place) == f"{path} (deleted)" and _is_locked(
                f"/proc/{pid}", name, os.stat(place)
            ):
                return int(name)
    except OSError:
        pass
    return None


def mounts() -> list[tuple[str, str]]:
    """Mount points of this process with the types of their file systems."""
    lines = [
        line.split(" - ")
        for line in os.fsdecode(_text("/proc/self/mountinfo")).splitlines()
        if " - " in line
    ]
    return [(mount.split()[4], rest.split()[0]) for mount, rest in lines]


def _stat(pid: int) -> list[str] | None:
    """Fields of proc_pid_stat(5) from the state on. None for a process that is gone, or dead and
    not yet reaped.
    """
    fields = _text(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].split()
    return None if not fields or fields[0] in "ZX" else fields


def _text(path: str) -> bytes:
    try:
        with open(path, "rb") as opened:
            return opened.read()
    except OSError:
        return b""
