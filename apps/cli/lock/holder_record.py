"""What the holder of a lock writes beside it, and how far that is believed. The lock itself is the
kernel's.

`libs/locks/src/holder-record.ts` has the fields. A record is a claim: it is believed of a process
of this boot and this pid namespace that has the start ticks it names. Clocks on the wall are shown
and never compared.
"""

import errno
import json
import os
import time
from typing import Any, Protocol

import processes
from given_context import say


class Place(Protocol):
    """What of a lock's file is needed here."""

    directory: str
    name: str
    mode: int
    record_path: str


class OwnJobFound:
    """The holder above this process."""

    def __init__(self, pid: int | None, record: dict[str, Any] | None):
        self.pid = pid
        self.record = record

    def note(self, name: str) -> str | None:
        """For one that came in as another user, as below sudo, and may not know whose job it is in."""
        if self.pid is None or processes.uid(self.pid) in (os.getuid(), None):
            return None
        what = processes.command(self.pid) if self.record is None else self.record["command"]
        return f"lock {name} is held by this command's own job (pid {self.pid}: {what}); it runs under that lock"


class Introduction:
    """The record of this process as the holder."""

    def __init__(self, lock: Place, words: list[bytes]):
        self._lock = lock
        self._words = words
        self._token = os.urandom(16).hex()

    def write(self, pid: int) -> None:
        """Says who holds the lock: the command `pid`, below this process. Without it the lock holds
        all the same.
        """
        whole = f"{self._lock.record_path}.{os.urandom(8).hex()}"
        try:
            # A new name that nobody can foresee: somebody else's symlink is not written through.
            descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.fchmod(descriptor, self._lock.mode & 0o644)
                os.write(descriptor, self._text(pid))
            finally:
                os.close(descriptor)
            os.rename(whole, self._lock.record_path)
        except OSError as error:
            directory = self._lock.directory
            remedy = f"let those who share its locks write there, as with chmod a+rwxt {directory}"
            say(
                f"lock: others see of its holder only what /proc tells: {directory} takes no file of this user ({errno.errorcode.get(error.errno or 0)}); {remedy}"
            )

    def remove(self) -> None:
        """Takes it away, unless somebody else's stands there."""
        record = read(self._lock.record_path)
        if record is not None and record["token"] == self._token:
            os.unlink(self._lock.record_path)

    def _text(self, pid: int) -> bytes:
        now = time.time()
        record = {
            "token": self._token,
            "process": _name(pid),
            "runner": _name(os.getpid()),
            "boot": processes.boot_id(),
            "pidNamespace": processes.pid_namespace(),
            "user": processes.user_name(os.geteuid()),
            "host": os.uname().nodename,
            "command": b" ".join(self._words).decode(errors="replace"),
            "since": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
            + f".{int(now * 1000) % 1000:03d}Z",
        }
        return json.dumps(record).encode() + b"\n"


def _name(pid: int) -> dict[str, int]:
    return {"pid": pid, "startTime": processes.start_ticks(pid) or 0}


def read(path: str) -> dict[str, Any] | None:
    """A record, or None when there is none that can be read. `owner` is the uid of its file."""
    try:
        with open(path, "rb") as opened:
            record = json.loads(opened.read())
            owner = os.fstat(opened.fileno()).st_uid
        texts = all(
            isinstance(record[key], str)
            for key in ("token", "user", "command", "since", "boot", "pidNamespace")
        )
        names = all(
            isinstance(record[key][part], int)
            for key in ("process", "runner")
            for part in ("pid", "startTime")
        )
        return {**record, "owner": owner} if texts and names else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def living(record: dict[str, Any]) -> list[int]:
    """Those of its two processes that run, the command first. None of them when this host cannot
    vouch for that.
    """
    if (record["boot"], record["pidNamespace"]) != (processes.boot_id(), processes.pid_namespace()):
        return []
    names = [record["process"], record["runner"]]
    return [
        name["pid"] for name in names if processes.start_ticks(name["pid"]) == name["startTime"]
    ]


def own_job(file: os.stat_result, record_path: str) -> OwnJobFound | None:
    """The job that this process belongs to, when that has the lock: by a descriptor it was given,
    or by the processes above it, and never by the environment, which sudo and env -i take away."""
    if processes.descriptor_with_lock(os.getpid(), file) is not None:
        return OwnJobFound(None, None)
    above = processes.ancestors(os.getpid())
    holder = next(
        (pid for pid in above if processes.descriptor_with_lock(pid, file) is not None), None
    )
    if holder is not None:
        return OwnJobFound(holder, None)
    # Another user's files cannot be looked into. A record is believed of those whose it is, or of
    # root.
    record = read(record_path)
    if record is None:
        return None
    named = [
        pid for pid in living(record) if pid in above and record["owner"] in (0, processes.uid(pid))
    ]
    return OwnJobFound(named[0], record) if named else None


def deleted_holder(path: str, record_path: str) -> int | None:
    """The holder of a file that was deleted and had this name: it works on, and is in nobody's way
    any more.
    """
    record = read(record_path)
    pids = [] if record is None else living(record)
    return next(
        (pid for pid in pids if processes.descriptor_of_deleted(pid, path) is not None), None
    )
